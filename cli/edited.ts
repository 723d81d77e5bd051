import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { say } from "../base/output";
import { configIn, openStack, type Stack } from "../engine/stack";
import { replaceFile } from "../engine/stackFile";
import { planOf } from "../flows/plan/ofStack";
import { canAsk, confirm } from "./confirm";
import { planText } from "./plan/text";
import { refuseFailed, upAndSay } from "./up";

const ENDINGS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

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
 * Has a file hold another text while something is done that decides whether it keeps it: where that fails, or is ended from
 * outside, the file is as it was; unless somebody else has written to it meanwhile.
 */
async function trying(file: string, text: string, decide: () => Promise<void>): Promise<void> {
  const before = readFileSync(file, "utf8");
  const putBack = (): void => {
    if (readFileSync(file, "utf8") === text) replaceFile(file, before);
  };
  const leave = (signal: NodeJS.Signals): void => {
    // Whoever has started a program hears of it as well, and ends with an error.
    if (process.listenerCount(signal) > 1) return;
    putBack();
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of ENDINGS) process.on(signal, leave);
  replaceFile(file, text);
  try {
    await decide();
  } catch (error) {
    putBack();
    throw error;
  } finally {
    for (const signal of ENDINGS) process.off(signal, leave);
  }
}

/** Writes another text into the stack file, shows what an `up` would make of it, and asks. Unless that is wanted the file is as it was. */
export function propose(stack: Stack, options: Options, text: string, question: string): Promise<void> {
  return trying(stack.file, text, async () => {
    const plan = await planOf(await openStack({ stack: stack.name, configFile: stack.file }));
    if (!options.json) process.stdout.write(`\n${planText(plan)}\n`);
    await confirm(options, question);
  });
}

/** The same, and does it. */
export async function upWith(stack: Stack, options: Options, text: string, question: string): Promise<void> {
  canAsk(options, question);
  await checkText(stack, text);
  await propose(stack, options, text, question);
  try {
    refuseFailed(await upAndSay({ stack: stack.name, configFile: stack.file, json: options.json }));
  } catch (error) {
    say(`${stack.file} has it: npx varvol up goes on.`);
    throw error;
  }
}
