import { json, step } from "../../base/output";
import { openStack } from "../../engine/stack";
import { keepHost } from "../../flows/backup/hostCopy";
import { nameRun } from "../../agent/runName";
import { backupOf } from "../../flows/backup/repository";
import { subjectsOf, take } from "../../flows/backup/take";
import * as texts from "../options";
import { printTaken, readMode } from "../taken";

interface Options extends texts.JsonOption {
  readonly mode?: string;
}

export const options: texts.OptionsOf<Options> = { mode: texts.mode, json: texts.json };

/** Takes a snapshot of all sites and modules and of what this machine knows of them: enough to begin anew from. */
export async function run(options: Options): Promise<void> {
  const stack = await openStack(options);
  const { config } = stack;
  const mode = readMode(options.mode) ?? backupOf(config).mode;
  const [modules, sites] = subjectsOf(config, [], true);
  const name = nameRun();
  const taken = await take(config, [...sites, ...modules], mode, name);
  // Last: a run without it is none of the host.
  await step("State, stack file and lock", () =>
    keepHost(
      stack,
      name,
      taken.map((one) => one.name),
    ),
  );
  if (options.json) json({ run: name, sites: taken });
  else printTaken(taken);
}
