import * as fs from "node:fs";
import * as path from "node:path";
import { isIn } from "./layout";
import { bytes, entries, type Entry, linkAt, raw, real, statOf } from "./tree";

/** Links that are followed one after the other, as the kernel has it. */
const MOST = 40;

/**
 * Where a link leads in a tree that stands for a whole machine's files: an absolute path begins at the tree, or at a folder
 * of it that lay deeper there. Undefined where it leads nowhere, or out of the tree. Paths have a character for each byte.
 */
export function resolveIn(tree: string, link: string): string | undefined {
  const root = real(tree);
  const folder = real(path.dirname(link));
  const says = linkAt(link);
  if (!says.startsWith("/")) return follow(root, folder, says.split("/"));
  const names = says.split("/").filter(Boolean);
  // What was packed from a folder deeper down has the last of the names; a single one could be anything's.
  for (let cut = 0; cut === 0 || cut <= names.length - 2; cut++) {
    const found = follow(root, root, names.slice(cut));
    if (found !== undefined && found !== root) return found;
  }
  return undefined;
}

function follow(root: string, from: string, names: readonly string[]): string | undefined {
  let at = from;
  const left = [...names];
  for (let links = 0; left.length > 0;) {
    const name = left.shift() ?? "";
    if (name === "" || name === ".") continue;
    const next = name === ".." ? path.dirname(at) : path.join(at, name);
    if (!isIn(root, next)) return undefined;
    const stat = statOf(next);
    if (!stat) return undefined;
    if (!stat.isSymbolicLink()) {
      if (left.length > 0 && !stat.isDirectory()) return undefined;
      at = next;
      continue;
    }
    if (++links > MOST) return undefined;
    const says = linkAt(next);
    if (says.startsWith("/")) at = root;
    left.unshift(...says.split("/"));
  }
  return at;
}

/**
 * All that lies below a folder, in the order of its names; no link is followed, and what was removed meanwhile is passed by.
 * Paths have a character for each byte.
 */
export function* below(folder: string): Generator<{ readonly file: string; readonly sort: Entry["sort"] }> {
  yield* belowRaw(raw(folder));
}

function* belowRaw(folder: string): ReturnType<typeof below> {
  for (const { name, sort } of entries(folder).sort(byName)) {
    const file = path.join(folder, name);
    yield { file, sort };
    if (sort === "folder" && fs.existsSync(bytes(file))) yield* belowRaw(file);
  }
}

function byName(a: Entry, b: Entry): number {
  return a.name < b.name ? -1 : 1;
}
