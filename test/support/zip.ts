import { crc32, deflateRawSync } from "node:zlib";

/** An entry of a zip archive, as whoever packed it may have written it. */
export interface ZipPart {
  /** A Buffer where it is in another character set than UTF-8. */
  readonly name: string | Buffer;
  readonly text?: string | Buffer;
  /** Unix's mode, with the kind of file. Defaults to that of a file. */
  readonly mode?: number;
  /** System that made it. Defaults to 3, Unix. */
  readonly by?: number;
  /** Bits of the entry. Defaults to none. */
  readonly flags?: number;
  /** Defaults to 8, deflated. */
  readonly method?: number;
  /** Field with more. Defaults to none. */
  readonly extra?: Buffer;
  /** What it says of its length. Defaults to what that is. */
  readonly size?: number;
  readonly crc?: number;
  /** Whether its sizes and place stand in the field for large archives. Defaults to false. */
  readonly large?: boolean;
}

/** A zip archive with just these entries; what stands before it moves no place in it. */
export function zipOf(parts: readonly ZipPart[], before = Buffer.alloc(0), large = false): Buffer {
  const pieces: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const part of parts) {
    const { mode = 0o100644, by = 3, flags = 0, method = 8 } = part;
    const text = Buffer.from(part.text ?? "");
    const packed = method === 8 ? deflateRawSync(text) : text;
    const name = Buffer.from(part.name);
    const size = part.size ?? text.length;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(flags, 6);
    local.writeUInt16LE(method, 8);
    local.writeUInt16LE(name.length, 26);
    const extra = Buffer.concat([
      part.extra ?? Buffer.alloc(0),
      part.large ? largeField(size, packed.length, at) : Buffer.alloc(0),
    ]);
    const head = Buffer.alloc(46);
    head.writeUInt32LE(0x02014b50, 0);
    head.writeUInt8(20, 4);
    head.writeUInt8(by, 5);
    head.writeUInt16LE(flags, 8);
    head.writeUInt16LE(method, 10);
    head.writeUInt32LE(part.crc ?? crc32(text), 16);
    head.writeUInt32LE(part.large ? 0xffffffff : packed.length, 20);
    head.writeUInt32LE(part.large ? 0xffffffff : size, 24);
    head.writeUInt16LE(name.length, 28);
    head.writeUInt16LE(extra.length, 30);
    head.writeUInt32LE(by === 3 ? mode * 0x10000 : 0, 38);
    head.writeUInt32LE(part.large ? 0xffffffff : at, 42);
    directory.push(Buffer.concat([head, name, extra]));
    pieces.push(local, name, packed);
    at += local.length + name.length + packed.length;
  }
  const all = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(large ? 0xffff : parts.length, 10);
  end.writeUInt32LE(large ? 0xffffffff : all.length, 12);
  end.writeUInt32LE(large ? 0xffffffff : at, 16);
  return Buffer.concat([
    before,
    ...pieces,
    all,
    large ? largeEnd(parts.length, all.length, at) : Buffer.alloc(0),
    end,
  ]);
}

function largeField(...values: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * values.length);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(8 * values.length, 2);
  values.forEach((value, i) => field.writeBigUInt64LE(BigInt(value), 4 + 8 * i));
  return field;
}

function largeEnd(entries: number, size: number, at: number): Buffer {
  const record = Buffer.alloc(56 + 20);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(BigInt(entries), 32);
  record.writeBigUInt64LE(BigInt(size), 40);
  record.writeBigUInt64LE(BigInt(at), 48);
  record.writeUInt32LE(0x07064b50, 56);
  record.writeBigUInt64LE(BigInt(at + size), 64);
  return record;
}
