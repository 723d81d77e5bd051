import { createReadStream, mkdirSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { besides } from "../../agent/arrange";
import { extract } from "../../agent/extract";
import { Failure, plain } from "../../agent/failure";
import { innerArchives, unpackInner, unpackParts } from "../../agent/inner";
import { decodeNames } from "../../agent/names";
import { clean, makeRelative, settleLinks } from "../../agent/prune";
import { UserError } from "../../base/errors";
import { errorColors, say, step } from "../../base/output";
import { bytes } from "../../base/words";
import type { Fetched, KindName } from "../../stacks/kinds";
import { sizeOf } from "./archive";
import { checkRoom } from "./fetched";
import {
  checkKind,
  chooseDump,
  meantIn,
  noWordPress,
  pagesIn,
  prefixIn,
  refuseNetwork,
  takesWordPress,
  wordPressIn,
} from "./layout";
import { inWords } from "./leftOut";
import { linksBeside, packLinked } from "./linked";
import { notWhole } from "./listed";
import { areTables, joined } from "./tableDumps";
import { completedDump } from "./wpress";

export interface LocalArgs {
  readonly kind: KindName;
  /** What is imported from; as the user named it. */
  readonly path: string;
  readonly archive: boolean;
  /** A dump that was named. */
  readonly database?: string;
  /** The table prefix that was named. */
  readonly prefix?: string;
  /** The folder in it that is meant, by its way from the top. Default: all of it. */
  readonly inside?: string;
  /** Where what is made of it goes. */
  readonly folder: string;
}

/** Finds in a folder or an archive what the site is filled from. Where that is usable as it lies there, it stays. */
export async function fetchLocal(args: LocalArgs): Promise<Fetched> {
  const { kind, path, database } = args;
  const left: string[] = [];
  const root = await rootOf(args, left);
  const fetched = takesWordPress(kind) ? await wordPress(args, root, left) : pages(args, root);
  const found = { type: "left-out", name: path, what: "entries", count: left.length } as const;
  if (left.length > 0)
    say(`${errorColors.yellow("warning:")} ${inWords({ ...found, first: left.slice(0, 10).map(plain) })}`);
  return { ...(database && { database }), ...fetched };
}

/** The folder that the site is looked for in. */
async function rootOf({ kind, path, archive, folder }: LocalArgs, left: string[]): Promise<string> {
  const target = join(folder, "unpacked");
  const root = archive ? await unpacked(kind, path, target, left) : realpathSync(path);
  if (!takesWordPress(kind)) return root;
  const work = async (): Promise<string> => {
    if (!archive) {
      // Somebody's folder stays as it is.
      const parts = innerArchives(root);
      if (parts.length === 0) return root;
      mkdirSync(target, { recursive: true });
      left.push(...(await unpackInner(parts, root, target)));
    }
    left.push(...(await unpackParts(target)), ...settled(target));
    return realpathSync(target);
  };
  return refusing(path, work());
}

function pages({ kind, path, inside }: LocalArgs, root: string): Fetched {
  const layout = pagesIn(meantIn(root, path, inside));
  checkKind(kind, layout, path);
  return { content: layout.content };
}

async function wordPress(
  { path, archive, database, prefix, inside, folder }: LocalArgs,
  root: string,
  left: string[],
): Promise<Fetched> {
  const packed = archive ? undefined : realpathSync(path);
  const found = wordPressIn(root, path, {
    meant: meantIn(root, path, inside),
    ...(packed !== root && { packed }),
  });
  if (!found) throw noWordPress(path);
  const { tree, top, dumps } = found;
  refuseNetwork(tree.config, path);
  const named = prefix ?? prefixIn(tree.config);
  const dump =
    database ?? (areTables(dumps) ? await joined(dumps, folder) : chooseDump(dumps, path, tree.config));
  const more = {
    database: completedDump(root, dump, folder) ?? dump,
    ...(named !== undefined && { prefix: named }),
    ...(Object.keys(tree.moved).length > 0 && { moved: tree.moved }),
  };
  const brought = new Set<string>();
  // What an archive held is this command's own by now; somebody's folder stays as it is.
  if (archive) left.push(...settleLinks(root, { folder: top }, brought));
  left.push(...besides(root, tree, [...brought]));
  const links = archive ? [] : linksBeside(top, tree.content, path);
  if (links.length === 0) return { content: top, ...more };
  const content = join(folder, "site.tar");
  await step(
    "Files",
    () => packLinked(top, links, content),
    () => bytes(statSync(content).size),
  );
  return { content, ...more };
}

/** Unpacks an archive, once it is known that there is room for what it holds. */
async function unpacked(kind: KindName, archive: string, target: string, left: string[]): Promise<string> {
  const size = await sizeOf(archive);
  mkdirSync(target, { recursive: true });
  checkRoom(target, size, `What ${archive} holds`);
  const of = bytes(statSync(archive).size);
  const { problem, leftOut } = await step("Unpack", async (s) => {
    const read = createReadStream(archive);
    const timer = setInterval(() => s.detail(`${bytes(read.bytesRead)} of ${of}`), 500);
    return refusing(archive, extract(read, target)).finally(() => clearInterval(timer));
  });
  if (problem !== undefined) throw new UserError(`${archive}: ${notWhole(problem)}`);
  left.push(...leftOut, ...(takesWordPress(kind) ? decodeNames(target) : []), ...settled(target));
  return realpathSync(target);
}

/** Leaves but files, folders and links that lead to such: what a stranger's link leads to here is none of the site's. */
function settled(tree: string): string[] {
  const removed = clean(tree);
  makeRelative(tree);
  return [...removed, ...settleLinks(tree, { folder: tree })];
}

/** With the words for why it can't be taken. */
async function refusing<Result>(path: string, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Failure) throw new UserError(`${path}: ${error.message}`);
    throw error;
  }
}
