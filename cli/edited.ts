import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { say } from "../base/output";
import { configIn, openStack, type Stack } from "../engine/stack";
import { replaceFile } from "../engine/stackFile";
import { planOf } from "../flows/plan/ofStack";
import { canAsk, confirm } from "./confirm";
import { planText } from "./plan/text";
import { refuseFailed, upAndSay } from "./up";

interface Options {
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Refuses a text for a stack file that can't be one, before anything is touched. */
export async function checkText(stack: Stack, text: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "varvol-stack-"));
  try {
    const draft = join(folder, "stack.yaml");
    writeFileSync(draft, text, { mode: 0o600 });
    await configIn(draft, stack.name, stack.workspace);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Writes another text into the stack file, shows what an `up` would make of it, asks, and does that. Unless that is wanted the
 * file is as it was.
 */
export async function upWith(stack: Stack, options: Options, text: string, question: string): Promise<void> {
  canAsk(options, question);
  await checkText(stack, text);
  const before = readFileSync(stack.file, "utf8");
  replaceFile(stack.file, text);
  try {
    const plan = await planOf(await openStack({ stack: stack.name, configFile: stack.file }));
    if (!options.json) process.stdout.write(`\n${planText(plan)}\n`);
    await confirm(options, question);
  } catch (error) {
    replaceFile(stack.file, before);
    throw error;
  }
  try {
    refuseFailed(await upAndSay({ stack: stack.name, configFile: stack.file, json: options.json }));
  } catch (error) {
    say(`${stack.file} has it: npx varvol up goes on.`);
    throw error;
  }
}
