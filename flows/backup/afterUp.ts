import { Interrupted } from "../../base/errors";
import { errorColors, say, step } from "../../base/output";
import type { Stack } from "../../engine/stack";
import { askHost } from "../../machine/scripts";
import type { HostConfig } from "../../stacks/config";
import { isScheduled } from "../../stacks/schedule";
import { keepHost } from "./hostCopy";
import { nameRun } from "../../agent/runName";
import { subjectsOf } from "./take";

/** What a lost machine knew changes with an `up` alone: its sites' scheduled snapshots are of no use without it. */
export async function keepCopy(stack: Stack): Promise<void> {
  const { config } = stack;
  // While a lost host comes back, its data is not there yet.
  if (!isScheduled(config) || (await isRestoring(config))) return;
  const [modules, sites] = subjectsOf(config, [], true);
  const names = [...sites, ...modules].map(({ name }) => name);
  try {
    await step("Copy of the state into the backups", () => keepHost(stack, nameRun(), names));
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    say(
      `${errorColors.yellow("warning:")} what this machine knows of the host could not be put into the backups: ${(error as Error).message}\n  Mend that, then run: npx varvol host-backup`,
    );
  }
}

async function isRestoring(config: HostConfig): Promise<boolean> {
  return (await askHost(config, "restoring", [config.volumeRoot, "which"])) !== "";
}
