import { copyFileSync, existsSync, renameSync } from "node:fs";
import { UserError } from "../../base/errors";
import type { Stack } from "../stack";
import { conditionOf, copiesOf, dropHalfAttributes, stateFiles, type StateFiles } from "./fileBackend";
import { breakLocks } from "./locks";
import { setMark, wasCutOff } from "./marker";
import { report, settle } from "./settle";

/** Makes a stack usable again whose last command was cut off, or whose state is damaged or lost. Deletes no data. */
export async function recoverStack(stack: Stack, print: (line: string) => void): Promise<void> {
  wasCutOff(stack);
  const files = stateFiles(stack);
  if (files) {
    const broken = breakLocks(stack.name, files);
    if (broken > 0) print(`Removed ${broken} locks and half written files of commands that were cut off.`);
    dropHalfAttributes(files, "everything");
    await restore(stack, files, print);
  }
  // From here on the next `up` looks at the host instead of trusting the state.
  setMark(stack);
  const lines = report(await settle(stack));
  lines.forEach((line) => print(line.charAt(0).toUpperCase() + line.slice(1)));
}

/** Puts the newest copy of the state in place that the engine accepts; what was there is kept beside it. */
async function restore(stack: Stack, files: StateFiles, print: (line: string) => void): Promise<void> {
  const { state } = files;
  if (["sound", "interrupted"].includes(conditionOf(files)) && (await accepted(stack))) {
    return print(`The state is sound: ${state}`);
  }
  if (existsSync(state)) {
    const aside = `${state}.damaged-${new Date().toISOString().replaceAll(":", "-").slice(0, 19)}`;
    renameSync(state, aside);
    print(`The damaged state is kept as ${aside}`);
  }
  for (const { file, time, deployment } of copiesOf(files)) {
    copyFileSync(file, `${state}.new`);
    renameSync(`${state}.new`, state);
    if (!(await accepted(stack))) continue;
    const count = deployment.resources?.length ?? 0;
    return print(`Restored the state of ${new Date(time).toISOString()}, ${count} resources, from ${file}`);
  }
  throw new UserError(
    `There is no copy of the state of ${stack.name} that can be read beside ${state}.`,
    "Put the file back from your own backup of this folder.",
  );
}

async function accepted(stack: Stack): Promise<boolean> {
  return (await stack.pulumi(["stack", "export"])).code === 0;
}
