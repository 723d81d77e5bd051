import * as fs from "node:fs";

// Names in a folder are of whatever bytes, of old hosts often of Latin-1: as UTF-8 they would come to another name.

/** A path with a character for each byte, from a usual one. */
export function raw(file: string): string {
  return Buffer.from(file).toString("latin1");
}

/** A path as the calls of the system take it, from one with a character for each byte. */
export function bytes(file: string): Buffer {
  return Buffer.from(file, "latin1");
}

/** Such a path as a usual one: to be shown, or where all names are known to be UTF-8. */
export function shown(file: string): string {
  return bytes(file).toString();
}

/** An entry of a folder, with a character for each byte of its name. */
export interface Entry {
  readonly name: string;
  readonly sort: "file" | "folder" | "link" | "other";
}

export function entries(folder: string): Entry[] {
  return fs
    .readdirSync(bytes(folder), { withFileTypes: true, encoding: "buffer" })
    .map((entry) => ({
      name: entry.name.toString("latin1"),
      sort: entry.isFile()
        ? "file"
        : entry.isDirectory()
          ? "folder"
          : entry.isSymbolicLink()
            ? "link"
            : "other",
    }));
}

/** What lies there, without following a link; undefined where there is nothing, or nothing that can be named. */
export function statOf(file: string): fs.Stats | undefined {
  try {
    return fs.lstatSync(bytes(file));
  } catch {
    return undefined;
  }
}

/** Where a link leads, as it says. */
export function linkAt(file: string): string {
  return fs.readlinkSync(bytes(file), { encoding: "buffer" }).toString("latin1");
}

/** A path without links. */
export function real(file: string): string {
  return fs.realpathSync.native(bytes(file), { encoding: "buffer" }).toString("latin1");
}

/** Gives its owner these rights besides. */
export function allow(file: string, mode: number): void {
  fs.chmodSync(bytes(file), mode | (fs.statSync(bytes(file)).mode & 0o777));
}

/** How many files lie in a folder and below it. */
export function countFiles(folder: string): number {
  let count = 0;
  const left = [folder];
  for (let next = left.pop(); next !== undefined; next = left.pop())
    for (const { name, sort } of entries(next)) {
      if (sort === "file") count++;
      else if (sort === "folder") left.push(`${next}/${name}`);
    }
  return count;
}
