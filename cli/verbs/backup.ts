import { UserError } from "../../base/errors";
import { json } from "../../base/output";
import { openStack } from "../../engine/stack";
import { runDue } from "../../flows/backup/due";
import { backupOf } from "../../flows/backup/repository";
import { modeOf, subjectsOf, take, type Taken } from "../../flows/backup/take";
import * as texts from "../options";
import { printTaken, readMode } from "../taken";

interface Options extends texts.JsonOption {
  readonly modules?: boolean;
  readonly mode?: string;
  readonly due?: boolean;
}

export const options: texts.OptionsOf<Options> = {
  modules: texts.modules,
  mode: texts.mode,
  due: ["--due", "what the schedule says is due now, with drills and retention: for a timer"],
  json: texts.json,
};

/** Takes a snapshot of each site, or of those named. */
export async function run(options: Options, names: readonly string[] = []): Promise<void> {
  const stack = await openStack(options);
  const { config } = stack;
  backupOf(config);
  if (options.due) {
    refuseBesideDue(options, names);
    return runDue(stack);
  }
  const wanted = readMode(options.mode);
  const [modules, sites] = subjectsOf(config, names, options.modules ?? false);
  const taken: Taken[] = [];
  for (const site of sites) {
    // The modules while the first project that needs them is stopped, as the order of a project's backup has it.
    const together = [...modules.splice(0), site];
    taken.push(...(await take(config, together, wanted ?? modeOf(config, site.name))));
  }
  if (modules.length > 0) taken.push(...(await take(config, modules, wanted ?? "hot")));
  if (options.json) return json(taken);
  printTaken(taken);
}

function refuseBesideDue({ mode, modules }: Options, names: readonly string[]): void {
  const contradiction = names.length > 0 ? names.join(" ") : mode ? "--mode" : modules && "--modules";
  if (contradiction)
    throw new UserError(
      `--due and ${contradiction}: the schedule says what is due and how.`,
      "Leave one out.",
    );
}
