import { json, step, table } from "../../base/output";
import { openStack } from "../../engine/stack";
import { backupOf } from "../../flows/backup/repository";
import { expiredRuns, forgetRuns } from "../../flows/backup/retention";
import { confirm } from "../confirm";
import * as texts from "../options";

interface Options extends texts.JsonOption {
  readonly yes?: boolean;
}

export const options: texts.OptionsOf<Options> = { yes: texts.yes, json: texts.json };

/** Removes the snapshots that the stack file does not say to keep, and what a backup that was cut off left. */
export async function run(options: Options, names: readonly string[] = []): Promise<void> {
  const stack = await openStack(options);
  const { config } = stack;
  backupOf(config);
  const gone = await step("Snapshots that are not kept", () => expiredRuns(stack, names), count);
  if (gone.length === 0) {
    if (options.json) return json([]);
    process.stdout.write("Nothing to forget: every snapshot is one to keep.\n");
    return;
  }
  if (!options.json) {
    const rows = gone.map(({ name, run, why }) => [
      name === "host" ? "(host)" : name,
      run,
      why === "expired" ? "older than what is kept" : "cut off",
    ]);
    process.stdout.write(`${table(["Site", "Snapshot", "Why"], rows)}\n`);
  }
  await confirm(options, `Remove these ${gone.length} snapshots for good?`);
  await step(`Removing ${gone.length} snapshots`, () => forgetRuns(stack, gone));
  if (options.json) json(gone.map(({ name, run, why }) => ({ site: name, run, why })));
}

function count(runs: readonly unknown[]): string {
  return runs.length === 0 ? "none" : String(runs.length);
}
