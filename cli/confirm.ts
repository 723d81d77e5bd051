import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { UserError } from "../base/errors";

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

/** Asks before something that can't be taken back; --yes answers beforehand, and must where nobody can be asked. */
export async function confirm({ yes }: { readonly yes?: boolean }, question: string): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) throw new UserError(question, "There is no terminal to ask at; say --yes.");
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await prompt.question(`${question} [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new UserError("Nothing was changed.");
  } finally {
    prompt.close();
  }
}
