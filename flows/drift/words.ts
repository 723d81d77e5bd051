import type { Drift } from "./compare";

/** What differs, in one line. */
export function driftLine({ kind: sort, subject, what, differences }: Drift): string {
  const thing = sort === "container" ? "" : `${sort} `;
  const word = what === "stray" ? "is not of this stack" : `is ${what}`;
  const keys = differences.map(({ key, old, new: now, diff }) =>
    diff === undefined ? `${key} ${old ?? "(none)"} -> ${now ?? "(none)"}` : `${key} differs`,
  );
  return `${thing}${subject} ${word}${keys.length > 0 ? `: ${keys.join("; ")}` : ""}`;
}
