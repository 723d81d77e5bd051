import { posix } from "node:path";
import { escaped, isDeniedPath } from "../../../components/sites/denied";
import { type Denial, type Htaccess, parseHtaccess } from "./parse";
import { nameWithin, pathWithin } from "./patterns";

/** An .htaccess of a site, by its path from the site's root: wp-content/uploads/.htaccess */
export interface Found {
  readonly file: string;
  readonly text: string;
}

/** What is denied for the reason of a line in a file. */
export interface Denied {
  /** A folder, /wp-content/uploads/private/, or ~ and a regular expression of the path. */
  readonly path: string;
  readonly file: string;
  readonly line: number;
  readonly why: string;
}

/** What was done by a line in a file, and is not done here. */
export interface NotKept {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** What became of all of a site's .htaccess files. */
export interface HtaccessFiles {
  readonly denied: readonly Denied[];
  readonly notKept: readonly NotKept[];
}

/** What the .htaccess files of a site keep from visitors, and what else they do. */
export function deniedBy(found: readonly Found[]): HtaccessFiles {
  const folders = found.map(({ file, text }) => ({
    file,
    folder: folderOf(file),
    said: parseHtaccess(text),
  }));
  const notKept: NotKept[] = folders.flatMap(({ file, said }) =>
    said.unkept.map((one) => ({ file, ...one })),
  );
  const denied: Denied[] = [];
  for (const { file, folder, said } of folders) {
    const add = (line: number, path: string | undefined, why: string): void => {
      if (path === undefined)
        notKept.push({ file, line, text: `${why}, for files that nginx can't be told of` });
      else denied.push({ path, file, line, why });
    };
    for (const { line, effect, files, why } of said.verdicts) {
      if (effect === "allow") continue;
      if (files === undefined && folder === "/") {
        notKept.push({ file, line, text: `the whole site ${why}` });
      } else if (files === undefined) {
        add(line, wholeFolder(folder, said, allowedBelow(folder, folders)), why);
      } else if (!isOfPhp(files, folder)) {
        const names = nameWithin(files);
        add(line, names && `~ ^${escaped(folder)}${names}`, why);
      }
    }
    for (const denial of said.denials) add(denial.line, pathOf(denial, folder), denial.why);
  }
  return { denied: distinct(denied), notKept };
}

function folderOf(file: string): string {
  const folder = posix.dirname(posix.join("/", file));
  return folder === "/" ? "/" : `${folder}/`;
}

/** A regular expression of what a rule is of, in a folder; undefined where nginx can't be told. */
function pathOf({ path, fromRoot, place }: Denial, folder: string): string | undefined {
  const below = fromRoot ? "/" : folder;
  const [rest, also] = [pathWithin(path, below), place === undefined ? "" : pathWithin(place, "/")];
  if (rest === undefined || also === undefined) return undefined;
  return `~ ^/${also && `(?=${also})`}${escaped(below.slice(1))}${rest}`;
}

/** A folder but for the files in it that are for everybody, and the folders that say so of themselves. */
function wholeFolder(folder: string, { verdicts }: Htaccess, open: readonly string[]): string | undefined {
  const allowed = verdicts.filter(({ effect, files }) => effect === "allow" && files !== undefined);
  if (allowed.length + open.length === 0) return folder;
  const names = allowed.map(({ files = "" }) => nameWithin(files)).filter((one) => one !== undefined);
  const except = [...names, ...open.map((one) => escaped(one.slice(folder.length)))];
  return `~ ^${escaped(folder)}(?!${except.join("|")})`;
}

function allowedBelow(
  folder: string,
  folders: readonly { readonly folder: string; readonly said: Htaccess }[],
): string[] {
  return folders
    .filter((other) => other.folder !== folder && other.folder.startsWith(folder))
    .filter(({ said }) =>
      said.verdicts.some(({ effect, files }) => effect === "allow" && files === undefined),
    )
    .map((other) => other.folder);
}

/** PHP runs in no folder of uploads here, whatever is said of it. */
function isOfPhp(files: string, folder: string): boolean {
  return (
    folder.startsWith("/wp-content/uploads/") &&
    /ph[pt]/i.test(files) &&
    !/pdf|zip|docx?|csv|xls|txt|log|json/i.test(files)
  );
}

function distinct(denied: readonly Denied[]): Denied[] {
  return [
    ...new Map(
      denied.filter(({ path }) => isDeniedPath(path)).map((one) => [one.path, one] as const),
    ).values(),
  ];
}
