import * as fs from "node:fs";
import * as path from "node:path";
import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { Failure } from "./failure";
import { roomIn } from "./importRoom";
import { textOfName } from "./names";
import { wayBelow } from "./zipNames";

/** All-in-One WP Migration's own form: before each file a head with its name, length, time and folder; an empty one at the end. */
const HEAD = 4377;
const NAME = [0, 255] as const;
const LENGTH = [255, 269] as const;
const FOLDER = [281, HEAD] as const;
/** What lies beside the content. */
const BESIDE = /^(?:package\.json|database\.sql|multisite\.json|blogs\.json)$/;
/** Bytes after which it is asked again whether there is room. */
const ROOM_EVERY = 2 ** 26;

export function isWpress(first: Buffer): boolean {
  return field(first, NAME) === "package.json" && /^\d+$/.test(field(first, LENGTH));
}

/** The text of a field, which ends with a zero where it is shorter. */
function field(head: Buffer, [from, to]: readonly [number, number]): string {
  const bytes = head.subarray(from, to);
  const end = bytes.indexOf(0);
  return textOfName(bytes.subarray(0, end < 0 ? bytes.length : end));
}

/** Unpacks such an export into an empty folder, as a document root; gives what was left out. Throws a Failure where it isn't whole. */
export async function unwpress(first: Buffer, rest: Readable, folder: string): Promise<string[]> {
  const left: string[] = [];
  let buffer = first;
  let file: fs.WriteStream | undefined;
  let remaining = 0;
  let asked = 0;
  let ended = false;
  const take = async (): Promise<void> => {
    while (!ended) {
      if (remaining > 0) {
        const piece = buffer.subarray(0, remaining);
        if (piece.length === 0) return;
        buffer = buffer.subarray(piece.length);
        remaining -= piece.length;
        if (file && !file.write(piece)) await new Promise<void>((resolve) => file?.once("drain", resolve));
        if ((asked += piece.length) > ROOM_EVERY) {
          asked = 0;
          const room = roomIn(folder);
          if (room.bytes < 0) throw room.failure;
        }
        if (remaining > 0) return;
      }
      await close(file);
      file = undefined;
      if (buffer.length < HEAD) return;
      const head = buffer.subarray(0, HEAD);
      buffer = buffer.subarray(HEAD);
      ended = head.every((byte) => byte === 0);
      if (ended) return;
      const length = field(head, LENGTH);
      if (!/^\d{1,14}$/.test(length))
        throw new Failure("is no complete export (.wpress, a file's length is missing); make it anew");
      remaining = Number(length);
      file = begin(folder, head, left);
    }
  };
  await take();
  for await (const piece of rest) {
    buffer = Buffer.concat([buffer, piece as Buffer]);
    await take();
  }
  await close(file);
  if (!ended) throw new Failure("is no complete export (.wpress, its end is missing); make it anew");
  refuseEncoded(path.join(folder, "package.json"));
  return left;
}

async function close(file: fs.WriteStream | undefined): Promise<void> {
  if (file) await finished(file.end());
}

/** The file that a head is of; undefined where it is left out. */
function begin(folder: string, head: Buffer, left: string[]): fs.WriteStream | undefined {
  const inner = field(head, FOLDER);
  const name = inner === "." || inner === "" ? field(head, NAME) : `${inner}/${field(head, NAME)}`;
  const way = wayBelow(name);
  const file =
    way === undefined ? undefined : path.join(folder, BESIDE.test(way) ? way : `wp-content/${way}`);
  if (file === undefined) {
    left.push(`${name}: a name that leads out`);
    return undefined;
  }
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const descriptor = fs.openSync(file, "wx", 0o644);
    return fs.createWriteStream("", { fd: descriptor });
  } catch {
    left.push(`${name}: one of that name came before it`);
    return undefined;
  }
}

function refuseEncoded(file: string): void {
  const text = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
  if (/"Encrypted"\s*:\s*true/.test(text))
    throw new Failure("is encrypted (.wpress); export it without a password");
  if (/"Compression"\s*:\s*\{[^}]*"Enabled"\s*:\s*true/.test(text))
    throw new Failure("is compressed (.wpress); export it without compression");
}
