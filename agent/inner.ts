import * as fs from "node:fs";
import * as path from "node:path";
import { extract } from "./extract";
import { Failure, plain } from "./failure";
import { findWordPress, isFolder } from "./layout";
import { below } from "./links";
import { merge } from "./merge";
import { decodeNames } from "./names";
import { isDump } from "./rootFiles";
import { shown } from "./tree";

/** What a panel or a plugin packs into its archive once more, or in several archives beside each other. */
interface Form {
  readonly name: string;
  /** The archive's name; `set` is what those of one backup have alike, `part` what is in it. */
  readonly pattern: RegExp;
  /** Folder of wp-content that each part's content belongs to, where it doesn't say so itself; "" for what lies above. */
  readonly places: Readonly<Record<string, string>>;
}

const PACKED = String.raw`\.(?:zip|tar|tgz|tar\.gz|tar\.bz2|tar\.zst|tzst)`;
const FORMS: readonly Form[] = [
  {
    name: "UpdraftPlus",
    pattern: new RegExp(
      String.raw`^(?<set>backup_\d{4}-\d\d-\d\d-\d{4}_.*_[0-9a-f]{12})-(?<part>plugins|themes|uploads|mu-plugins|others|wpcore)\d*${PACKED}$`,
    ),
    places: {
      plugins: "plugins",
      themes: "themes",
      uploads: "uploads",
      "mu-plugins": "mu-plugins",
      others: ".",
      wpcore: "",
    },
  },
  {
    name: "WPvivid",
    pattern: new RegExp(
      String.raw`^(?<set>.*_?wpvivid-\w+_\d{4}-\d\d-\d\d-\d\d-\d\d)_backup_(?<part>themes|plugin|uploads|content|core|db|all)(?:\.part\d+)?\.zip$`,
    ),
    places: {
      plugin: "plugins",
      themes: "themes",
      uploads: "uploads",
      content: ".",
      core: "",
      db: "",
      all: "",
    },
  },
  { name: "cPanel", pattern: /^(?<set>homedir)(?<part>)\.tar$/, places: { "": "" } },
  {
    name: "Plesk",
    pattern: new RegExp(String.raw`^(?<set>backup_)(?<part>user-data|sqldump)_\d+${PACKED}$`),
    places: { "user-data": "", sqldump: "" },
  },
  {
    name: "HestiaCP",
    pattern: new RegExp(String.raw`^(?<set>domain_data)(?<part>)${PACKED}$`),
    places: { "": "" },
  },
];

/** An archive in a backup of several. */
export interface InnerArchive {
  readonly file: string;
  readonly form: string;
  readonly set: string;
  /** Folder of wp-content; "." for itself, "" for none. */
  readonly place: string;
  /** Folder that it becomes. Defaults to the one that it lies in. */
  readonly becomes?: string;
}

/**
 * Archives in a tree that are parts of a backup; none where a WordPress is there already, among whose files its backups lie.
 * Throws a Failure where they are of several backups, or can't be read.
 */
export function innerArchives(tree: string): InnerArchive[] {
  const found: InnerArchive[] = [];
  if (isThere(tree)) return found;
  for (const { file: raw, sort } of below(tree)) {
    const file = shown(raw);
    const name = path.basename(file);
    if (sort !== "file") continue;
    if (/_[0-9a-f]{12}-(?:db|plugins|themes|uploads|others)\d*\.\w+\.crypt$/.test(name))
      throw new Failure(`holds ${plain(name)}, which is encrypted; decrypt it in UpdraftPlus first`);
    for (const { name: form, pattern, places } of FORMS) {
      const { set = "", part = "" } = pattern.exec(name)?.groups ?? {};
      const place = places[part];
      if (set !== "" && place !== undefined) found.push({ file, form, set, place });
    }
  }
  for (const { name } of FORMS) {
    const sets = [...new Set(found.filter(({ form }) => form === name).map(({ set }) => set))];
    if (sets.length > 1)
      throw new Failure(
        `holds ${sets.length} backups of ${name} (${sets.map(plain).join(", ")}); leave there but the one that is meant`,
      );
  }
  return found.length > 0 ? found : packedSite(tree);
}

const ARCHIVE = new RegExp(`${PACKED}$`, "i");
const SITE = /^(?:public_html|httpdocs|htdocs|www|html|web|wordpress)\./i;

/** The archive that the site alone lies in, beside its dump, as CyberPanel and people pack it: by its name, or the only one. */
function packedSite(tree: string): InnerArchive[] {
  const archives = [...below(tree)]
    .filter(({ sort }) => sort === "file")
    .map(({ file }) => shown(file))
    .filter((file) => ARCHIVE.test(file) && !isDump(path.basename(file)));
  const named = archives.filter((file) => SITE.test(path.basename(file)));
  const meant = named.length === 1 ? named : archives;
  if (meant.length !== 1) return [];
  return meant.map((file) => {
    const becomes = path.basename(file).replace(ARCHIVE, "");
    return { file, form: "", set: becomes, place: "", becomes };
  });
}

/**
 * Unpacks such archives of a tree to where what is in them belongs, in the tree or in a folder beside it; gives what was left
 * out. Of two sites in a tree each has a folder of its own.
 */
export async function unpackInner(
  archives: readonly InnerArchive[],
  tree: string,
  folder?: string,
): Promise<string[]> {
  const left: string[] = [];
  for (const { file, place, becomes = "" } of archives) {
    const to = path.join(folder ?? tree, path.relative(tree, path.dirname(file)), becomes);
    fs.mkdirSync(to, { recursive: true });
    const beside = fs.mkdtempSync(path.join(to, ".varvol-part-"));
    const { problem, leftOut } = await extract(fs.createReadStream(file), beside);
    if (problem !== undefined)
      throw new Failure(`holds ${plain(path.basename(file))}, which is not whole (${plain(problem)})`);
    left.push(...leftOut, ...decodeNames(beside));
    left.push(...putInto(to, belongs(beside, place), beside, path.basename(file)));
    fs.rmSync(beside, { recursive: true, force: true });
    if (folder === undefined) fs.rmSync(file);
  }
  return left;
}

/** Moves what is unpacked to a place below a folder, unless a link lies on the way there. */
function putInto(folder: string, place: string, unpacked: string, name: string): string[] {
  const names = place.split("/").filter(Boolean);
  const way = names.map((_, i) => path.join(folder, ...names.slice(0, i + 1)));
  if (way.some((one) => fs.lstatSync(one, { throwIfNoEntry: false })?.isSymbolicLink()))
    return [`${name}: a link lies where it belongs`];
  return merge(unpacked, path.join(folder, place), name);
}

/** Whether a file of that name is a part of a backup. */
export function isPart(name: string): boolean {
  return FORMS.some(({ pattern }) => pattern.test(path.posix.basename(name)));
}

function isThere(tree: string): boolean {
  try {
    return findWordPress(tree) !== undefined;
  } catch (error) {
    if (error instanceof Failure) return true;
    throw error;
  }
}

/** Archives in archives, as some pack them. */
const ROUNDS = 3;

/** Unpacks what a panel or a plugin has packed in parts, wherever it lies in a tree; gives what was left out. */
export async function unpackParts(tree: string): Promise<string[]> {
  const left: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const found = innerArchives(tree);
    if (found.length === 0) break;
    left.push(...(await unpackInner(found, tree)));
  }
  return left;
}

/** Where what was unpacked belongs, by the folders that it begins with, or else by what it was said to be. */
function belongs(unpacked: string, place: string): string {
  const has = (name: string): boolean => isFolder(path.join(unpacked, name));
  if (place === "" || has("wp-content")) return "";
  return place === "." || has(place) ? "wp-content" : path.join("wp-content", place);
}
