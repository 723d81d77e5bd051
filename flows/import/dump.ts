import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { dumpText } from "../../agent/dumpText";
import { PLAIN_PATH } from "../../agent/places";
import type { ImageLock } from "../../components/imageLock";

/** A WordPress in a dump of a database. */
export interface DumpedWordPress {
  readonly prefix: string;
  readonly address?: string;
  /** Version of its database. */
  readonly version?: number;
  /** Where its uploads lie below the document root, as its options say; undefined where that is the usual place. */
  readonly uploads?: string;
  /** How many further sites of a network have tables of their own beside it; undefined where it is none. */
  readonly others?: number;
}

/** Versions of WordPress, and those of their databases where these change. */
const DATABASES: readonly (readonly [version: string, database: number])[] = [
  ["5.9", 51917],
  ["6.0", 53496],
  ["6.3", 55853],
  ["6.4", 56657],
  ["6.5", 57155],
  ["6.7", 58975],
  ["6.8", 60421],
];

/** The WordPresses that a dump holds, in the order of their prefixes. */
export async function wordPressesIn(dump: string): Promise<DumpedWordPress[]> {
  const child = spawn("sh", [join(__dirname, "dump.sh")], { stdio: ["pipe", "pipe", "ignore"] });
  // What can't be read of it is said where the dump is checked.
  const source = dumpText(dump).on("error", () => child.stdin.end());
  child.stdin.on("error", () => source.destroy());
  source.pipe(child.stdin);
  return parseDump(await text(child.stdout));
}

/** The same, of what dump.sh says. */
export function parseDump(said: string): DumpedWordPress[] {
  const tables = new Set<string>();
  const options = new Map<string, string>();
  for (const line of said.split("\n")) {
    const [, what, table = "", name = "", value = ""] =
      /^(table|option) (\S+)(?: (\S+) (.*))?$/.exec(line) ?? [];
    if (what === "table") tables.add(table);
    const key = `${table} ${name}`;
    if (what === "option" && !options.has(key)) options.set(key, value);
  }
  return [...tables]
    .map((table) => /^(\w*)options$/.exec(table)?.[1])
    .filter((prefix): prefix is string => prefix !== undefined)
    .filter((prefix) => ["posts", "users"].every((name) => tables.has(prefix + name)))
    .sort()
    .map((prefix) => {
      const address = options.get(`${prefix}options siteurl`);
      const version = Number(options.get(`${prefix}options db_version`));
      const uploads = options.get(`${prefix}options upload_path`) ?? "";
      const others = [...tables].filter((table) => isOther(table, prefix)).length;
      return {
        ...{ prefix, ...(address && { address }), ...(version > 0 && { version }) },
        ...(others > 0 && { others }),
        ...(PLAIN_PATH.test(uploads) && uploads !== "wp-content/uploads" && { uploads }),
      };
    });
}

/** Whether it is the table of options of another site in a network, which has a number before it. */
function isOther(table: string, prefix: string): boolean {
  return table.startsWith(prefix) && /^\d+_options$/.test(table.slice(prefix.length));
}

/** The one that has the prefix, whose letters a server may have made small ones; or the only one. */
export function chosen(
  found: readonly DumpedWordPress[],
  prefix: string | undefined,
): DumpedWordPress | undefined {
  if (prefix === undefined) return found.length === 1 ? found[0] : undefined;
  return (
    found.find((one) => one.prefix === prefix) ??
    found.find((one) => one.prefix.toLowerCase() === prefix.toLowerCase())
  );
}

/** Why a site can't be made of what is in a dump; nothing where it can, or nothing is known. */
export function siteProblem(
  found: readonly DumpedWordPress[],
  prefix: string | undefined,
  core: string | undefined,
): string | undefined {
  const one = chosen(found, prefix);
  const list = found.map((other) => `${other.prefix} (${other.address ?? "no address"})`).join(", ");
  if (!one && found.length > 0)
    return prefix === undefined
      ? `holds ${found.length} WordPresses: ${list}; say which with prefix: in the stack file, or --prefix of an import`
      : `holds no WordPress with the table prefix ${prefix}, but ${list}; correct the prefix`;
  if (one?.others !== undefined)
    return `holds a network of sites, ${one.others} beside the first, which can't be imported; export the one that is meant as a site of its own, or, where the network is no more, leave those tables out`;
  const known = core === undefined ? undefined : databaseOf(core);
  if (one?.version === undefined || known === undefined || one.version <= known) return undefined;
  const [newest = ""] = DATABASES.at(-1) ?? [];
  const theirs = [...DATABASES].reverse().find(([, database]) => database <= (one.version ?? 0));
  const name = theirs?.[1] === one.version ? theirs[0] : `newer than ${newest}`;
  return `is of a newer WordPress (${name}, its database of version ${one.version}) than the site would have (${core}, up to version ${known}); bring that one in first: npx varvol upgrade`;
}

/** The WordPress that a site's image has; undefined where that isn't known before it is built. */
export function coreOf(lock: ImageLock, site: string): string | undefined {
  const locked = lock.sites[site]?.wordpress ?? lock.sets.wordpress;
  return /^\d+(?:\.\d+)+/.exec(locked?.packages.wordpress ?? "")?.[0];
}

function databaseOf(core: string): number | undefined {
  const number = (version: string): number => {
    const [major = 0, minor = 0] = version.split(".").map(Number);
    return major * 1000 + minor;
  };
  const [newest = "0"] = DATABASES.at(-1) ?? [];
  if (number(core) > number(newest)) return undefined;
  return [...DATABASES].reverse().find(([version]) => number(version) <= number(core))?.[1];
}
