import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { UserError } from "../../base/errors";
import { kindOf, type KindName } from "../../stacks/kinds";

/** What lies in a folder that a site is taken from. */
export interface Layout {
  /** wp-content of a WordPress; of any other site the folder with its pages. */
  readonly content: string;
  readonly wordpress: boolean;
  /** SQL dumps in or beside it. */
  readonly dumps: readonly string[];
}

const DUMP = /\.sql(\.gz)?$/i;

/** Looks for a WordPress, or else for pages, down to where the first of either lies. */
export function layoutOf(folder: string): Layout {
  const root = findRoot(folder);
  if (root === undefined) return { content: singleInner(folder), wordpress: false, dumps: [] };
  const content = isContent(root) ? root : join(root, "wp-content");
  const places = new Set([folder, dirname(content), content].filter((place) => place.startsWith(folder)));
  return { content, wordpress: true, dumps: [...places].flatMap(dumpsIn) };
}

/** Refuses what the kind of site can't be made from. */
export function checkKind(kind: KindName, { wordpress }: Pick<Layout, "wordpress">, from: string): void {
  const wanted = takesWordPress(kind);
  if (wordpress && !wanted)
    throw new UserError(
      `${from}: is a WordPress, and the site's kind is ${kind}; its wp-config.php is not for everyone to read.`,
      "Make it a site of the kind wordpress.",
    );
  if (wanted && !wordpress)
    throw new UserError(
      `${from}: is no WordPress (no wp-content with plugins or themes in it)`,
      "Give the folder that wp-config.php or wp-content is in.",
    );
}

/** Whether it is a WordPress that a site of the kind comes from. */
export function takesWordPress(kind: KindName): boolean {
  return kindOf(kind).accepts?.content === "wordpress";
}

/** The one dump that is meant. */
export function chooseDump(dumps: readonly string[], from: string): string {
  const [only] = dumps;
  if (only !== undefined && dumps.length === 1) return only;
  throw new UserError(
    only === undefined
      ? `${from}: holds no dump of the database (.sql or .sql.gz)`
      : `${from}: holds more than one dump of a database (${dumps.join(", ")})`,
    "Say which with --database; `mysqldump --single-transaction NAME > site.sql` makes one.",
  );
}

/** Refuses a network of sites, which shares one database and one wp-content among many. */
export function refuseNetwork(config: string, from: string): void {
  if (/^\s*define\s*\(\s*['"]MULTISITE['"]\s*,\s*true/im.test(config))
    throw new UserError(`${from}: is a network of sites (MULTISITE), which can't be imported.`);
}

/** The table prefix that a wp-config.php names as a plain string. */
export function prefixIn(config: string): string | undefined {
  return /^\s*\$table_prefix\s*=\s*(['"])(\w+)\1/m.exec(config)?.[2];
}

/** wp-config.php of a WordPress whose wp-content that is; WordPress itself looks one folder up, too. */
export function configBeside(content: string): string | undefined {
  const root = dirname(content);
  const found = [root, dirname(root)].map((folder) => join(folder, "wp-config.php")).find(existsSync);
  return found && readFileSync(found, "utf8");
}

function findRoot(folder: string, depth = 3): string | undefined {
  if (isContent(folder) || isContent(join(folder, "wp-content"))) return folder;
  if (depth === 0) return undefined;
  // A link out of the folder, or back into it, is not followed.
  const inner = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of inner) {
    const found = findRoot(join(folder, name), depth - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isContent(folder: string): boolean {
  return isFolder(join(folder, "plugins")) && isFolder(join(folder, "themes"));
}

function isFolder(file: string): boolean {
  return existsSync(file) && statSync(file).isDirectory();
}

/** An archive often holds one folder with everything in it. */
function singleInner(folder: string): string {
  const names = readdirSync(folder);
  const inner = join(folder, names[0] ?? "");
  return names.length === 1 && isFolder(inner) ? singleInner(inner) : folder;
}

function dumpsIn(folder: string): string[] {
  return (
    readdirSync(folder)
      // A Mac's own attributes of a file are no dump.
      .filter((name) => DUMP.test(name) && !name.startsWith("._"))
      .map((name) => join(folder, name))
  );
}
