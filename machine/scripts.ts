import * as fs from "node:fs";
import * as path from "node:path";
import { type OfHost, scriptOnHost } from "./host";

/** Shell scripts that are sent to where they run; each file of scripts/ says what it is given and what it prints. */
export const SCRIPTS = [
  "address-history",
  "addresses",
  "beside",
  "builder",
  "certificates",
  "count",
  "data",
  "data-versions",
  "digest",
  "disk",
  "drop-import",
  "drift",
  "first-words",
  "generations",
  "holes",
  "host-facts",
  "images",
  "imports",
  "kept-logs",
  "left-undone",
  "leftovers",
  "look",
  "mail",
  "mail-test",
  "migrated",
  "move-aside",
  "packages",
  "prepare-host",
  "prove",
  "proven",
  "prune",
  "remembered",
  "remove-leftovers",
  "repair",
  "restoring",
  "results",
  "site-facts",
  "start-docker",
  "status",
  "status-site",
  "tables",
  "top",
  "try-repository",
] as const;

export type Script = (typeof SCRIPTS)[number];

/** Where a script is on this machine. */
export function scriptFile(name: Script): string {
  return path.join(__dirname, "scripts", `${name}.sh`);
}

/** A script, to be given to a shell. */
export function scriptText(name: Script): string {
  return fs.readFileSync(scriptFile(name), "utf8");
}

/** Runs a script as root on the stack's host and gives what it prints. */
export function askHost(host: OfHost, name: Script, args: readonly string[] = []): Promise<string> {
  return scriptOnHost(host, scriptText(name), args);
}
