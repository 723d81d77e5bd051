import type { ExpiredRun, RequestOf } from "../../agent/protocol";
import { expiredLines, keepLines, readExpired } from "../../agent/expired";
import type { Stack } from "../../engine/stack";
import type { HostConfig } from "../../stacks/config";
import { scheduleOf } from "../../stacks/schedule";
import { archiveOf, inArchive } from "./archive";
import { answer, askAgent, backupOf } from "./repository";

/** What is kept of each site, module and the host itself. */
export function keptOf(config: HostConfig, names: readonly string[]): RequestOf<"expired">["sites"] {
  const known = [...config.sites.map(({ name }) => name), "mysql", "host"];
  // Snapshots of what is no site any more stay until their name is given.
  return (names.length > 0 ? names : known).map((name) => {
    const { keep } = scheduleOf(backupOf(config), config.sites.find((site) => site.name === name) ?? {});
    return { name, keep };
  });
}

/** The snapshots that restic would not keep, and those that were cut off. */
export async function expiredRuns(stack: Stack, names: readonly string[]): Promise<ExpiredRun[]> {
  const { config } = stack;
  const sites = keptOf(config, names);
  const archive = archiveOf(config);
  // Another machine is not asked what to remove of its own backups on this one.
  if (archive) return readExpired(await inArchive(stack, archive, "expired", keepLines(sites)));
  return answer(await askAgent(config, { job: "expired", sites }), "expired").runs;
}

/** Removes them for good. */
export async function forgetRuns(stack: Stack, runs: readonly ExpiredRun[]): Promise<void> {
  if (runs.length === 0) return;
  const archive = archiveOf(stack.config);
  if (archive) await inArchive(stack, archive, "forget", expiredLines(runs));
  else await askAgent(stack.config, { job: "forget", runs: [...runs] });
}
