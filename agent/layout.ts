import * as fs from "node:fs";
import * as path from "node:path";
import { Failure, plain } from "./failure";
import { type Moved, PLACES, PLAIN_PATH, type Place } from "./places";
import { configText, pathIn, textOf } from "./wordpressConfig";

/** Where a WordPress lies in a tree of files; paths are absolute. */
export interface WordPressTree {
  /** What visitors saw as /; undefined where there is no more than a wp-content. */
  readonly root?: string;
  readonly content: string;
  /** Its core's folder, where that is none of the root's own. */
  readonly core?: string;
  readonly moved: Moved;
  /** The texts that configure it. */
  readonly config: string;
}

/** Folders below each other that are looked through, and how many in all. */
const DEEPEST = 8;
const MOST = 50_000;
/** WordPresses of which one may still be told to be the one that is meant. */
const MOST_FOUND = 500;
const SAY_WHICH =
  "say which is meant: `varvol import` with --inside FOLDER, or unpack it and name the folder";
/** Folders of a wp-content. */
const INNER = ["plugins", "themes", "uploads", "mu-plugins"];
/** What holds no WordPress that anybody means. */
const PASSED_BY = /^(?:\.|__MACOSX$|wp-admin$|wp-includes$|node_modules$|vendor$)/;

/** The WordPress in a tree, wherever it lies in it; undefined where there is none. Throws where it may be one of several. */
export function findWordPress(tree: string, given: Moved = {}): WordPressTree | undefined {
  const [named] = Object.keys(given).filter((place) => given[place] === "wp-content");
  const contents = contentsIn(tree);
  if (contents.length > MOST_FOUND) throw new Failure(`holds ${contents.length} WordPresses; ${SAY_WHICH}`);
  const linked = contents.filter((content) => fs.lstatSync(content).isSymbolicLink()).map(realPath);
  const found = contents
    .filter((content) => realPath(content) !== content || !linked.includes(content))
    .map((content) => describe(tree, content));
  const meant = found.filter(({ root, content }) => root && content === path.join(root, named ?? ""));
  const one = only(tree, meant.length > 0 ? meant : found.filter((each) => !isPassedOver(each, found)));
  if (one) return { ...one, moved: { ...one.moved, ...given } };
  const isContentItself = INNER.some((name) => isFolder(path.join(tree, name)));
  return isContentItself ? { content: tree, moved: given, config: "" } : undefined;
}

/** Core brings a wp-content of its own, which is not the one that a configuration names. */
function isPassedOver({ content }: WordPressTree, found: readonly WordPressTree[]): boolean {
  return found.some(
    (other) => isConfigured(other) && other.content !== content && isIn(other.root ?? "/", content),
  );
}

/** Of several the one that the others lie in, or that a link named `current` leads to. */
function only(tree: string, found: readonly WordPressTree[]): WordPressTree | undefined {
  const [first] = found;
  if (!first || found.length === 1) return first;
  const current = realPath(path.join(tree, "current"));
  const linked = current === undefined ? [] : found.filter(({ content }) => isIn(current, realPath(content)));
  const [one = first] = linked;
  const whole = one.root ?? one.content;
  if (linked.length === 1 || found.every(({ content }) => isIn(whole, content))) return one;
  const names = found
    .slice(0, 10)
    .map((each) => plain(path.relative(tree, each.root ?? each.content) || "."));
  throw new Failure(
    `holds ${found.length} WordPresses (${names.join(", ")}${found.length > 10 ? ", …" : ""}); ${SAY_WHICH}`,
  );
}

/** Folders that may be a wp-content, those that lie less deep first. */
function contentsIn(tree: string): string[] {
  const found: string[] = [];
  let level = [tree];
  let seen = 0;
  for (let depth = 0; depth <= DEEPEST && level.length > 0 && seen < MOST; depth++) {
    const inner: string[] = [];
    for (const folder of level) {
      seen++;
      if (isContent(folder)) found.push(folder);
      else inner.push(...foldersIn(folder));
    }
    level = inner.slice(0, MOST);
  }
  return found;
}

function foldersIn(folder: string): string[] {
  return entries(folder)
    .filter((entry) => !PASSED_BY.test(entry.name))
    .filter((entry) => entry.isDirectory() || (entry.isSymbolicLink() && entry.name === "wp-content"))
    .map(({ name }) => path.join(folder, name))
    .sort();
}

/** By its name and one of its folders; by another name also by what is in these: others have folders of such names, too. */
function isContent(folder: string): boolean {
  const has = (name: string): boolean => isFolder(path.join(folder, name));
  if (path.basename(folder) === "wp-content") return INNER.some(has);
  return (
    has("plugins") &&
    has("themes") &&
    (hasThemeOf(folder, "style.css") || hasPlugin(folder) || has("uploads"))
  );
}

function hasThemeOf(content: string, file: string): boolean {
  const themes = path.join(content, "themes");
  return entries(themes).some(({ name }) => fs.existsSync(path.join(themes, name, file)));
}

function hasPlugin(content: string): boolean {
  const plugins = path.join(content, "plugins");
  return entries(plugins).some(
    ({ name }) =>
      name.endsWith(".php") || entries(path.join(plugins, name)).some((file) => file.name.endsWith(".php")),
  );
}

function describe(tree: string, content: string): WordPressTree {
  const root = rootOf(tree, content);
  if (root === undefined) return { content, moved: {}, config: configText(content, content) };
  const core = [root, ...entries(root).map(({ name }) => path.join(root, name))].find(isCore) ?? root;
  const config = configText(root, core);
  const moved: [string, Place][] = [];
  const found = (folder: string, place: Place): void => {
    const at = path.relative(root, folder);
    if (at !== place && PLAIN_PATH.test(at)) moved.push([at, place]);
  };
  found(content, "wp-content");
  const address = pathIn(config, "WP_CONTENT_URL");
  if (address !== undefined && !fs.existsSync(path.join(root, address)))
    found(path.join(root, address), "wp-content");
  // A shorter way to it, or another name.
  for (const { name } of entries(root).filter((entry) => entry.isSymbolicLink())) {
    const target = realPath(path.join(root, name));
    const place = PLACES.find(
      (one) => target === realPath(path.join(content, path.relative("wp-content", one))),
    );
    if (place !== undefined && name !== "wp-content") found(path.join(root, name), place);
  }
  for (const [name, place, from] of [
    ["UPLOADS", "wp-content/uploads", core],
    ["WP_PLUGIN_DIR", "wp-content/plugins", content],
    ["WPMU_PLUGIN_DIR", "wp-content/mu-plugins", content],
  ] as const) {
    const at = pathIn(config, name);
    const usual = path.join(content, path.basename(place));
    const folder = [from, root, content].map((base) => path.join(base, at ?? "")).find(isFolder);
    if (at !== undefined && folder !== undefined && folder !== usual && isIn(root, folder))
      found(folder, place);
  }
  return { root, content, ...(core !== root && { core }), moved: Object.fromEntries(moved), config };
}

/** Whether what configures a WordPress says that its content lies there. */
function isConfigured({ content, config }: WordPressTree): boolean {
  const at = pathIn(config, "WP_CONTENT_DIR");
  return at !== undefined && path.basename(at) === path.basename(content);
}

/** The document root of the site whose content that is; undefined where the tree is no more than that. */
function rootOf(tree: string, content: string): string | undefined {
  if (content === tree) return undefined;
  const beside = path.dirname(content);
  const above = path.dirname(beside);
  // Core has a folder of its own where a front page above it loads it.
  if (isCore(beside)) return isIn(tree, above) && loadsWordPress(above) ? above : beside;
  if (path.basename(content) === "wp-content") return beside;
  for (let root = beside; isIn(tree, root); root = path.dirname(root))
    if (loadsWordPress(root) || fs.existsSync(path.join(root, "wp-config.php"))) return root;
  return beside;
}

export function isCore(folder: string): boolean {
  return isFolder(path.join(folder, "wp-includes")) && isFolder(path.join(folder, "wp-admin"));
}

function loadsWordPress(folder: string): boolean {
  return textOf(path.join(folder, "index.php")).includes("wp-blog-header.php");
}

export function isFolder(file: string): boolean {
  try {
    return fs.statSync(file).isDirectory();
  } catch {
    return false;
  }
}

export function isIn(folder: string, file: string | undefined): boolean {
  return file === folder || (file?.startsWith(`${folder === "/" ? "" : folder}/`) ?? false);
}

/** Whether there is the source of a WordPress in a tree, which is not for everyone to read: its pages alone are no such. */
export function holdsWordPress(tree: string): boolean {
  let level = [tree];
  for (let depth = 0; depth <= DEEPEST && level.length > 0; depth++) {
    const inner: string[] = [];
    for (const folder of level) {
      const has = (...names: string[]): boolean => fs.existsSync(path.join(folder, ...names));
      if (has("wp-config.php") || has("wp-includes", "version.php")) return true;
      if (isContent(folder) && (hasPlugin(folder) || hasThemeOf(folder, "functions.php"))) return true;
      inner.push(...foldersIn(folder));
    }
    level = inner.slice(0, MOST);
  }
  return false;
}

/** A path without links; undefined where there is nothing. */
export function realPath(file: string): string | undefined {
  try {
    return fs.realpathSync(file);
  } catch {
    return undefined;
  }
}

function entries(folder: string): fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
