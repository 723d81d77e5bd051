import type { Stack } from "../../engine/stack";
import type { HostConfig } from "../../stacks/config";
import { keepOptions, scheduleOf } from "../../stacks/schedule";
import { archiveOf, inArchive } from "./archive";
import { backupOf, backupTool } from "./repository";

/** A snapshot that retention removes. */
export interface ExpiredRun {
  /** Site or module; "host" for the host's own. */
  readonly name: string;
  readonly run: string;
  readonly why: "expired" | "cut-off";
  /** The line that host/backups takes to remove it. */
  readonly line: string;
}

/** What is kept of each site, module and the host itself, a line each as host/backups reads it. */
export function keepLines(config: HostConfig, names: readonly string[]): string {
  const known = [...config.sites.map(({ name }) => name), "mysql", "host"];
  // Snapshots of what is no site any more stay until their name is given.
  return (names.length > 0 ? names : known)
    .map((name) => {
      const { keep } = scheduleOf(backupOf(config), config.sites.find((site) => site.name === name) ?? {});
      return `${name} ${keepOptions(keep)}\n`;
    })
    .join("");
}

/** The snapshots that restic would not keep, and those that were cut off. */
export async function expiredRuns(stack: Stack, names: readonly string[]): Promise<ExpiredRun[]> {
  const output = await retention(stack, "expired", keepLines(stack.config, names));
  return output
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [name = "", run = "", why] = line.split(" ");
      return { name, run, why: why === "expired" ? why : "cut-off", line };
    });
}

/** Removes them for good. */
export async function forgetRuns(stack: Stack, runs: readonly ExpiredRun[]): Promise<void> {
  if (runs.length === 0) return;
  await retention(stack, "forget", runs.map(({ line }) => `${line}\n`).join(""));
}

// Another machine is not asked what to remove of its own backups on this one.
async function retention(stack: Stack, what: "expired" | "forget", input: string): Promise<string> {
  const archive = archiveOf(stack.config);
  return archive
    ? inArchive(stack, archive, what, input)
    : backupTool(stack.config, ["backups", what], { input });
}
