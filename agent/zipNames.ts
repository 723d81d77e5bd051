import { crc32 } from "node:zlib";

/** The upper half of IBM's code page 437, in which a zip archive's names are that say nothing else. */
const CP437 =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A name in a zip archive: UTF-8 where it says so, or has the name in that besides; or where it is that, as most programs
 * write it without saying so; else of the old code page.
 */
export function nameIn(raw: Buffer, extra: Buffer, isUtf8: boolean): string {
  const unicode = isUtf8 ? undefined : unicodeName(raw, extra);
  try {
    return UTF8.decode(unicode ?? raw);
  } catch {
    return Array.from(raw, (byte) => (byte < 128 ? String.fromCharCode(byte) : CP437[byte - 128])).join("");
  }
}

/** Info-ZIP's field with the name in UTF-8, which counts as long as the other name is the one that it was made for. */
function unicodeName(raw: Buffer, extra: Buffer): Buffer | undefined {
  const field = extraField(extra, 0x7075);
  return field && field.length >= 5 && field.readUInt32LE(1) === crc32(raw) ? field.subarray(5) : undefined;
}

/** What an entry says beside its own fields, by the number of what it is. */
export function extraField(extra: Buffer, id: number): Buffer | undefined {
  for (let at = 0; at + 4 <= extra.length;) {
    const length = extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === id) return extra.subarray(at + 4, at + 4 + length);
    at += 4 + length;
  }
  return undefined;
}

/**
 * The way of an entry below the folder that it is unpacked into: as Windows writes it, too, and without a root or a drive
 * before it. Undefined where it leads out, or is no name of a file.
 */
export function wayBelow(name: string): string | undefined {
  const parts = name
    .replaceAll("\\", "/")
    .replace(/^[A-Za-z]:(?=\/)/, "")
    .split("/")
    .filter((part) => part !== "" && part !== ".");
  const isPlain = parts.every(
    (part) => part !== ".." && !part.includes("\0") && Buffer.byteLength(part) < 256,
  );
  return isPlain && parts.length > 0 ? parts.join("/") : undefined;
}
