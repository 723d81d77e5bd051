import * as fs from "node:fs";
import * as path from "node:path";
import { allow, bytes, entries, linkAt, raw, shown, statOf } from "./tree";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** What windows-1252 has for 0x80 to 0x9f. Versions of node decode it as if it were Latin-1, which has control characters there. */
const WESTERN =
  "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f" +
  "\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178";
const LONGEST = 255;

/** A file's name: UTF-8, or what old machines of the west wrote. */
export function textOfName(name: Uint8Array): string {
  return isText(name) ? UTF8.decode(name) : western(name);
}

/**
 * Renames in a WordPress's tree what has a name that is no UTF-8: pages and the database, which are UTF-8, ask for it by none
 * other. Links go on to lead there. Gives what that was.
 */
export function decodeNames(tree: string): string[] {
  const renamed: string[] = [];
  const walk = (folder: string): void => {
    for (const { name, sort } of entries(folder)) {
      const file = path.join(folder, isText(bytes(name)) ? name : rename(folder, name));
      if (path.basename(file) !== name)
        renamed.push(`${shown(path.relative(raw(tree), file))}: its name was no UTF-8, and is now`);
      if (sort === "link") relink(file);
      if (sort !== "folder") continue;
      allow(file, 0o700);
      walk(file);
    }
  };
  walk(raw(tree));
  return renamed;
}

function western(name: Uint8Array): string {
  return Array.from(name, (byte) => WESTERN[byte - 0x80] ?? String.fromCharCode(byte)).join("");
}

function isText(name: Uint8Array): boolean {
  try {
    UTF8.decode(name);
    return true;
  } catch {
    return false;
  }
}

/** A name in UTF-8, from one that is none; both have a character for each byte. */
function decoded(name: string): string {
  const text = raw(western(bytes(name)));
  // With the number of one that has it already.
  return text.length < LONGEST - 5 ? text : bytes(name).toString("hex").slice(0, 200);
}

function rename(folder: string, old: string): string {
  let name = decoded(old);
  for (let i = 1; statOf(path.join(folder, name)); i++) name = `${decoded(old)}.${i}`;
  fs.renameSync(bytes(path.join(folder, old)), bytes(path.join(folder, name)));
  return name;
}

function relink(link: string): void {
  const says = linkAt(link);
  if (isText(bytes(says))) return;
  const names = says.split("/").map((name) => (isText(bytes(name)) ? name : decoded(name)));
  fs.rmSync(bytes(link));
  fs.symlinkSync(bytes(names.join("/")), bytes(link));
}
