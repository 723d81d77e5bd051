import * as fs from "node:fs";
import * as path from "node:path";
import { isIn } from "./layout";
import { below, resolveIn } from "./links";
import { allow, bytes, entries, linkAt, raw, real, shown, statOf } from "./tree";

// Paths in here have a character for each byte; those that are given and said are usual ones.

/** Folders below each other; a file's path ends at 4096 bytes anyway. */
const DEEPEST = 100;
/** Files and folders that links may bring in a second time. */
const MOST_COPIED = 200_000;

/** Removes what is neither file, folder nor link from a tree, and what a Mac puts beside files; gives what that was. */
export function clean(tree: string): string[] {
  const removed: string[] = [];
  const drop = (file: string, why: string): void => {
    fs.rmSync(bytes(file), { recursive: true, force: true });
    removed.push(`${shown(path.relative(raw(tree), file))}: ${why}`);
  };
  const walk = (folder: string, depth: number): void => {
    for (const { name, sort } of entries(folder)) {
      const file = path.join(folder, name);
      if (sort === "link") continue;
      if (sort === "folder") {
        if (depth >= DEEPEST) drop(file, `deeper than ${DEEPEST} folders`);
        else if (name === "__MACOSX") drop(file, MACS);
        else {
          allow(file, 0o700);
          walk(file, depth + 1);
        }
      } else if (sort === "other") drop(file, "neither a file nor a folder");
      else if (name === ".DS_Store" || isMacs(file, name)) drop(file, MACS);
    }
  };
  walk(raw(tree), 0);
  return removed;
}

const MACS = "a Mac's own attributes of files";

/** What macOS packs beside each file: AppleDouble, as RFC 1740 has it. */
function isMacs(file: string, name: string): boolean {
  if (!name.startsWith("._")) return false;
  allow(file, 0o600);
  const begin = Buffer.alloc(4);
  const descriptor = fs.openSync(bytes(file), "r");
  fs.readSync(descriptor, begin, 0, 4, 0);
  fs.closeSync(descriptor);
  return begin.equals(Buffer.from([0x00, 0x05, 0x16, 0x07]));
}

/** Makes links that begin at the root of a whole machine's files begin where they lie, as far as they lead into the tree. */
export function makeRelative(tree: string): void {
  for (const { file: link, sort } of below(tree)) {
    if (sort !== "link") continue;
    const target = linkAt(link).startsWith("/") ? resolveIn(raw(tree), link) : undefined;
    if (target === undefined) continue;
    fs.rmSync(bytes(link));
    fs.symlinkSync(bytes(path.relative(real(path.dirname(link)), target) || "."), bytes(link));
  }
}

/** What is to be settled: a part of a tree, without folders that will be another part. */
export interface Part {
  readonly folder: string;
  /** Real paths below it. Defaults to none. */
  readonly without?: readonly string[];
}

/**
 * Has no link lead out of a part of a tree, which will lie elsewhere than the rest of it: what a link leads to there comes
 * in its place, and a link that leads out of the tree is removed. Gives what was left out, and adds what came to `brought`.
 */
export function settleLinks(
  whole: string,
  { folder, without = [] }: Part,
  brought = new Set<string>(),
): string[] {
  const [tree, part] = [real(raw(whole)), real(raw(folder))];
  const removed: string[] = [];
  const apart = without.map(raw);
  const isApart = (file: string): boolean => apart.some((one) => isIn(one, file));
  const drop = (link: string, why: string): void => {
    fs.rmSync(bytes(link), { recursive: true, force: true });
    removed.push(`${shown(path.relative(part, link))}: ${why}`);
  };
  let copied = 0;
  /** Puts the same files, by further names, in the place of a link. */
  const bring = (from: string, to: string, within: readonly string[]): void => {
    if (++copied > MOST_COPIED) return;
    const stat = statOf(from);
    if (stat?.isSymbolicLink()) {
      const target = resolveIn(tree, from);
      if (target === undefined) drop(to, OUT_OF);
      else if (within.includes(target) || within.length > DEEPEST) drop(to, "a link back into itself");
      else bring(target, to, [...within, target]);
    } else if (stat?.isDirectory()) {
      fs.mkdirSync(bytes(to), { mode: 0o755 });
      for (const { name } of entries(from)) bring(path.join(from, name), path.join(to, name), within);
    } else fs.linkSync(bytes(from), bytes(to));
  };
  const walk = (folder: string): void => {
    for (const { name, sort } of entries(folder)) {
      const file = path.join(folder, name);
      if (isApart(file)) continue;
      if (sort === "folder") walk(file);
      if (sort !== "link") continue;
      const target = resolveIn(tree, file);
      const stays = isWithin(part, file) && (target === undefined || !isApart(target));
      if (stays) continue;
      if (target === undefined) drop(file, OUT_OF);
      else if (isIn(target, file)) drop(file, "a link back into itself");
      else {
        fs.rmSync(bytes(file));
        brought.add(shown(target));
        bring(target, file, [target]);
        if (copied > MOST_COPIED) drop(file, "a link to more than can be taken twice");
      }
    }
  };
  walk(part);
  return removed;
}

const OUT_OF = "a link out of the import";

/** Whether a link leads to a place below the part, whether there is something or not, and never leaves it on the way. */
function isWithin(part: string, link: string): boolean {
  const says = linkAt(link);
  let at = real(path.dirname(link));
  for (const name of says.split("/")) {
    at = path.join(at, name);
    if (isIn(part, at) && fs.existsSync(bytes(at))) at = real(at);
    if (!isIn(part, at)) return false;
  }
  return !says.startsWith("/");
}
