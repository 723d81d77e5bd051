import type { HostConfig } from "../../stacks/config";
import { ensureArchiveImage } from "../backup/archive";
import { keepCopy } from "../backup/afterUp";
import { keepTimer } from "../backup/timer";
import { findDrift } from "../drift/drift";
import { repair } from "../drift/repair";
import { whyNotBuilt } from "../buildFailure";
import { dataAtRisk } from "../dataAtRisk";
import { Exit } from "../errors";
import type { Result } from "../exec";
import { type HostFacts, lookAtHost } from "../facts";
import { scriptOnHost } from "../host";
import type { VerbOptions } from "../options";
import { colors, errorColors, say, step } from "../output";
import { checkHost, preflight } from "../preflight";
import { appendLog, changeOf, diagnosticsOf, inProgress, type Change } from "../pulumiOutput";
import { guarded } from "../recover/guard";
import { replaceOptions, siteRoles } from "../replace";
import { baseImage } from "../setup/base-image";
import { bringBaseImage } from "../setup/remote-base-image";
import { ensureStack, openStack, type Stack } from "../stack";
import { printSites } from "./status";

// A shared ssh connection takes 10 commands at once; each one beyond that makes one of its own, and sshd drops those
// that come too fast.
const FEWER_AT_ONCE = ["--parallel", "8"];

/** Brings the host to what its stack file says. */
export async function run(options: VerbOptions): Promise<void> {
  const stack = await openStack(options);
  const replace = replaceOptions(stack.config, options.replace ?? []);
  const facts = await step("Checks", () => preflight(stack.config, dataAtRisk));
  const { ssh } = stack.config;
  if (ssh && !facts.baseImage) {
    await step(
      `Image ${baseImage}`,
      (s) => bringBaseImage(stack.config, s),
      (how) => how,
    );
  }
  await ensureArchiveImage(stack.config);
  await ensureStack(stack);
  await resume(stack.config);
  const refresh = missing(stack.config, facts).length > 0 ? ["--refresh"] : [];
  const repaired = options.repair
    ? await repair(stack, await step("Drift", () => findDrift(stack), count))
    : [];
  const changes = await deploy(
    stack,
    [
      "up",
      "--yes",
      "--skip-preview",
      "--suppress-outputs",
      ...(ssh ? FEWER_AT_ONCE : []),
      ...refresh,
      ...replace,
      ...repaired,
    ],
    `Stack ${stack.name}`,
  );
  if (changes > 0) await keepCopy(stack);
  await keepTimer(stack, changes > 0);
  // Whoever asked for JSON, which only a verb that runs this one knows, gets that one's.
  if (options.json) return;
  await printSites(stack);
  printRemoved(stack, facts);
  if (changes === 0) process.stdout.write("\nNothing changed: the host is what the stack says.\n");
}

/** Has the host do what a backup or restore left undone that the machine itself cut off. */
async function resume(config: HostConfig): Promise<void> {
  if (!config.backup) return;
  // While one holds the lock it is still at work.
  const script = '[ ! -f "$1/backup/location" ] || exec flock -n -E 0 "$1/locks/backup" "$1/bin/resume"';
  await scriptOnHost(config, script, [`${config.volumeRoot}/.varvol`]);
}

function count(drift: readonly unknown[]): string {
  return drift.length === 0 ? "none" : `${drift.length} differences`;
}

/**
 * Containers, as owner/role, that the host had and that don't run any more: removed or stopped by hand. The engine
 * looks for itself only when it is asked to, because that takes time.
 */
export function missing(config: HostConfig, facts: HostFacts): string[] {
  if (!facts.routed.has("_main")) return [];
  const routed = config.sites.filter(({ name }) => facts.routed.has(name));
  const expected = [
    ...["gateway/net", "gateway/gateway"],
    ...(routed.some(({ kind }) => kind === "wordpress") ? ["mysql/mysql"] : []),
    ...routed.flatMap(({ name, kind }) => siteRoles[kind].map((role) => `${name}/${role}`)),
  ];
  return expected.filter((container) => !facts.running.has(container));
}

/** Runs the engine and shows each change; on failure what went wrong, in the engine's own words. */
export async function deploy(stack: Stack, args: readonly string[], label: string): Promise<number> {
  const log = appendLog(stack.workspace.paths.folder);
  const done: Change[] = [];
  const doing = new Map<string, Change>();
  const work = (more: readonly string[]): Promise<Result> =>
    step(
      label,
      (s) => {
        return stack.pulumi([...args, ...more, "--non-interactive", "--color", "never"], {
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
  const result = await guarded(stack, work);
  if (result.code === 0) return done.length;
  const diagnostics = diagnosticsOf(result.stdout + result.stderr);
  say(
    `\n${errorColors.red("error:")} ${diagnostics}\n\n  What ran before goes on running. All of the engine's output: ${log}`,
  );
  const problems = await lacking(stack.config);
  const unbuilt = problems.length === 0 ? await whyNotBuilt(stack.config, diagnostics) : undefined;
  for (const problem of [...problems, ...(unbuilt ? [unbuilt] : [])]) say(`  ${problem}`);
  throw new Exit(1);
}

/** What the host lacks by now: a build that filled the disk, say, only tells that one of its commands failed. */
async function lacking(config: HostConfig): Promise<string[]> {
  try {
    return checkHost(config, await lookAtHost(config));
  } catch {
    return [];
  }
}

function printRemoved(stack: Stack, facts: HostFacts): void {
  const known = new Set([...stack.config.sites.map(({ name }) => name), "gateway", "mysql"]);
  for (const name of facts.volumes.filter((volume) => !known.has(volume))) {
    process.stdout.write(
      `\n${colors.yellow(name)} is no site any more. Its data stays in ${stack.config.volumeRoot}/${name} (and its database, if it had one) until: npx varvol purge ${name}\n`,
    );
  }
}
