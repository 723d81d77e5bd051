import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { finished, PassThrough, type Readable, Transform } from "node:stream";
import { createGunzip } from "node:zlib";
import { Failure, lastLines } from "./failure";
import { newReport, ownStatements, type Report } from "./statements";
import { closeZip, contentOf, entriesOf, isZip, openZip } from "./zip";

/** Bytes that tell how a file is packed, by whom, and in which characters it is written. */
const BEGINS = 8;

const PROGRAMS: readonly [begins: string, program: readonly string[]][] = [
  ["BZh", ["bzip2", "-dc"]],
  ["\xfd7zXZ\0", ["xz", "-dc"]],
  ["\x28\xb5\x2f\xfd", ["zstd", "-dcq"]],
];

/** The text of a dump in UTF-8, however it is packed and whatever its name says. Errors are Failures, in its own words. */
export function dumpText(file: string): Readable {
  const begins = firstBytes(file);
  const read = fs.createReadStream(file, { highWaterMark: 2 ** 18 });
  const program = PROGRAMS.find(([magic]) => begins.startsWith(magic))?.[1];
  if (isZip(begins)) return decoded(zipped(file));
  if (begins.startsWith("\x1f\x8b")) return decoded(through(read, createGunzip()));
  return decoded(program ? unpackedBy(program, read) : read);
}

function firstBytes(file: string): string {
  const begin = Buffer.alloc(BEGINS);
  const descriptor = fs.openSync(file, "r");
  const length = fs.readSync(descriptor, begin, 0, BEGINS, 0);
  fs.closeSync(descriptor);
  return begin.toString("latin1", 0, length);
}

/** The one dump in a zip archive. */
function zipped(file: string): Readable {
  try {
    const zip = openZip(file);
    const files = [...entriesOf(zip)].filter(
      ({ type, name }) => type === "file" && !/(?:^|\/)(?:__MACOSX\/|\._)/.test(name),
    );
    const dumps = files.filter(({ name }) => /\.sql(?:\.gz)?$/i.test(name));
    const [one, ...more] = dumps.length > 0 ? dumps : files;
    if (!one || more.length > 0) {
      closeZip(zip);
      const what = more.length > 0 ? `${more.length + 1} files` : "nothing";
      throw new Failure(
        `is a zip archive of ${what}, not of one dump; unpack it, and name the .sql file in it`,
      );
    }
    const content = contentOf(zip, one);
    finished(content, () => closeZip(zip));
    return one.name.toLowerCase().endsWith(".gz") ? through(content, createGunzip()) : content;
  } catch (error) {
    if (error instanceof Failure) return failing(error);
    throw error;
  }
}

/** Through another stream, with the errors of both. */
function through<Next extends Transform>(from: Readable, into: Next): Next {
  from.on("error", (error) => into.destroy(error));
  finished(into, () => from.destroy());
  return from.pipe(into);
}

function failing(error: Error): Readable {
  const stream = new PassThrough();
  process.nextTick(() => stream.destroy(error));
  return stream;
}

function unpackedBy([program = "", ...args]: readonly string[], from: Readable): Readable {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
  const out = new PassThrough();
  const errors: Buffer[] = [];
  child.stderr.on("data", (data: Buffer) => errors.push(data));
  child.stdin.on("error", () => from.destroy());
  child.on("error", () =>
    out.destroy(new Failure(`is packed by ${program}, which is not here; unpack it first`)),
  );
  child.on("close", (code) => {
    if (code === 0) out.end();
    else out.destroy(new Failure(`is corrupt (${lastLines(Buffer.concat(errors).toString(), 1)})`));
  });
  from.pipe(child.stdin);
  child.stdout.pipe(out, { end: false });
  finished(out, () => child.kill());
  return out;
}

/** Without a byte order mark, which the client would take for a word; from UTF-16, as Windows' shells write it. */
function decoded(from: Readable): Readable {
  let decoder: TextDecoder | undefined;
  let head: Buffer | undefined = Buffer.alloc(0);
  const begin = (first: Buffer): Buffer => {
    head = undefined;
    const mark = first.toString("latin1", 0, 3);
    if (mark.startsWith("\xff\xfe")) decoder = new TextDecoder("utf-16le");
    if (mark.startsWith("\xfe\xff")) decoder = new TextDecoder("utf-16be");
    return mark === "\xef\xbb\xbf" ? first.subarray(3) : first;
  };
  const text = (data: Buffer, last = false): Buffer =>
    decoder ? Buffer.from(decoder.decode(data, { stream: !last })) : data;
  return through(
    from,
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        if (head === undefined) return done(null, text(chunk));
        head = Buffer.concat([head, chunk]);
        if (head.length < 3) return done();
        done(null, text(begin(head)));
      },
      flush(done) {
        done(null, text(head === undefined ? Buffer.alloc(0) : begin(head), true));
      },
    }),
  );
}

/** What is wrong with a stranger's dump, before anything is made of it; undefined where nothing is seen. */
export async function dumpProblem(file: string): Promise<string | undefined> {
  const report = newReport();
  const ends = new Ends();
  try {
    const statements = through(
      dumpText(file).on("data", (data: Buffer) => ends.take(data)),
      ownStatements(report),
    );
    // Only the report is wanted.
    for await (const piece of statements) void piece;
  } catch (error) {
    return error instanceof Failure ? error.message : `is corrupt (${(error as Error).message})`;
  }
  if (report.made === 0) return "is no SQL dump (no CREATE or INSERT in it); name a .sql file, packed or not";
  if (ends.isCutOff()) return 'is cut off (it does not end with "-- Dump completed")';
  return severalDatabases(report);
}

/** Which of several databases a site's would be is nothing to guess. */
export function severalDatabases({ databases }: Report): string | undefined {
  if (databases.size < 2) return undefined;
  return `is of several databases (${[...databases].join(", ")}); export one of them`;
}

/**
 * Whether a dump of mysqldump's or mariadb-dump's has come to its end, and each of several in one file: a line tells a whole
 * one from one that was cut off between statements. What others have put behind it is no part of it.
 */
class Ends {
  private rest = Buffer.from("\n");
  private open = false;
  private cut = false;

  take(data: Buffer): void {
    const text = Buffer.concat([this.rest, data]);
    let at = text.indexOf(COMMENT);
    while (at >= 0 && at + LONGEST_LINE <= text.length) {
      this.look(text, at);
      at = text.indexOf(COMMENT, at + 1);
    }
    this.rest = text.subarray(at < 0 ? -COMMENT.length : at);
  }

  isCutOff(): boolean {
    const { rest } = this;
    for (let at = rest.indexOf(COMMENT); at >= 0; at = rest.indexOf(COMMENT, at + 1)) this.look(rest, at);
    return this.cut || this.open;
  }

  private look(text: Buffer, at: number): void {
    const line = text.toString("latin1", at + COMMENT.length, at + LONGEST_LINE);
    const begins = /^(?:MySQL|MariaDB) dump/.test(line);
    if (begins && this.open) this.cut = true;
    if (begins || line.startsWith("Dump completed")) this.open = begins;
  }
}

const COMMENT = "\n-- ";
const LONGEST_LINE = 32;
