import type { StackChoice } from "../../engine/stack";
import { verbs } from "../commands";
import { complete } from "../complete";
import { WORDS } from "../words";

/** Prints what may stand in the place of the last word, a line each with what it means behind a tab; or that it is a file. */
export async function run(_options: StackChoice, words: readonly string[] = []): Promise<void> {
  const known = verbs
    .filter(({ hidden }) => !hidden)
    .map(({ load, ...verb }) => ({ ...verb, options: () => Object.values(load().options ?? {}) }));
  // Whoever presses Tab wants no words of errors: there is nothing to suggest then.
  const found = await complete(words, known, WORDS).catch(() => []);
  const lines = found?.map(({ word, about }) => (about === undefined ? word : `${word}\t${about}`));
  process.stdout.write((lines ?? [":files"]).map((line) => `${line}\n`).join(""));
}
