import * as fs from "node:fs";
import type { Readable } from "node:stream";
import { newReport, ownStatements } from "./statements";

/** What stands between a dump's tables and what refers to them: triggers, routines, events and views. */
export const DEFINITIONS = "-- varvol: definitions";
/** A dump's last line: without it, it was cut off. */
export const COMPLETE = "-- varvol: complete";

/** The line that begins a database in a module's dump, by the dump's own secret; the first one names none. */
export function databaseLine(secret: string): (name: string) => string {
  return (name) => `-- varvol: databases ${secret} ${JSON.stringify(name)}`;
}

/** Bytes of a line that are looked at: rows may be of many MiB. */
const HEAD = 4096;

/** A dump as it lies in a file. */
export interface Dump {
  readonly complete: boolean;
  /** Where its definitions begin, in bytes; its size where it has none. */
  readonly definitions: number;
  readonly size: number;
  /** How many rows it has of each table. */
  readonly rows: ReadonlyMap<string, number>;
  /** Bytes of the longest line with a row of each. */
  readonly longest: ReadonlyMap<string, number>;
}

const NAME = "`((?:[^`]|``)*)`";
const TABLE = new RegExp(`^CREATE TABLE ${NAME}`);
// Where it names columns, the first row is on its line.
const INSERT = new RegExp(`^INSERT (?:[A-Z]+ )*INTO ${NAME}( \\()?`);

/** Follows a dump of ours, which has a row a line. */
export class DumpReader {
  private readonly rows = new Map<string, number>();
  private readonly longest = new Map<string, number>();
  private readonly lines = new Lines();
  /** The one whose rows come; empty within the statement that makes one. */
  private table = "";
  private definitions: number | undefined;
  private last = "";
  private size = 0;
  /** What ends within a name goes on in the next line. */
  private open = "";

  take(chunk: Buffer): void {
    for (const line of this.lines.take(chunk)) this.line(line);
  }

  end(): Dump {
    for (const line of this.lines.end()) this.line(line);
    const { last, definitions, size, rows, longest } = this;
    return { complete: last === COMPLETE, definitions: definitions ?? size, size, rows, longest };
  }

  private line({ at, head, length }: Line): void {
    this.size = at + length;
    this.last = head;
    if (this.definitions !== undefined) return;
    // What a row holds has no line ends of its own.
    if (this.open === "" && head.startsWith("(")) return this.row(length);
    const text = `${this.open}${head}`;
    this.open = length < HEAD && text.length < HEAD && endsInName(text) ? `${text}\n` : "";
    if (this.open !== "") return;
    if (text === DEFINITIONS) this.definitions = this.size;
    const made = unquoted(TABLE.exec(text)?.[1]);
    if (made !== undefined) {
      this.rows.set(made, 0);
      this.table = "";
    }
    const [, name, columns] = INSERT.exec(text) ?? [];
    if (name === undefined) return;
    this.table = unquoted(name) ?? "";
    if (columns !== undefined) this.row(length);
  }

  private row(length: number): void {
    const { table, rows, longest } = this;
    if (table === "") return;
    rows.set(table, (rows.get(table) ?? 0) + 1);
    if (length > (longest.get(table) ?? 0)) longest.set(table, length);
  }
}

/** Whether a line of SQL ends within a quoted name. */
function endsInName(text: string): boolean {
  const outside = text.replaceAll(/'(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`/g, "");
  return outside.includes("`");
}

/** Reads a dump of ours in a file. */
export async function readDump(file: string): Promise<Dump> {
  const reader = new DumpReader();
  for await (const chunk of fs.createReadStream(file, { highWaterMark: 2 ** 18 }) as AsyncIterable<Buffer>)
    reader.take(chunk);
  return reader.end();
}

/** A database in a module's dump, in bytes. */
export interface Section {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** The databases in a module's dump; undefined where it was cut off. */
export async function readSections(file: string): Promise<Section[] | undefined> {
  const found: { name: string; from: number; to: number }[] = [];
  let begins: string | undefined;
  let last = "";
  for await (const { at, head, length } of linesIn(file)) {
    last = head;
    // Before there were such lines, mariadb-dump itself named each database.
    if (at === 0) begins = /^-- varvol: databases [0-9a-f]{32} /.exec(head)?.[0];
    const name = begins
      ? head.startsWith(begins)
        ? (JSON.parse(head.slice(begins.length)) as string)
        : undefined
      : unquoted(/^CREATE DATABASE .*`((?:[^`]|``)+)`/.exec(head)?.[1]);
    const open = found.at(-1);
    if (name) found.push({ name, from: at + length, to: at + length });
    else if (open) open.to = at + length;
  }
  return last === COMPLETE ? found : undefined;
}

function unquoted(name: string | undefined): string | undefined {
  return name?.replaceAll("``", "`");
}

interface Line {
  readonly at: number;
  /** Its beginning. */
  readonly head: string;
  /** Its length in bytes, with its end. */
  readonly length: number;
}

/** The lines of what comes piece by piece. */
class Lines {
  private at = 0;
  private head: Buffer[] = [];
  private held = 0;
  private length = 0;

  *take(chunk: Buffer): Generator<Line> {
    let from = 0;
    for (let to = chunk.indexOf(10); to >= 0; to = chunk.indexOf(10, from)) {
      this.keep(chunk.subarray(from, to));
      yield this.finish(1);
      from = to + 1;
    }
    this.keep(chunk.subarray(from));
  }

  *end(): Generator<Line> {
    if (this.length > 0) yield this.finish(0);
  }

  private keep(piece: Buffer): void {
    this.length += piece.length;
    if (this.held >= HEAD) return;
    this.head.push(piece.subarray(0, HEAD - this.held));
    this.held += piece.length;
  }

  private finish(ended: number): Line {
    const line = { at: this.at, head: Buffer.concat(this.head).toString(), length: this.length + ended };
    [this.at, this.head, this.held, this.length] = [this.at + line.length, [], 0, 0];
    return line;
  }
}

async function* linesIn(file: string): AsyncGenerator<Line> {
  const lines = new Lines();
  for await (const chunk of fs.createReadStream(file, { highWaterMark: 2 ** 18 }) as AsyncIterable<Buffer>)
    yield* lines.take(chunk);
  yield* lines.end();
}

/** The statements in a part of a dump, without whom their definitions are said to be of: whoever runs them is that. */
export function statementsIn(file: string, from: number, to: number): Readable | string {
  if (from >= to) return "";
  return fs.createReadStream(file, { start: from, end: to - 1 }).pipe(ownStatements(newReport()));
}
