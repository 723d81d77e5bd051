import { readdirSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { Failure } from "../../agent/failure";
import {
  findWordPress,
  holdsWordPress,
  isFolder,
  isIn,
  realPath,
  type WordPressTree,
} from "../../agent/layout";
import { BACKUPBUDDY, isDump } from "../../agent/rootFiles";
import { definedAs, pathIn } from "../../agent/wordpressConfig";
import { UserError } from "../../base/errors";
import { kindOf, type KindName } from "../../stacks/kinds";

/** A WordPress in a folder that a site is taken from. */
export interface FoundWordPress {
  readonly tree: WordPressTree;
  /** Its document root, or no more than its wp-content. */
  readonly top: string;
  /** SQL dumps in or beside it. */
  readonly dumps: readonly string[];
}

/** Folders that panels and services put their dumps into, and those that have a folder for each. */
const DUMP_FOLDERS = ["mysql", "databases", "backup", "sql", "db", "mwp_db"];
const DUMP_PER_FOLDER = new Set(["databases", "db", basename(BACKUPBUDDY)]);

/**
 * Looks for a WordPress, wherever it lies in `meant`, and for its dumps as far up as `folder`; `packed` is what that was
 * unpacked from, if from a folder.
 */
export function wordPressIn(
  folder: string,
  from: string,
  { meant = folder, packed }: { readonly meant?: string; readonly packed?: string } = {},
): FoundWordPress | undefined {
  const tree = read(meant, from);
  if (!tree) return undefined;
  const top = tree.root ?? tree.content;
  const own = [join(tree.content, BACKUPBUDDY), join(top, "dup-installer")];
  const places = new Set([dirname(tree.content), tree.content, ...own]);
  for (let at = top; isIn(folder, at); at = dirname(at))
    for (const name of ["", ...DUMP_FOLDERS]) places.add(join(at, name));
  const inside = [...places].filter((place) => isIn(folder, place));
  const beside = packed === undefined ? [] : inside.map((place) => join(packed, relative(folder, place)));
  return { tree, top, dumps: [...inside, ...beside].sort().flatMap(dumpsBelow) };
}

/** The folder in what is imported that `--inside` names; all of it where that names none. */
export function meantIn(root: string, from: string, inside = ""): string {
  const folder = realPath(join(root, inside));
  if (folder !== undefined && isFolder(folder) && isIn(root, folder)) return folder;
  throw new UserError(
    `--inside ${inside}: ${from} holds no such folder`,
    "Name it by its way from the top, such as homedir/public_html/shop.",
  );
}

function read(folder: string, from: string): WordPressTree | undefined {
  try {
    return findWordPress(folder);
  } catch (error) {
    if (error instanceof Failure) throw new UserError(`${from}: ${error.message}`);
    throw error;
  }
}

/** The folder of pages, or of code, without one around everything, as archives have it; and whether it is a WordPress's. */
export function pagesIn(folder: string): { content: string; wordpress: boolean } {
  return { content: singleInner(folder), wordpress: holdsWordPress(folder) };
}

/** Refuses what the kind of site can't be made from. */
export function checkKind(
  kind: KindName,
  { wordpress }: { readonly wordpress: boolean },
  from: string,
): void {
  const wanted = takesWordPress(kind);
  if (wordpress && !wanted)
    throw new UserError(
      `${from}: is a WordPress, and the site's kind is ${kind}; its wp-config.php is not for everyone to read.`,
      "Make it a site of the kind wordpress.",
    );
  if (wanted && !wordpress) throw noWordPress(from);
}

export function noWordPress(from: string): UserError {
  return new UserError(
    `${from}: is no WordPress (no wp-content with plugins or themes in it)`,
    "Give the folder that wp-config.php or wp-content is in.",
  );
}

/** Whether it is a WordPress that a site of the kind comes from. */
export function takesWordPress(kind: KindName): boolean {
  return kindOf(kind).accepts?.content === "wordpress";
}

/** The one dump that is meant: the only one, or the one that has the name of the configured database. */
export function chooseDump(dumps: readonly string[], from: string, config = ""): string {
  const name =
    pathIn(config, "DB_NAME") ?? /^[ \t]*DB_NAME[ \t]*=[ \t]*(['"]?)([\w-]+)\1[ \t\r]*$/m.exec(config)?.[2];
  const named = dumps.filter((file) => databaseOf(file) === name);
  const [only] = named.length === 1 ? named : dumps;
  if (only !== undefined && (named.length === 1 || dumps.length === 1)) return only;
  throw new UserError(
    only === undefined
      ? `${from}: holds no dump of the database (.sql or .sql.gz)`
      : `${from}: holds more than one dump of a database (${dumps.join(", ")})`,
    "Say which with --database; `mysqldump --single-transaction NAME > site.sql` makes one.",
  );
}

/** The database that a dump is of, by its name: Plesk names but its folder by that, HestiaCP says what server it is of. */
function databaseOf(dump: string): string {
  return /^backup_sqldump_\d+$/.test(basename(dump))
    ? basename(dirname(dump)).replace(/_\d+$/, "")
    : basename(dump).replace(/(?:\.mysql)?\.sql(?:\.\w+)?$/i, "");
}

/** What is wrong with a configuration that says that it is of many sites; undefined for that of one. */
export function networkProblem(config: string): string | undefined {
  const isNetwork = /^(?:true|1)\b/i.test(definedAs(config, "MULTISITE") ?? "");
  return isNetwork ? "is a network of sites (MULTISITE), which can't be imported" : undefined;
}

/** Refuses a network of sites, which shares one database and one wp-content among many. */
export function refuseNetwork(config: string, from: string): void {
  const problem = networkProblem(config);
  if (problem !== undefined) throw new UserError(`${from}: ${problem}.`);
}

/** The table prefix that a wp-config.php, or what it reads, names as a plain string. */
export function prefixIn(config: string): string | undefined {
  const [, , named] = /^[ \t]*\$table_prefix\s{0,99}=\s{0,99}(['"])(\w+)\1/m.exec(config) ?? [];
  return named ?? /^[ \t]*DB_PREFIX[ \t]*=[ \t]*(['"]?)(\w+)\1[ \t\r]*$/m.exec(config)?.[2];
}

function singleInner(folder: string): string {
  const names = readdirSync(folder).filter((name) => name !== "__MACOSX" && !name.startsWith("._"));
  const inner = join(folder, names[0] ?? "");
  return names.length === 1 && isFolder(inner) ? singleInner(inner) : folder;
}

function dumpsBelow(folder: string): string[] {
  if (!isFolder(folder)) return [];
  const inner = DUMP_PER_FOLDER.has(basename(folder))
    ? readdirSync(folder)
        .map((name) => join(folder, name))
        .filter(isFolder)
    : [];
  return [folder, ...inner].flatMap(dumpsIn);
}

function dumpsIn(folder: string): string[] {
  return (
    readdirSync(folder)
      // A Mac's own attributes of a file are no dump.
      .filter((name) => isDump(name) && !name.startsWith("._"))
      .map((name) => join(folder, name))
  );
}
