import { keepHost } from "../backup/hostCopy";
import { backupOf, nameRun } from "../backup/repository";
import { subjectsOf, take } from "../backup/take";
import type { VerbOptions } from "../options";
import { json, step } from "../output";
import { openStack } from "../stack";
import { printTaken, readMode } from "./backup";

/** Takes a snapshot of all sites and modules and of what this machine knows of them: enough to begin anew from. */
export async function run(options: VerbOptions): Promise<void> {
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
