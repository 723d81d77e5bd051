import { createTwoFilesPatch } from "diff";
import type { KeyChange } from "./schema";

/** What differs between the old and the new arguments of a container, in the order of the keys. */
export function keyChanges(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): KeyChange[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return keys.flatMap((key) => {
    const old = before.get(key) ?? null;
    const now = after.get(key) ?? null;
    if (old === now) return [];
    const diff = shortDiff(key, old ?? "", now ?? "");
    return [{ key, old, new: now, ...(diff !== undefined && { diff }) }];
  });
}

/** A unified diff with little context; undefined where both texts are single lines. */
export function shortDiff(name: string, old: string, now: string): string | undefined {
  if (!old.includes("\n") && !now.includes("\n")) return undefined;
  const patch = createTwoFilesPatch(name, name, old, now, undefined, undefined, { context: 2 });
  // The head only repeats the name.
  return patch.slice(patch.indexOf("@@")).trimEnd();
}
