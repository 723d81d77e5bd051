import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { Interrupted, UserError } from "../base/errors";

/** Asks for what nobody is to read over a shoulder, or find in a scroll back: what is typed is not shown. */
export async function askSecret(question: string): Promise<string> {
  process.stderr.write(question);
  const hidden = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompt = createInterface({ input: process.stdin, output: hidden, terminal: true });
  try {
    return await prompt.question("");
  } finally {
    prompt.close();
    process.stderr.write("\n");
  }
}

/** Refuses a question that nobody can be asked. */
export function canAsk({ yes }: { readonly yes?: boolean }, question: string): void {
  if (!yes && !process.stdin.isTTY)
    throw new UserError(question, "There is no terminal to ask at; say --yes.", 2);
}

/** Asks before something that can't be taken back; --yes answers beforehand, and must where nobody can be asked. */
export async function confirm(options: { readonly yes?: boolean }, question: string): Promise<void> {
  if (options.yes) return;
  canAsk(options, question);
  if (!/^y(es)?$/i.test(await ask(`${question} [y/N] `))) throw new UserError("Nothing was changed.");
}

/** What an option says, or else whoever sits at the terminal; where nobody does, the option is named. */
export async function valueOf(given: string | undefined, option: string, question: string): Promise<string> {
  if (given !== undefined) return given;
  if (!process.stdin.isTTY)
    throw new UserError(`${option} is missing: ${question}`, "There is no terminal to ask at.", 2);
  return ask(`${question}: `);
}

/** Asks for a line. Ctrl-C and Ctrl-D are no answer: whoever asks puts right what it has begun. */
export async function ask(question: string): Promise<string> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const left = new AbortController();
  prompt.once("close", () => left.abort());
  try {
    return (await prompt.question(question, { signal: left.signal })).trim();
  } catch (error) {
    if (!left.signal.aborted) throw error;
    process.stderr.write("\n");
    throw new Interrupted("SIGINT");
  } finally {
    prompt.close();
  }
}
