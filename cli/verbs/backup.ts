import { archiveOf } from "../backup/archive";
import { backupOf, backupTool } from "../backup/repository";
import { expiredRuns, forgetRuns } from "../backup/retention";
import { modeOf, type Mode, subjectsOf, take, type Taken } from "../backup/take";
import { bytes } from "../backup/text";
import { forgetTold, tellHook } from "../backup/told";
import { Interrupted, UserError } from "../errors";
import { scriptOnHost } from "../host";
import type { VerbOptions } from "../options";
import { json, table } from "../output";
import { openStack, type Stack } from "../stack";

/** Takes a snapshot of each site, or of those named. */
export async function run(options: VerbOptions, names: readonly string[] = []): Promise<void> {
  const stack = await openStack(options);
  const { config } = stack;
  backupOf(config);
  if (options.due) return runDue(stack, options, names);
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

/** What a timer starts: it says nothing when all is well. */
async function runDue(stack: Stack, options: VerbOptions, names: readonly string[]): Promise<void> {
  const { config } = stack;
  const contradiction =
    names.length > 0 ? names.join(" ") : options.mode ? "--mode" : options.modules && "--modules";
  if (contradiction)
    throw new UserError(
      `--due and ${contradiction}: the schedule says what is due and how.`,
      "Leave one out.",
    );
  const tool = `${config.volumeRoot}/.varvol/bin/due`;
  const kept: string[] = [];
  let told = false;
  const onLine = (line: string): void => {
    if (line.startsWith("kept ")) kept.push(line.slice("kept ".length));
    if (line.startsWith("told ")) told = true;
  };
  const happen = async (): Promise<void> => {
    // No need to give the archive out for nothing.
    if (archiveOf(config) && (await scriptOnHost(config, `exec "$1" ask`, [tool])) === "") return;
    try {
      await backupTool(config, ["due"], { onLine });
    } finally {
      if (archiveOf(config) && kept.length > 0) await forgetRuns(stack, await expiredRuns(stack, kept));
    }
  };
  try {
    await happen();
    forgetTold(stack);
  } catch (error) {
    if (!told && !(error instanceof Interrupted)) await tellHook(stack, (error as Error).message);
    throw error;
  }
}

/** The mode that was asked for; undefined where the stack file decides. */
export function readMode(mode: string | undefined): Mode | undefined {
  if (mode === undefined || mode === "hot" || mode === "stop") return mode;
  throw new UserError(`--mode ${mode}: there is no such mode`, "There are: hot, stop");
}

export function printTaken(taken: readonly Taken[]): void {
  const rows = taken.map(({ name, run, mode, size, added, stopped }) => [
    name,
    run,
    mode === "stop" ? `stop (${stopped} s)` : mode,
    bytes(size),
    bytes(added),
  ]);
  process.stdout.write(`${table(["Site", "Snapshot", "Mode", "Size", "Added"], rows)}\n`);
}
