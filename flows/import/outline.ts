import { createWriteStream, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, posix } from "node:path";
import { pipeline } from "node:stream/promises";
import { isJudged } from "../../agent/dropIns";
import { Failure } from "../../agent/failure";
import { below, resolveIn } from "../../agent/links";
import { merge } from "../../agent/merge";
import { decodeNames } from "../../agent/names";
import { makeRelative } from "../../agent/prune";
import { bytes as bytesOf, raw } from "../../agent/tree";
import { linkIn, NO_PLACE } from "../../agent/unzip";
import { closeZip, contentOf, entriesOf, openZip } from "../../agent/zip";
import { wayBelow } from "../../agent/zipNames";
import { attempt } from "../../base/exec";
import { bytes } from "../../base/words";
import type { Listed, Listing } from "./listed";

/** Folders that tell where a WordPress lies. */
const TELLING = new Set([
  ...["plugins", "themes", "uploads", "mu-plugins", "wp-content", "wp-admin", "wp-includes"],
  ...["upgrade", "languages"],
]);
const DEEPEST = 10;
/** What is looked into: a site's configuration, and what says of its folders who may see them. */
const READ =
  /^(?:\.htaccess|wp-config\.php|application\.php|\.env|object-cache\.php|db\.php|advanced-cache\.php|sunrise\.php)$/;
const MOST_READ = 2 ** 28;
/** Links and files of a site's code, which no layout depends on. */
const DEEP =
  /(?:^|\/)(?:(?:plugins|themes)\/[^/]+\/|uploads\/|wp-admin\/|wp-includes\/|node_modules\/|vendor\/)/;

/**
 * Makes of an archive the folders that tell where a WordPress lies in it, with the files that are looked into, for as long
 * as somebody looks. Throws a Failure where that is more than any site has.
 */
export async function withOutline<Result>(
  archive: string,
  { form, entries }: Listing,
  look: (folder: string) => Result,
): Promise<Result> {
  const whole = mkdtempSync(join(tmpdir(), "varvol-import-"));
  const [folder, taken] = [join(whole, "outline"), join(whole, "taken")];
  try {
    for (const one of [folder, taken]) mkdirSync(one);
    const wanted = entries.filter(isRead);
    const size = wanted.reduce((sum, one) => sum + (one.type === "file" ? one.size : 0), 0);
    if (size > MOST_READ)
      throw new Failure(`holds ${bytes(size)} of .htaccess files and configurations, as no site does`);
    // Links come last: nothing is made through one.
    outline(folder, entries);
    if (form === "zip") await takeFromZip(archive, wanted, taken);
    else await takeFromTar(archive, wanted, taken);
    decodeNames(taken);
    merge(taken, folder, "");
    makeRelative(folder);
    for (const { file, sort } of below(folder))
      if (sort === "link" && resolveIn(raw(folder), file) === undefined) rmSync(bytesOf(file));
    return look(folder);
  } finally {
    rmSync(whole, { recursive: true, force: true });
  }
}

function isRead({ way, type }: Listed): boolean {
  if (type === "link") return !DEEP.test(way);
  const name = posix.basename(way);
  if (type !== "file") return false;
  // Of plugins, which have such files to copy, only what keeps visitors out counts.
  if (DEEP.test(way)) return name === ".htaccess";
  return READ.test(name) || name === "index.php" || isJudged(way.split("/").slice(-2).join("/"));
}

function outline(folder: string, entries: readonly Listed[]): void {
  const folders = new Set<string>();
  const files = new Map<string, string>();
  for (const { way, type } of entries) {
    const parts = way.split("/");
    const names = type === "folder" ? parts : parts.slice(0, -1);
    for (const [i, name] of names.slice(0, DEEPEST).entries()) {
      if (!TELLING.has(name)) continue;
      folders.add(parts.slice(0, i + 1).join("/"));
      if (name === "plugins" || name === "themes") break;
    }
    // One is as good as all of them.
    const [, plugins] = /^((?:.*\/)?plugins)\/(?:[^/]+\/)?[^/]+\.php$/.exec(way) ?? [];
    const [, themes] = /^((?:.*\/)?themes)\/[^/]+\/style\.css$/.exec(way) ?? [];
    const inside = plugins ?? themes;
    if (type === "file" && inside !== undefined && !files.has(inside)) files.set(inside, way);
  }
  for (const one of folders) attemptTo(() => mkdirSync(join(folder, one), { recursive: true }));
  for (const one of files.values())
    attemptTo(() => {
      mkdirSync(dirname(join(folder, one)), { recursive: true });
      writeFileSync(join(folder, one), "");
    });
}

/** Where a file has the name of a folder, the first stays, as it does where all is unpacked. */
function attemptTo(make: () => void): void {
  try {
    make();
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!NO_PLACE.includes(code)) throw error;
  }
}

async function takeFromTar(archive: string, wanted: readonly Listed[], folder: string): Promise<void> {
  if (wanted.length === 0) return;
  const lists = mkdtempSync(join(tmpdir(), "varvol-import-"));
  try {
    const names = join(lists, "names");
    writeFileSync(names, wanted.map(({ name }) => `${name}\0`).join(""), "latin1");
    const out = ["--no-same-owner", "--no-same-permissions", "--delay-directory-restore", "-C", folder];
    // A name that begins as an option does is none.
    const named = ["--null", "--verbatim-files-from", "--no-unquote", "--no-recursion", "-T", names];
    await attempt(["tar", "-xf", archive, ...out, ...named]);
  } finally {
    rmSync(lists, { recursive: true, force: true });
  }
}

async function takeFromZip(archive: string, wanted: readonly Listed[], folder: string): Promise<void> {
  const names = new Set(wanted.map(({ name }) => name));
  const links: [file: string, to: string][] = [];
  const zip = openZip(archive);
  try {
    for (const entry of entriesOf(zip)) {
      const way = wayBelow(entry.name);
      if (way === undefined || !names.has(entry.name)) continue;
      const file = join(folder, way);
      if (entry.type === "link") links.push([file, await linkIn(zip, entry)]);
      else if (entry.type === "file") {
        attemptTo(() => mkdirSync(dirname(file), { recursive: true }));
        await pipeline(contentOf(zip, entry), createWriteStream(file, { mode: 0o600 })).catch(passBy);
      }
    }
  } finally {
    closeZip(zip);
  }
  for (const [file, to] of links)
    attemptTo(() => {
      mkdirSync(dirname(file), { recursive: true });
      symlinkSync(to, file);
    });
}

function passBy(error: unknown): void {
  attemptTo(() => {
    throw error;
  });
}
