import { Exit } from "../../base/errors";
import type { Result } from "../../base/exec";
import { errorColors, say, step } from "../../base/output";
import { lookAtHost } from "../../engine/hostFacts";
import { appendLog, changeOf, diagnosticsOf, inProgress, type Change } from "../../engine/pulumiOutput";
import { guarded } from "../../engine/recover/guard";
import type { Stack } from "../../engine/stack";
import type { HostConfig } from "../../stacks/config";
import { checkHost } from "../preflight";
import { whyNotBuilt } from "./buildFailure";

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
