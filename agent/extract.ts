import * as fs from "node:fs";
import * as path from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ended, start } from "./process";
import { roomIn } from "./importRoom";
import { unzip } from "./unzip";
import { isWpress, unwpress } from "./wpress";
import { isZip } from "./zip";

/** Bytes that tell what an archive is. */
export const TOLD_BY = 512;

/** What came of an archive. */
export interface Extracted {
  /** Why it is not whole; undefined where it is. */
  readonly problem?: string;
  /** Entries that are never unpacked. */
  readonly leftOut: readonly string[];
}

/** Of tar's words those that tell of an entry that is left out on purpose, and those that tell of nothing. */
const REFUSED =
  /: Cannot mknod: |: Member name contains '\.\.'|: Cannot hard link to |: Cannot [^:]+: (?:Not a directory|Is a directory|File exists|File name too long)$/;
const HARMLESS = /Exiting with failure status|Removing leading|implausibly old|in the future/;

/** Unpacks an archive into a folder: zip, tar however that is packed, or All-in-One WP Migration's. */
export async function extract(archive: Readable, folder: string): Promise<Extracted> {
  const { first, input } = await begin(archive);
  if (isWpress(first)) return { leftOut: await unwpress(first, input, folder) };
  if (!isZip(first.toString("latin1", 0, 4))) return untar(first, input, folder);
  // Its directory is at its end.
  const whole = path.join(folder, ".varvol-archive");
  try {
    const room = roomIn(folder);
    const counted = new Transform({
      transform(data: Buffer, _encoding, done) {
        room.bytes -= data.length;
        done(room.bytes < 0 ? room.failure : null, data);
      },
    });
    counted.write(first);
    await pipeline(input, counted, fs.createWriteStream(whole));
    return { leftOut: await unzip(whole, folder) };
  } finally {
    fs.rmSync(whole, { force: true });
  }
}

async function untar(first: Buffer, input: Readable, folder: string): Promise<Extracted> {
  const how = ["--no-same-owner", "--no-same-permissions", "--delay-directory-restore"];
  const tar = start(
    ["tar", "-x", ...packing(first), "-f", "-", "-C", folder, ...how],
    ["pipe", "ignore", "pipe"],
    // What it says of entries is read below.
    { env: { LC_ALL: "C" } },
  );
  const errors: Buffer[] = [];
  tar.stderr?.on("data", (data: Buffer) => errors.push(data));
  tar.stdin?.on("error", () => input.destroy());
  // What can't be read to its end is not whole.
  input.on("error", () => tar.stdin?.end());
  tar.stdin?.write(first);
  if (tar.stdin) input.pipe(tar.stdin);
  let full = false;
  const watch = setInterval(() => {
    const { bytes, files } = roomIn(folder);
    full = bytes < 0 || files < 0;
    if (full) tar.kill();
  }, 200);
  const code = await ended(tar).finally(() => clearInterval(watch));
  if (full) throw roomIn(folder).failure;
  const lines = Buffer.concat(errors)
    .toString()
    .split("\n")
    .filter((line) => line && !HARMLESS.test(line));
  const leftOut = lines.filter((line) => REFUSED.test(line));
  const problem = code === 0 ? undefined : lines.filter((line) => !REFUSED.test(line)).at(-1);
  const silent = code !== 0 && lines.length === 0 ? `tar ended with code ${code}` : undefined;
  return {
    leftOut: leftOut.map((line) => line.replace(/^tar: /, "")),
    ...((problem ?? silent) && { problem: problem ?? silent }),
  };
}

/** The first bytes of a stream, which tell how it is packed, and the rest of it. */
function begin(input: Readable): Promise<{ first: Buffer; input: Readable }> {
  return new Promise((resolve, reject) => {
    let first = Buffer.alloc(0);
    const ended = (): void => resolve({ first, input: Readable.from([]) });
    const take = (data: Buffer): void => {
      first = Buffer.concat([first, data]);
      if (first.length < TOLD_BY) return;
      // What comes before somebody reads on is not lost.
      input.pause();
      input.off("data", take).off("end", ended).off("error", reject);
      resolve({ first, input });
    };
    input.on("data", take).on("end", ended).on("error", reject);
  });
}

function packing(first: Buffer): string[] {
  const magic = first.toString("latin1", 0, 6);
  if (magic.startsWith("\x1f\x8b")) return ["-z"];
  if (magic.startsWith("BZh")) return ["-j"];
  if (magic === "\xfd7zXZ\0") return ["-J"];
  if (magic.startsWith("\x28\xb5\x2f\xfd")) return ["--zstd"];
  return [];
}
