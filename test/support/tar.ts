/** An entry of a tar archive, which may be of any kind that the format has. */
export interface Entry {
  readonly name: string;
  /** 0 file, 1 hard link, 2 link, 3 device, 5 folder, 6 pipe. Defaults to file. */
  readonly type?: "0" | "1" | "2" | "3" | "5" | "6";
  readonly content?: string;
  readonly target?: string;
  /** Defaults to 0644. */
  readonly mode?: number;
}

const BLOCK = 512;

/** A tar archive, in the format of POSIX 1988 (ustar), of names with at most 100 bytes. */
export function tar(entries: readonly Entry[]): Buffer {
  return Buffer.concat([...entries.flatMap(blocks), Buffer.alloc(2 * BLOCK)]);
}

function blocks({ name, type = "0", content = "", target = "", mode = 0o644 }: Entry): Buffer[] {
  const header = Buffer.alloc(BLOCK);
  const body = Buffer.from(content);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
  header.write(name, 0, 100);
  header.write(octal(mode, 7) + octal(0, 7) + octal(0, 7) + octal(body.length, 11) + octal(0, 11), 100);
  header.write(" ".repeat(8), 148);
  header.write(type, 156);
  header.write(target, 157, 100);
  header.write("ustar\x0000", 257, "latin1");
  // The null device's numbers
  header.write(octal(1, 7) + octal(3, 7), 329);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return [header, body, Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK)];
}
