import { UserError } from "./errors";

/** The words that a misspelt one may have meant, in a sentence to put behind an error; "" where none is near. */
export function meant(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near === undefined ? "" : ` Did you mean ${near}?`;
}

/** Refuses the first of the names that is not known, as being no such thing. */
export function refuseUnknown(names: readonly string[], known: readonly string[], what: string): void {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UserError(
      `${unknown} is no ${what}.${meant(unknown, known)}`,
      `There are: ${known.join(", ")}`,
    );
}

/** The known word that a misspelt one is nearest to: a third of its letters may be wrong. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((one) => ({ one, wrong: distance(word.toLowerCase(), one.toLowerCase()) }))
    .filter(({ one, wrong }) => wrong <= Math.max(1, Math.floor(one.length / 3)) && wrong < one.length)
    .sort((a, b) => a.wrong - b.wrong);
  return ranked[0]?.one;
}

/** How many letters are too many, missing, others, or the wrong way round beside each other. */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Infinity;
  for (let i = 1; i <= a.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      rows[i]?.push(
        Math.min(
          at(i - 1, j) + 1,
          at(i, j - 1) + 1,
          at(i - 1, j - 1) + (same ? 0 : 1),
          swapped ? at(i - 2, j - 2) + 1 : Infinity,
        ),
      );
    }
  }
  return at(a.length, b.length);
}
