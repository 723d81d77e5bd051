import * as fs from "node:fs";

// Names in a folder are of whatever bytes, of old hosts often of Latin-1: as UTF-8 they would come to another name.

/** A path as the calls of the system take it, from one with a character for each byte. */
export function bytes(file: string): Buffer {
  return Buffer.from(file, "latin1");
}

/** Such a path, to be shown. */
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
