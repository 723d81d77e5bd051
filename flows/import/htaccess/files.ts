import { existsSync, lstatSync, readFileSync, realpathSync } from "node:fs";
import { basename, dirname, join, posix } from "node:path";
import type { WordPressTree } from "../../../agent/layout";
import { textOfName } from "../../../agent/names";
import { bytes, entries, raw } from "../../../agent/tree";
import type { Found } from "./denied";

const NAME = ".htaccess";
const CONTENT = "wp-content";

/** The .htaccess files of a WordPress, in its content and beside that, by where they lie here. */
export function htaccessFiles({
  content,
  root,
  moved,
}: Pick<WordPressTree, "content" | "root" | "moved">): Found[] {
  if (root === undefined) return [...beside(content), ...inFolder(realpathSync(content), CONTENT, [])];
  // What has another place here is for nobody at its new address.
  const places = [
    [realpathSync(content), CONTENT] as const,
    ...Object.entries(moved)
      .filter(([at, place]) => place !== CONTENT && isFolderItself(join(root, at)))
      .map(([at, place]) => [realpathSync(join(root, at)), place] as const),
  ];
  const apart = places.map(([folder]) => folder);
  const cores = ["wp-admin", "wp-includes"];
  return [
    ...inFolder(realpathSync(root), "", apart, (name) => !cores.includes(name)),
    ...places.flatMap(([folder, as]) => inFolder(folder, as, apart)),
  ];
}

/** All .htaccess files in a folder, by where they lie in it. */
export function htaccessBelow(folder: string): Found[] {
  return inFolder(realpathSync(folder), "", []);
}

/** A wp-content that was named by itself has the document root's own beside it. */
function beside(content: string): Found[] {
  const file = join(dirname(content), NAME);
  return basename(content) === CONTENT && existsSync(file) ? [textAt(file, NAME)] : [];
}

function inFolder(
  folder: string,
  as: string,
  apart: readonly string[],
  isWanted: (name: string) => boolean = () => true,
): Found[] {
  return existsSync(folder) ? below(raw(folder), as, apart.map(raw), isWanted) : [];
}

/** The same of paths that have a character for each byte: they may be no UTF-8 before they are imported. */
function below(
  folder: string,
  as: string,
  apart: readonly string[],
  isWanted: (name: string) => boolean,
): Found[] {
  return entries(folder).flatMap(({ name, sort }) => {
    const file = join(folder, name);
    if (sort === "folder")
      return apart.includes(file) || !isWanted(name)
        ? []
        : below(file, posix.join(as, textOfName(bytes(name))), apart, isWanted);
    return name === NAME && sort === "file" ? [textAt(bytes(file), posix.join(as, NAME))] : [];
  });
}

function isFolderItself(folder: string): boolean {
  return lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function textAt(file: string | Buffer, as: string): Found {
  return { file: as, text: readFileSync(file, "utf8") };
}
