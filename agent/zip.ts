import * as fs from "node:fs";
import { pipeline, type Readable, Transform } from "node:stream";
import { crc32, createInflateRaw, inflateRawSync } from "node:zlib";
import { Failure, plain } from "./failure";
import { extraField, nameIn } from "./zipNames";

/** What a zip archive says of something in it. Names are as they lie in the archive. */
export interface ZipEntry {
  readonly name: string;
  readonly type: "file" | "folder" | "link" | "other";
  readonly packed: number;
  readonly size: number;
  readonly crc: number;
  readonly deflated: boolean;
  /** Where it begins in the file. */
  readonly at: number;
}

/** A zip archive that is looked into; close it. */
export interface Zip {
  readonly descriptor: number;
  readonly length: number;
  /** Where its directory lies, and what is to be added to the places that this names. */
  readonly directory: { readonly at: number; readonly size: number; readonly shift: number };
  readonly entries: number;
}

/** More than any site has; and what nobody's files but a bomb's are packed by. */
const MOST_ENTRIES = 2_000_000;
const MOST_DENSE = 200;
const DENSE_FROM = 2 ** 30;
/** The end of the directory, with the longest comment. */
const END = 22;
const LONGEST_END = END + 0xffff;
const CENTRAL = 46;
const LOCAL = 30;
const WINDOW = 1 << 20;
const SMALL = 1 << 20;

export function isZip(begins: string): boolean {
  return begins.startsWith("PK\x03\x04") || begins.startsWith("PK\x05\x06");
}

/** Opens a zip archive. Throws a Failure that says what is wrong with it. */
export function openZip(file: string): Zip {
  const descriptor = fs.openSync(file, "r");
  try {
    const length = fs.fstatSync(descriptor).size;
    return { descriptor, length, ...directoryOf(descriptor, length) };
  } catch (error) {
    fs.closeSync(descriptor);
    throw error;
  }
}

export function closeZip({ descriptor }: Zip): void {
  fs.closeSync(descriptor);
}

function directoryOf(descriptor: number, length: number): Pick<Zip, "directory" | "entries"> {
  const tail = bytesAt(descriptor, Math.max(0, length - LONGEST_END), Math.min(length, LONGEST_END));
  let end = tail.length - END;
  while (
    end >= 0 &&
    !(tail.readUInt32LE(end) === 0x06054b50 && tail.readUInt16LE(end + 20) <= tail.length - end - END)
  )
    end--;
  if (end < 0) throw new Failure("is no complete zip archive (its end is missing); make it anew");
  const endAt = length - tail.length + end;
  const large = endAt >= 20 ? bytesAt(descriptor, endAt - 20, 20) : Buffer.alloc(20);
  const isLarge = large.readUInt32LE(0) === 0x07064b50;
  const recordAt = Number(large.readBigUInt64LE(8));
  const record = isLarge && recordAt + 56 <= length ? bytesAt(descriptor, recordAt, 56) : undefined;
  if (isLarge && record?.readUInt32LE(0) !== 0x06064b50)
    throw new Failure("is no complete zip archive (its directory is missing); make it anew");
  const parts = record ? record.readUInt32LE(16) + record.readUInt32LE(20) : tail.readUInt32LE(end + 4);
  if (parts !== 0)
    throw new Failure("is one part of several; put them together with: zip -s 0 FILE --out WHOLE");
  const entries = record ? Number(record.readBigUInt64LE(32)) : tail.readUInt16LE(end + 10);
  const size = record ? Number(record.readBigUInt64LE(40)) : tail.readUInt32LE(end + 12);
  const named = record ? Number(record.readBigUInt64LE(48)) : tail.readUInt32LE(end + 16);
  // What stands before the archive, such as a program that unpacks it, moves all places.
  const at = record ? named : endAt - size;
  if (at < 0 || at < named || at + size > length)
    throw new Failure("is no complete zip archive (its directory lies outside of it); make it anew");
  if (entries > MOST_ENTRIES) throw new Failure(`holds ${entries} entries, more than ${MOST_ENTRIES}`);
  return { directory: { at, size, shift: at - named }, entries };
}

/** What a zip archive holds, in the order of its directory, which is read a piece at a time. */
export function* entriesOf({ descriptor, length, directory, entries }: Zip): Generator<ZipEntry> {
  const end = directory.at + directory.size;
  let from = directory.at;
  let window: Buffer = Buffer.alloc(0);
  let at = 0;
  /** The next bytes of the directory. */
  const take = (count: number): Buffer => {
    if (at + count > window.length) {
      from += at;
      at = 0;
      window = bytesAt(descriptor, from, Math.min(Math.max(WINDOW, count), end - from));
      if (count > window.length) throw new Failure("is corrupt (its directory is cut off); make it anew");
    }
    at += count;
    return window.subarray(at - count, at);
  };
  for (let i = 0; i < entries; i++) {
    const head = Buffer.from(take(CENTRAL));
    if (head.readUInt32LE(0) !== 0x02014b50) throw new Failure("is corrupt (in its directory); make it anew");
    const [nameLength, extraLength] = [head.readUInt16LE(28), head.readUInt16LE(30)];
    const rest = Buffer.from(take(nameLength + extraLength + head.readUInt16LE(32)));
    const raw = rest.subarray(0, nameLength);
    const extra = rest.subarray(nameLength, nameLength + extraLength);
    const flags = head.readUInt16LE(8);
    const name = nameIn(raw, extra, (flags & 0x800) !== 0);
    const sizes = sizesOf(head, extra);
    const shown = plain(name).slice(0, 200);
    if ((flags & 0x2041) !== 0)
      throw new Failure(`is encrypted (${shown}); unpack it with its password, and name the folder`);
    const method = head.readUInt16LE(10);
    if (method !== 0 && method !== 8)
      throw new Failure(
        `is packed in a way that can't be read (method ${method}, ${shown}); make it with zip or as tar.gz`,
      );
    const begins = sizes.at + directory.shift;
    if (begins + LOCAL + sizes.packed > length)
      throw new Failure(`is corrupt (${shown} lies outside of it); make it anew`);
    yield {
      name,
      type: typeOf(head, name),
      crc: head.readUInt32LE(16),
      deflated: method === 8,
      ...sizes,
      at: begins,
    };
  }
}

/** Sizes and place, which large archives have in a field of their own, in this order, as far as they don't fit. */
function sizesOf(head: Buffer, extra: Buffer): { size: number; packed: number; at: number } {
  const field = extraField(extra, 0x0001) ?? Buffer.alloc(0);
  let next = 0;
  const large = (small: number): number => {
    if (small !== 0xffffffff || next + 8 > field.length) return small;
    next += 8;
    return Number(field.readBigUInt64LE(next - 8));
  };
  const size = large(head.readUInt32LE(24));
  const packed = large(head.readUInt32LE(20));
  return { size, packed, at: large(head.readUInt32LE(42)) };
}

/** Only Unix says more than whether it is a folder. */
function typeOf(head: Buffer, name: string): ZipEntry["type"] {
  const isUnix = [3, 19].includes(head.readUInt8(5));
  const format = isUnix ? (head.readUInt32LE(38) >>> 16) & 0o170000 : 0;
  if (format === 0o120000) return "link";
  if (format !== 0 && format !== 0o100000 && format !== 0o040000) return "other";
  const isFolder =
    /[/\\]$/.test(name) || format === 0o040000 || (!isUnix && (head.readUInt8(38) & 0x10) !== 0);
  return isFolder ? "folder" : "file";
}

/** Bytes of all that it holds. Throws a Failure where nobody's files are as that says. */
export function unpackedSize(zip: Zip): number {
  let [size, packed] = [0, 0];
  for (const entry of entriesOf(zip)) {
    size += entry.size;
    packed += entry.packed + LOCAL;
  }
  if (packed > zip.length)
    throw new Failure("holds entries that lie in each other, as no program packs them");
  if (size > DENSE_FROM && size > zip.length * MOST_DENSE)
    throw new Failure(
      `would become ${MOST_DENSE} times what it is and more; unpack it yourself if you trust it`,
    );
  return size;
}

/** Where what an entry holds begins in the file. */
function startOf({ descriptor }: Zip, { name, at }: ZipEntry): number {
  const head = bytesAt(descriptor, at, LOCAL);
  if (head.readUInt32LE(0) !== 0x04034b50) throw corrupt(name);
  return at + LOCAL + head.readUInt16LE(26) + head.readUInt16LE(28);
}

/** What an entry holds that fits into memory, and is most of them: streams would take many times as long. */
export function smallContentOf(zip: Zip, entry: ZipEntry): Buffer | undefined {
  const { name, packed, size, crc, deflated } = entry;
  if (packed > SMALL || size > SMALL) return undefined;
  const raw = bytesAt(zip.descriptor, startOf(zip, entry), packed);
  const content = deflated && packed > 0 ? inflated(raw, size) : raw;
  if (content?.length !== size || crc32(content) !== crc) throw corrupt(name);
  return content;
}

function inflated(raw: Buffer, size: number): Buffer | undefined {
  try {
    // It must be a byte at least.
    return inflateRawSync(raw, { maxOutputLength: size + 1 });
  } catch {
    return undefined;
  }
}

/** What one entry holds, unpacked; an error where that is not what was said of it. */
export function contentOf(zip: Zip, entry: ZipEntry): Readable {
  const { name, packed, size, crc, deflated } = entry;
  const start = startOf(zip, entry);
  let [length, sum] = [0, 0];
  const checked = new Transform({
    transform(data: Buffer, _encoding, done) {
      length += data.length;
      sum = crc32(data, sum);
      done(length > size ? corrupt(name) : null, data);
    },
    flush(done) {
      done(length === size && sum === crc ? null : corrupt(name));
    },
  });
  if (packed === 0) return checked.end();
  const read = fs.createReadStream("", {
    fd: zip.descriptor,
    autoClose: false,
    start,
    end: start + packed - 1,
  });
  // Whoever reads it gets the error.
  const done = (): void => undefined;
  if (deflated) pipeline(read, createInflateRaw(), checked, done);
  else pipeline(read, checked, done);
  return checked;
}

export function corrupt(name: string): Failure {
  return new Failure(`is corrupt (${plain(name).slice(0, 200)}); make it anew`);
}

export function bytesAt(descriptor: number, at: number, count: number): Buffer {
  const buffer = Buffer.alloc(count);
  let read = 0;
  while (read < count) {
    const more = fs.readSync(descriptor, buffer, read, count - read, at + read);
    if (more === 0) throw new Failure("is no complete archive (it ends too early); make it anew");
    read += more;
  }
  return buffer;
}
