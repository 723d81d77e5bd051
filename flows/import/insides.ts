import { existsSync, readdirSync, realpathSync } from "node:fs";
import { join, relative } from "node:path";
import type { Foreign } from "../../agent/dropIns";
import { Failure } from "../../agent/failure";
import { findWordPress, isFolder, type WordPressTree } from "../../agent/layout";
import { textOfName } from "../../agent/names";
import type { Moved } from "../../agent/places";
import { foreignIn } from "../../agent/setAside";
import { type ContentNames, namesBelow, pluginsAmong, themesAmong } from "./contentNames";
import type { Found } from "./htaccess/denied";
import { htaccessFiles } from "./htaccess/files";
import { networkProblem } from "./layout";
import { listingOf, versionOf } from "./listed";
import { withOutline } from "./outline";

/** What is known of the WordPress in a folder or an archive before any of it is taken. */
export interface Insides {
  /** Whether there is one that can be looked into as it lies there. */
  readonly found: boolean;
  /** Why it can't be taken, or is not known which one is meant. */
  readonly problem?: string;
  /** What in it needs what is not here. */
  readonly foreign: readonly Foreign[];
  readonly htaccess: readonly Found[];
  /** Undefined where it has no themes. */
  readonly names?: ContentNames;
}

const NOTHING: Insides = { found: false, foreign: [], htaccess: [] };

const known = new Map<string, Promise<Insides>>();

/** Looks into a folder or an archive that a WordPress comes from; into an archive once for as long as it stays as it is. */
export async function insidesOf(source: string, moved: Moved = {}): Promise<Insides> {
  if (!existsSync(source)) return NOTHING;
  if (isFolder(source)) return lookedInto(source, moved, namesIn);
  const key = versionOf(source) + JSON.stringify(moved);
  const found = known.get(key) ?? inArchive(source, moved);
  known.set(key, found);
  return found;
}

async function inArchive(archive: string, moved: Moved): Promise<Insides> {
  const listing = await listingOf(archive);
  if (typeof listing === "string") return NOTHING;
  const ways = listing.entries.map(({ way, type }) => (type === "folder" ? `${way}/` : way));
  try {
    return await withOutline(archive, listing, (folder) =>
      lookedInto(folder, moved, (tree) => namesBelow(placesIn(folder, tree), ways)),
    );
  } catch (error) {
    if (error instanceof Failure) return { ...NOTHING, problem: error.message };
    throw error;
  }
}

function lookedInto(
  folder: string,
  moved: Moved,
  namesOf: (tree: WordPressTree) => ContentNames | undefined,
): Insides {
  try {
    const tree = findWordPress(folder, moved);
    if (!tree) return NOTHING;
    const problem = networkProblem(tree.config);
    if (problem !== undefined) return { ...NOTHING, problem };
    return {
      found: true,
      foreign: foreignIn(tree.content),
      htaccess: htaccessFiles(tree),
      names: namesOf(tree),
    };
  } catch (error) {
    if (error instanceof Failure) return { ...NOTHING, problem: error.message };
    throw error;
  }
}

/** Folders below an archive's top, and what they are below wp-content. */
function placesIn(folder: string, { root, content, moved }: WordPressTree): [at: string, place: string][] {
  const top = realpathSync(folder);
  const elsewhere = Object.entries(root === undefined ? {} : moved).filter(
    ([, place]) => place !== "wp-content",
  );
  return [
    [relative(top, realpathSync(content)), ""],
    ...elsewhere.map(([at, place]): [string, string] => [
      relative(top, join(realpathSync(root ?? top), at)),
      relative("wp-content", place),
    ]),
  ];
}

function namesIn({ content, root, moved }: WordPressTree): ContentNames | undefined {
  if (!existsSync(join(content, "themes"))) return undefined;
  const elsewhere = Object.entries(root === undefined ? {} : moved);
  return {
    plugins: pluginsAmong(filesIn(join(content, "plugins"))),
    themes: themesAmong(filesIn(join(content, "themes"))),
    has: (file) =>
      existsSync(join(content, file)) ||
      elsewhere.some(
        ([at, place]) =>
          `wp-content/${file}`.startsWith(`${place}/`) &&
          existsSync(join(root ?? "", at, relative(place, `wp-content/${file}`))),
      ),
  };
}

function filesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder, { encoding: "buffer" }).map(textOfName) : [];
}
