import { closeSync, openSync, readSync, statSync } from "node:fs";
import { extname } from "node:path";
import { TOLD_BY } from "../../agent/extract";
import { Failure } from "../../agent/failure";
import { textOfName } from "../../agent/names";
import { isWpress } from "../../agent/wpress";
import { closeZip, entriesOf, isZip, openZip, unpackedSize, type ZipEntry } from "../../agent/zip";
import { wayBelow } from "../../agent/zipNames";
import { attempt, lastLines } from "../../base/exec";

/** Something in an archive. */
export interface Listed {
  /** Where it comes to lie below the folder that the archive is unpacked into. */
  readonly way: string;
  readonly type: ZipEntry["type"];
  readonly size: number;
  /** Its name as it lies there; in a tar a character stands for a byte. */
  readonly name: string;
}

/** What an archive holds. */
export interface Listing {
  readonly form: "tar" | "zip" | "wpress";
  /** Bytes that it takes to unpack it. */
  readonly bytes: number;
  /** Empty where the form tells of none without being unpacked. */
  readonly entries: readonly Listed[];
}

/** Forms of programs' own, by how their files' names end, and what makes them one that can be read. */
const FOREIGN: Readonly<Record<string, string>> = {
  ".daf":
    "is Duplicator's own form; have it make a zip: Duplicator > Settings > Backups > Archive Engine > ZipArchive",
  ".sgbp": "is JetBackup's own form; download the site's files and its database instead",
  ".jpa": "is Akeeba's own form; have it make a zip, or convert it with Akeeba eXtract Wizard",
  ".jps": "is Akeeba's own form, encrypted; have it make a zip",
  ".wpstg": "is WP Staging's own form; have it make a zip, or download the site's files and its database",
  ".rar": "is a rar archive; unpack it, and name the folder",
  ".7z": "is a 7z archive; unpack it, and name the folder",
  ".dmg": "is a Mac's disk image; open it, and name the folder",
};

const known = new Map<string, Promise<Listing | string>>();

/** What an archive holds, or why it can't be read. It is read once for as long as it stays as it is. */
export function listingOf(archive: string): Promise<Listing | string> {
  const key = versionOf(archive);
  const found = known.get(key) ?? list(archive);
  known.set(key, found);
  return found;
}

/** What tells a file from what lay there before. */
export function versionOf(file: string): string {
  const { size, mtimeMs, ino } = statSync(file);
  return JSON.stringify([file, size, mtimeMs, ino]);
}

export function notWhole(why: string): string {
  return `is no complete tar archive (${why}), nor a zip archive; make it anew`;
}

async function list(archive: string): Promise<Listing | string> {
  const first = beginOf(archive);
  if (isWpress(first)) return { form: "wpress", bytes: statSync(archive).size, entries: [] };
  if (isZip(first.toString("latin1", 0, 4))) return listZip(archive);
  const found = await listTar(archive);
  if (typeof found !== "string") return found;
  const ending = extname(archive).toLowerCase();
  // The last of several parts begins with anything.
  return FOREIGN[ending] ?? (ending === ".zip" ? listZip(archive) : found);
}

function listZip(archive: string): Listing | string {
  try {
    const zip = openZip(archive);
    try {
      // It lies beside what it becomes until that is whole.
      const bytes = unpackedSize(zip) + zip.length;
      const entries: Listed[] = [];
      for (const { name, type, size } of entriesOf(zip)) {
        const way = wayBelow(name);
        if (way !== undefined) entries.push({ way, type, size, name });
      }
      return { form: "zip", bytes, entries };
    } finally {
      closeZip(zip);
    }
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

const TYPES: Readonly<Record<string, ZipEntry["type"]>> = { "-": "file", h: "file", d: "folder", l: "link" };
const LINE = /^(\S)\S* \S+ +(\d+) \S+ \S+ (.*)$/gm;

async function listTar(archive: string): Promise<Listing | string> {
  const how = ["--numeric-owner", "--quoting-style=escape"];
  const { code, stdout, stderr } = await attempt(["tar", ...how, "-tvf", archive], {
    env: { ...process.env, LC_ALL: "C" },
  });
  if (code !== 0) return notWhole(lastLines(stderr, 1));
  let bytes = 0;
  const entries: Listed[] = [];
  for (const [, letter = "", length, rest = ""] of stdout.matchAll(LINE)) {
    const type = TYPES[letter] ?? "other";
    const name = unescaped(
      type === "link" ? before(rest, " -> ") : letter === "h" ? before(rest, " link to ") : rest,
    );
    bytes += Number(length);
    const parts = name
      .split("/")
      .map((part) => textOfName(Buffer.from(part, "latin1")))
      .filter((part) => part !== "" && part !== ".");
    if (parts.length > 0 && !parts.includes(".."))
      entries.push({ way: parts.join("/"), type, size: Number(length), name });
  }
  return { form: "tar", bytes, entries };
}

function before(text: string, mark: string): string {
  const at = text.indexOf(mark);
  return at < 0 ? text : text.slice(0, at);
}

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" },
};

/** A name as tar prints it, with a character for each byte. */
function unescaped(name: string): string {
  return name.replaceAll(/\\([0-7]{3}|.)/g, (_, code: string) =>
    code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8)) : (ESCAPES[code] ?? code),
  );
}

function beginOf(file: string): Buffer {
  const descriptor = openSync(file, "r");
  const begin = Buffer.alloc(TOLD_BY);
  readSync(descriptor, begin, 0, begin.length, 0);
  closeSync(descriptor);
  return begin;
}
