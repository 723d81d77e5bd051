import { Exit } from "../../base/errors";
import type { Result } from "../../base/exec";
import { errorColors, say, step } from "../../base/output";
import { lookAtHost } from "../../engine/hostFacts";
import {
  appendLog,
  changeOf,
  diagnosticsOf,
  failedResources,
  inProgress,
  type Change,
} from "../../engine/pulumiOutput";
import { guarded } from "../../engine/recover/guard";
import type { Stack } from "../../engine/stack";
import type { HostConfig } from "../../stacks/config";
import { checkHost } from "../preflight";
import { whyNotBuilt } from "./buildFailure";
import { type Aside, holdFailed, namesOf, settingAside, withoutReplacing } from "./hold";

/** What a run of the engine came to. */
interface Run extends Result {
  readonly log: string;
  readonly done: readonly Change[];
}

/** Runs the engine and shows each change; on failure what went wrong, in the engine's own words. */
export async function deploy(stack: Stack, args: readonly string[], label: string): Promise<number> {
  const run = await runEngine(stack, args, label);
  if (run.code === 0) return run.done.length;
  await explain(stack.config, run);
  throw new Exit(1);
}

/** What became of a host whose sites fail each by itself. */
export interface Deployed {
  readonly changes: number;
  /** The sites that could not be changed, and serve as before; and the new ones that are not there yet. */
  readonly failed: Aside;
}

const NOBODY: Aside = { held: [], leftOut: [] };

/**
 * The same for all sites: one that can't be changed is left as it is, and the engine goes on with the others. `routed` are the
 * sites that the gateway knows; what is `stopped` on purpose is left as it is from the beginning.
 */
export async function deploySites(
  stack: Stack,
  args: readonly string[],
  label: string,
  routed: ReadonlySet<string>,
  stopped: readonly string[] = [],
  own: Readonly<Record<string, string>> = {},
): Promise<Deployed> {
  let failed: Aside = { held: stopped, leftOut: [] };
  const done: Change[] = [];
  for (let rest = args; ;) {
    const run = await runEngine(stack, rest, label, failed, own);
    done.push(...run.done);
    if (run.code === 0)
      return { changes: done.length, failed: { ...failed, held: without(failed.held, stopped) } };
    const hostIsWell = await explain(stack.config, run);
    // One that was ended from outside is not gone on with.
    const resources = run.code < 128 && hostIsWell ? failedResources(run.stdout + run.stderr) : [];
    const more = await holdFailed(stack, resources, failed, routed);
    if (!more) throw new Exit(1);
    for (const [names, what] of [
      [without(more.held, failed.held), "left as before"],
      [without(more.leftOut, failed.leftOut), "not brought up"],
    ] as const)
      if (names.length > 0) say(`\n${errorColors.red(names.join(", "))}: ${what}. The other sites go on.`);
    failed = more;
    const replaced = new Set(done.map(({ subject }) => subject.split(" ")[1]));
    // The host was looked at, and what is replaced need not be once more.
    rest = withoutReplacing(args, (name) => replaced.has(name) || more.parts.has(name)).filter(
      (word) => word !== "--refresh",
    );
  }
}

function without(names: readonly string[], others: readonly string[]): readonly string[] {
  return names.filter((name) => !others.includes(name));
}

async function runEngine(
  stack: Stack,
  args: readonly string[],
  label: string,
  aside: Aside = NOBODY,
  more: Readonly<Record<string, string>> = {},
): Promise<Run> {
  const log = appendLog(stack.workspace.paths.folder);
  const done: Change[] = [];
  const doing = new Map<string, Change>();
  const names = namesOf(aside);
  const env = { ...stack.workspace.env, ...more, ...(names.length > 0 && settingAside(aside)) };
  const work = (more: readonly string[]): Promise<Result> =>
    step(
      names.length === 0 ? label : `${label} without ${names.join(", ")}`,
      (s) => {
        return stack.pulumi([...args, ...more, "--non-interactive", "--color", "never"], {
          env,
          log,
          onLine: (line) => {
            const change = changeOf(line);
            if (!change) return;
            if (change.done) done.push(change);
            if (change.done) doing.delete(change.subject);
            else doing.set(change.subject, change);
            if (change.done && change.notable) s.part(change.text);
            s.detail(inProgress(doing.values()));
          },
        });
      },
      ({ code }) => (code !== 0 ? undefined : done.length === 0 ? "no changes" : `${done.length} changes`),
      ({ code }) => code === 0,
    );
  return { ...(await guarded(stack, work)), log, done };
}

/**
 * Says what went wrong, and what the engine can't say: what the host lacks by now (a build that filled the disk only tells
 * that one of its commands failed), or why an image can't be built. Gives whether the host lacks nothing.
 */
async function explain(config: HostConfig, { stdout, stderr, log }: Run): Promise<boolean> {
  const diagnostics = diagnosticsOf(stdout + stderr);
  say(
    `\n${errorColors.red("error:")} ${diagnostics}\n\n  What ran before goes on running. All of the engine's output: ${log}`,
  );
  const problems = await lacking(config);
  const unbuilt = problems.length === 0 ? await whyNotBuilt(config, diagnostics) : undefined;
  for (const problem of [...problems, ...(unbuilt ? [unbuilt] : [])]) say(`  ${problem}`);
  return problems.length === 0;
}

/** What the host lacks by now. */
async function lacking(config: HostConfig): Promise<string[]> {
  try {
    return checkHost(config, await lookAtHost(config));
  } catch {
    return [];
  }
}
