import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { thaw } from "./thaw";

/** What names and folders begin with that are to go. */
export interface Made {
  /** Of containers and networks. */
  readonly namespace: string;
  /** Path, the last part of which folders begin with. */
  readonly folder: string;
}

/**
 * Removes containers, networks and folders. It waits for nothing else in this process, so that it works while that is
 * being ended too.
 */
export function remove({ namespace, folder }: Made): void {
  const containers = lines("ps", "-a", "--no-trunc", "--format", "{{.ID}} {{.Names}}")
    .map((line) => line.split(" "))
    .filter(([, name = ""]) => name.startsWith(namespace))
    .map(([id = ""]) => id);
  containers.forEach(thaw);
  if (containers.length > 0) docker("rm", "-fv", ...containers);
  const networks = lines("network", "ls", "--format", "{{.Name}}").filter((name) =>
    name.startsWith(namespace),
  );
  if (networks.length > 0) docker("network", "rm", ...networks);
  removeFirewalls(folder);
  const parent = path.dirname(folder);
  for (const name of fs.readdirSync(parent)) {
    if (name.startsWith(path.basename(folder)))
      fs.rmSync(path.join(parent, name), { recursive: true, force: true });
  }
}

/** By the hosts' own tools, of the volume roots that such folders hold. */
function removeFirewalls(folder: string): void {
  const parent = path.dirname(folder);
  for (const name of fs.readdirSync(parent).filter((one) => one.startsWith(path.basename(folder)))) {
    const tool = path.join(parent, name, "vol/.varvol/bin/firewall");
    if (fs.existsSync(tool)) spawnSync(tool, ["remove"]);
  }
}

function docker(...args: string[]) {
  return spawnSync("docker", args, { encoding: "utf8" });
}

function lines(...args: string[]): string[] {
  const { status, stdout } = docker(...args);
  return status === 0 ? stdout.split("\n").filter(Boolean) : [];
}
