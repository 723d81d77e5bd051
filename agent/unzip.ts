import * as fs from "node:fs";
import * as path from "node:path";
import { pipeline } from "node:stream/promises";
import { Failure } from "./failure";
import { roomIn } from "./importRoom";
import {
  closeZip,
  contentOf,
  corrupt,
  entriesOf,
  openZip,
  smallContentOf,
  unpackedSize,
  type Zip,
  type ZipEntry,
} from "./zip";
import { wayBelow } from "./zipNames";

const LONGEST_LINK = 4096;
/** What the system says of a name that something else has, or that is too long for it. */
export const NO_PLACE: readonly string[] = ["EEXIST", "ENOTDIR", "EISDIR", "ENAMETOOLONG"];

/** Unpacks a zip archive into an empty folder; gives what was left out. Throws a Failure where it is not whole. */
export async function unzip(file: string, folder: string): Promise<string[]> {
  const zip = openZip(file);
  try {
    const size = unpackedSize(zip);
    const room = roomIn(folder);
    if (size > room.bytes || zip.entries > room.files) throw room.failure;
    return await unpackAll(zip, folder);
  } finally {
    closeZip(zip);
  }
}

async function unpackAll(zip: Zip, folder: string): Promise<string[]> {
  const left: string[] = [];
  // They come last: nothing is written through one.
  const links: [file: string, to: string][] = [];
  for (const entry of entriesOf(zip)) {
    const way = wayBelow(entry.name);
    const leave = (why: string): number => left.push(`${entry.name}: ${why}`);
    if (way === undefined) {
      if (!/^[./\\]*$/.test(entry.name) || entry.name.includes("..")) leave("a name that leads out");
      continue;
    }
    const file = path.join(folder, way);
    try {
      if (entry.type === "other") leave("neither a file nor a folder");
      else if (entry.type === "folder") fs.mkdirSync(file, { recursive: true });
      else {
        fs.mkdirSync(path.dirname(file), { recursive: true });
        if (entry.type === "link") links.push([file, await linkIn(zip, entry)]);
        else await write(zip, entry, file);
      }
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      if (code.startsWith("Z_")) throw corrupt(entry.name);
      if (!NO_PLACE.includes(code)) throw error;
      leave(code === "ENAMETOOLONG" ? "a name that is too long" : "one of that name came before it");
    }
  }
  for (const [file, to] of links) {
    if (fs.existsSync(file)) left.push(`${path.relative(folder, file)}: one of that name came before it`);
    else fs.symlinkSync(to, file);
  }
  return left;
}

async function write(zip: Zip, entry: ZipEntry, file: string): Promise<void> {
  const how = { flag: "wx", flags: "wx", mode: 0o644 };
  const content = smallContentOf(zip, entry);
  if (content) fs.writeFileSync(file, content, how);
  else await pipeline(contentOf(zip, entry), fs.createWriteStream(file, how));
}

/** Where a link in a zip archive leads. Throws a Failure where that is no path. */
export async function linkIn(zip: Zip, entry: ZipEntry): Promise<string> {
  if (entry.size > LONGEST_LINK) throw corrupt(entry.name);
  const pieces: Buffer[] = [];
  for await (const piece of contentOf(zip, entry)) pieces.push(piece as Buffer);
  const to = Buffer.concat(pieces).toString();
  if (to === "" || to.includes("\0")) throw new Failure(`is corrupt (the link ${entry.name}); make it anew`);
  return to;
}
