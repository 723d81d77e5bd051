import * as fs from "node:fs";
import * as path from "node:path";
import { isIn } from "../layout";
import { list, read, root, write } from "../place";
import type { RequestOf } from "../protocol";
import { say } from "../say";
import { USER } from "./order";
import { acme, published, readPlan, journalFile } from "./plan";

/**
 * Gives what a lost host needs so that it orders nothing anew: accounts at the authorities, the certificates that they gave, and
 * what came of the tries.
 */
export function certificateFiles(): void {
  const sites = (readPlan()?.sites ?? []).map(({ name }) => name);
  const all = [...filesIn(acme), ...sites.flatMap((name) => filesIn(path.join(published, name)))];
  const files = [...all, ...sites.map(journalFile)].flatMap((file): [string, string][] => {
    const text = read(file);
    return text === undefined ? [] : [[path.relative(root, file), text]];
  });
  say({ type: "certificate-files", files: Object.fromEntries(files) });
}

/** Puts them where they were. What is there already is newer. */
export function certificatesBack({ files }: RequestOf<"certificates-back">): void {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(root, name);
    if (fs.existsSync(file)) continue;
    write(file, text);
    if (isIn(acme, file)) own(file);
  }
}

/** lego's files, and the folders that they are in, are of its own user. */
function own(file: string): void {
  for (let at = file; isIn(acme, at); at = path.dirname(at)) fs.chownSync(at, USER, USER);
}

function filesIn(folder: string): string[] {
  return list(folder).flatMap((name) => {
    const file = path.join(folder, name);
    const found = fs.lstatSync(file);
    if (found.isDirectory()) return filesIn(file);
    return found.isFile() ? [file] : [];
  });
}
