import { recoverStack } from "../../engine/recover/recover";
import { openStack, type StackChoice } from "../../engine/stack";

/** Makes a stack usable again whose last command was cut off, or whose state is damaged or lost. Deletes no data. */
export async function run(options: StackChoice): Promise<void> {
  const stack = await openStack(options);
  await recoverStack(stack, print);
  print(`\nNext: npx varvol up${stack.name === "local" ? "" : ` -s ${stack.name}`}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
