import * as fs from "node:fs";
import * as path from "node:path";
import { Failure } from "./failure";
import { findWordPress, isIn, type WordPressTree } from "./layout";
import { below } from "./links";
import { merge } from "./merge";
import { ADDRESSES, CONTENT_FOLDER, type Moved, ROOT_FOLDER } from "./places";
import { settleLinks } from "./prune";
import { BACKUPBUDDY, isDump, PHP, takeRootFiles } from "./rootFiles";
import { bytes, entries, raw, shown } from "./tree";
import { addressesIn } from "./wordpressConfig";

/**
 * Makes of a tree, in which a WordPress lies anywhere and all names are UTF-8, the folders of such a site's volume and nothing
 * else. Gives what was left out.
 */
export function arrangeWordPress(unpacked: string, given: Moved): string[] {
  const tree = fs.realpathSync(unpacked);
  const found = findWordPress(tree, given);
  if (!found)
    throw new Failure(
      "holds no WordPress (no wp-content with plugins or themes in it); name the archive or folder that has it",
    );
  const brought = new Set<string>();
  const content = fs.realpathSync(found.content);
  const elsewhere = Object.entries(found.moved)
    .filter(([at, place]) => place !== "wp-content" && found.root && fs.existsSync(path.join(found.root, at)))
    .map(([at, place]) => ({ place, folder: fs.realpathSync(path.join(found.root ?? "", at)) }))
    .filter(({ place, folder }) => folder !== path.join(content, path.relative("wp-content", place)));
  const apart = [content, ...elsewhere.map(({ folder }) => folder), ...(found.core ? [found.core] : [])];
  const left = apart.flatMap((folder) =>
    folder === found.core
      ? []
      : settleLinks(tree, { folder, without: apart.filter((one) => !isIn(one, folder)) }, brought),
  );
  // By these names they lie in the root, where they may be links.
  const addresses =
    found.root === undefined
      ? []
      : [found.content, ...Object.keys(found.moved).map((at) => path.join(found.root ?? "", at))];
  if (found.root)
    left.push(...settleLinks(tree, { folder: found.root, without: [...apart, ...addresses] }, brought));
  left.push(...besides(tree, found, [...brought, ...apart]));

  const made = fs.mkdtempSync(path.join(tree, ".varvol-"));
  // What lies in wp-content itself is taken out of it before that moves.
  for (const { place, folder } of elsewhere) {
    const to = path.join(content, path.relative("wp-content", place));
    left.push(...merge(folder, to, place));
  }
  if (content === tree) moveAll(tree, made);
  else fs.renameSync(content, path.join(made, CONTENT_FOLDER));
  left.push(...takeRootFiles(found.root, [made, ...apart, ...addresses], path.join(made, ROOT_FOLDER)));
  left.push(...leaveDumps(path.join(made, CONTENT_FOLDER)));
  noteAddresses(path.join(made, CONTENT_FOLDER, ADDRESSES), addressesIn(found.config));
  for (const name of fs.readdirSync(tree))
    if (name !== path.basename(made)) fs.rmSync(path.join(tree, name), { recursive: true, force: true });
  lift(tree, path.basename(made));
  return [...left, ...unserved(found.moved, given)];
}

/** What lies beside the document root and the folders that hold it, but for what is taken from there. */
export function besides(tree: string, { root, content }: WordPressTree, taken: readonly string[]): string[] {
  const left: string[] = [];
  for (let at = root ?? content; isIn(tree, at) && at !== tree; at = path.dirname(at)) {
    const folder = path.dirname(at);
    for (const name of fs.readdirSync(folder)) {
      const file = path.join(folder, name);
      if (file === at || isDump(name) || name === "wp-config.php" || taken.some((one) => isIn(file, one)))
        continue;
      left.push(`${path.relative(tree, file)}: beside the site's folder`);
    }
  }
  return left;
}

/** A dump in wp-content was never meant for its visitors. */
function leaveDumps(content: string): string[] {
  const folders = fs.existsSync(path.join(content, BACKUPBUDDY)) ? [BACKUPBUDDY] : [];
  return [...fs.readdirSync(content).filter(isDump), ...folders].map((name) => {
    fs.rmSync(path.join(content, name), { recursive: true });
    return `wp-content/${name}: a dump of a database`;
  });
}

/** A configuration goes before the database, and is not taken along. */
function noteAddresses(file: string, addresses: readonly string[]): void {
  fs.rmSync(file, { recursive: true, force: true });
  if (addresses.length > 0)
    fs.writeFileSync(file, addresses.map((one) => `${one}\n`).join(""), { mode: 0o644 });
}

/** Addresses that nobody answers unless the stack file says so. */
function unserved(moved: Moved, given: Moved): string[] {
  return Object.entries(moved)
    .filter(([at]) => !(at in given))
    .map(([at, place]) => `/${at}/: its address; say moved: { ${at}: ${place} } in the stack file`);
}

/**
 * Makes of a tree of pages those of a static site: what lies in a single folder comes out of it, and PHP, which nothing runs
 * there, is left out. Gives what that was.
 */
export function arrangePages(tree: string): string[] {
  for (let only = single(tree); only !== undefined; only = single(tree)) lift(tree, only);
  const left = settleLinks(tree, { folder: tree });
  const scripts = [...below(tree)]
    .filter(({ file, sort }) => sort !== "folder" && PHP.test(file))
    .map(({ file }) => file);
  for (const file of scripts) fs.rmSync(bytes(file));
  return [
    ...left,
    ...scripts.map(
      (file) =>
        `${shown(path.relative(raw(tree), file))}: PHP, which a site of the kind php runs, and a static one does not`,
    ),
  ];
}

/** The folder that is all there is in a tree, with a character for each byte of its name. */
function single(tree: string): string | undefined {
  const [only, ...more] = entries(raw(tree));
  return only?.sort === "folder" && more.length === 0 && !only.name.startsWith(".") ? only.name : undefined;
}

function lift(tree: string, inner: string): void {
  // Beside all that the archive may have called something.
  const moved = fs.mkdtempSync(path.join(tree, ".varvol-"));
  fs.renameSync(bytes(`${raw(tree)}/${inner}`), path.join(moved, "inner"));
  for (const { name } of entries(raw(`${moved}/inner`)))
    fs.renameSync(bytes(`${raw(moved)}/inner/${name}`), bytes(`${raw(tree)}/${name}`));
  fs.rmSync(moved, { recursive: true });
}

/** Moves all in a tree but the folder of what is made there, to what is its content. */
function moveAll(tree: string, made: string): void {
  const to = path.join(made, CONTENT_FOLDER);
  fs.mkdirSync(to, { mode: 0o755 });
  for (const name of fs.readdirSync(tree))
    if (name !== path.basename(made)) fs.renameSync(path.join(tree, name), path.join(to, name));
}
