import { copyFileSync, existsSync, renameSync } from "node:fs";
import { UserError } from "../errors";
import type { VerbOptions } from "../options";
import {
  conditionOf,
  copiesOf,
  dropHalfAttributes,
  stateFiles,
  type StateFiles,
} from "../recover/fileBackend";
import { breakLocks } from "../recover/locks";
import { setMark, wasCutOff } from "../recover/marker";
import { report, settle } from "../recover/settle";
import { openStack, type Stack } from "../stack";

/** Makes a stack usable again whose last command was cut off, or whose state is damaged or lost. Deletes no data. */
export async function run(options: VerbOptions): Promise<void> {
  const stack = await openStack(options);
  wasCutOff(stack);
  const files = stateFiles(stack);
  if (files) {
    const broken = breakLocks(stack.name, files);
    if (broken > 0) print(`Removed ${broken} locks and half written files of commands that were cut off.`);
    dropHalfAttributes(files, "everything");
    await restore(stack, files);
  }
  // From here on the next `up` looks at the host instead of trusting the state.
  setMark(stack);
  const lines = report(await settle(stack));
  lines.forEach((line) => print(line.charAt(0).toUpperCase() + line.slice(1)));
  print(`\nNext: npx varvol up${stack.name === "local" ? "" : ` -s ${stack.name}`}`);
}

/** Puts the newest copy of the state in place that the engine accepts; what was there is kept beside it. */
async function restore(stack: Stack, files: StateFiles): Promise<void> {
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

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
