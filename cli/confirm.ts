import { createInterface } from "node:readline/promises";
import { UserError } from "../base/errors";

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
