import { escaped, isUsable } from "../../../components/sites/denied";

/** A pattern of a shell's for a file's name as a regular expression. */
export function fromGlob(glob: string): string {
  const signs: Readonly<Record<string, string>> = { "*": ".*", "?": "." };
  return `^${glob.replaceAll(/[.+^${}()|\\*?]/g, (sign) => signs[sign] ?? `\\${sign}`)}$`;
}

/** Whether a regular expression is for every name. */
export function isForAll(pattern: string): boolean {
  return /^\^?(?:\(?\.[*+]?\)?)?\$?$/.test(pattern);
}

/** A regular expression that was for a file's name, behind that of a folder; undefined where nginx can't be told. */
export function nameWithin(pattern: string): string | undefined {
  if (!isUsable(pattern)) return undefined;
  // A name begins behind a slash; in brackets the sign means another thing.
  const body = pattern.replaceAll(/\\.|\[[^\]]*\]|\^/g, (piece) => (piece === "^" ? "(?<=/)" : piece));
  return `(?:.*/)?[^/]*?(?:${body})`;
}

/** The same of one that was for the path below a folder. */
export function pathWithin(pattern: string, folder: string): string | undefined {
  if (!isUsable(pattern)) return undefined;
  const body = pattern.replace(/^\^/, "");
  const inner = body.replaceAll(/\\.|\[[^\]]*\]/g, "").includes("^");
  if (body !== pattern && !inner && !hasTopLevelChoice(body)) return `(?:${body})`;
  const begin = `(?<=^${escaped(folder)})`;
  return `.*?(?:${pattern.replaceAll(/\\.|\[[^\]]*\]|\^/g, (piece) => (piece === "^" ? begin : piece))})`;
}

function hasTopLevelChoice(pattern: string): boolean {
  let rest = pattern.replaceAll(/\\./g, "").replaceAll(/\[[^\]]*\]/g, "");
  for (let before = ""; rest !== before;) {
    before = rest;
    rest = rest.replaceAll(/\([^()]*\)/g, "");
  }
  return rest.includes("|");
}
