import { existsSync, readdirSync } from "node:fs";
import { UserError } from "../../base/errors";
import type { Result } from "../../base/exec";
import { say, step } from "../../base/output";
import type { Stack } from "../stack";
import { realResources } from "../state";
import { conditionOf, copiesOf, dropHalfAttributes, type StateFiles, stateFiles, sync } from "./fileBackend";
import { breakLocks } from "./locks";
import { clearMark, setMark, wasCutOff } from "./marker";
import { report, settle } from "./settle";

/**
 * Runs the engine on a stack that it may change. After a run that was cut off (a killed process, a machine that lost
 * its power) what that left is put right first, and the engine is told to look at the host (`more`).
 */
export async function guarded(
  stack: Stack,
  work: (more: readonly string[]) => Promise<Result>,
): Promise<Result> {
  const files = stateFiles(stack);
  const cutOff = checkState(stack, files);
  setMark(stack);
  try {
    if (cutOff) await tidy(stack);
    const result = await work(cutOff ? ["--refresh"] : []);
    if (cutOff && result.code === 0) await tidy(stack);
    if (result.code < 128 && !(cutOff && result.code !== 0)) clear(stack, files);
    return result;
  } catch (error) {
    if (!cutOff && files) clear(stack, files);
    throw error;
  } finally {
    if (files) sync(files);
  }
}

/** Says whether the last run was cut off. Throws where the state can't be used, or another run is at work. */
export function checkState(stack: Stack, files: StateFiles | undefined): boolean {
  const marked = wasCutOff(stack);
  if (!files) return marked;
  const broken = breakLocks(stack.name, files);
  refuseDamaged(stack, files);
  const cutOff = marked || broken > 0 || conditionOf(files) === "interrupted";
  if (cutOff) dropHalfAttributes(files, "everything");
  return cutOff;
}

/** Throws where the state is damaged or was lost: a new one would know nothing of the host's containers. */
export function refuseDamaged(stack: Stack, files: StateFiles | undefined): void {
  if (!files) return;
  dropHalfAttributes(files, "what is read");
  const condition = conditionOf(files);
  const lost =
    condition === "missing" &&
    copiesOf(files)
      .slice(0, 1)
      .some(({ deployment }) => realResources(deployment).length > 0);
  if (condition !== "damaged" && !lost) return;
  throw new UserError(
    `The state of ${stack.name} is ${condition}: ${files.state}`,
    `Run: npx varvol recover${stack.name === "local" ? "" : ` -s ${stack.name}`}`,
  );
}

async function tidy(stack: Stack): Promise<void> {
  const lines = await step(
    "What a run that was cut off left",
    async () => report(await settle(stack)),
    (found) => (found.length === 0 ? "nothing" : undefined),
  );
  lines.forEach((line) => say(`  ${line}`));
}

// An engine that was ended from outside leaves its lock, or operations that it had begun.
function clear(stack: Stack, files: StateFiles | undefined): void {
  const locked =
    files && existsSync(files.locks) && readdirSync(files.locks).some((name) => name.endsWith(".json"));
  if (locked || (files && conditionOf(files) !== "sound")) return;
  clearMark(stack);
}
