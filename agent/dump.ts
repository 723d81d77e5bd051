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
}

const TABLE = /^CREATE TABLE `((?:[^`]|``)*)`/;
const INSERT = /^INSERT (?:[A-Z]+ )*INTO `((?:[^`]|``)*)`/;

/** Reads a dump of ours, which has a row a line. */
export async function readDump(file: string): Promise<Dump> {
  const rows = new Map<string, number>();
  let table = "";
  let definitions: number | undefined;
  let last = "";
  let size = 0;
  for await (const { at, head, length } of lines(file)) {
    size = at + length;
    last = head;
    if (definitions !== undefined) continue;
    if (head === DEFINITIONS) definitions = size;
    else if (head.startsWith("(")) rows.set(table, (rows.get(table) ?? 0) + 1);
    else {
      const made = unquoted(TABLE.exec(head)?.[1]);
      if (made !== undefined) rows.set(made, 0);
      table = unquoted(INSERT.exec(head)?.[1]) ?? table;
    }
  }
  return { complete: last === COMPLETE, definitions: definitions ?? size, size, rows };
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
  for await (const { at, head, length } of lines(file)) {
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

async function* lines(file: string): AsyncGenerator<Line> {
  let at = 0;
  let head: Buffer[] = [];
  let held = 0;
  let length = 0;
  const keep = (piece: Buffer): void => {
    length += piece.length;
    if (held >= HEAD) return;
    head.push(piece.subarray(0, HEAD - held));
    held += piece.length;
  };
  const finish = (ended: number): Line => {
    const line = { at, head: Buffer.concat(head).toString(), length: length + ended };
    [at, head, held, length] = [at + line.length, [], 0, 0];
    return line;
  };
  for await (const chunk of fs.createReadStream(file, { highWaterMark: 2 ** 18 }) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let to = chunk.indexOf(10); to >= 0; to = chunk.indexOf(10, from)) {
      keep(chunk.subarray(from, to));
      yield finish(1);
      from = to + 1;
    }
    keep(chunk.subarray(from));
  }
  if (length > 0) yield finish(0);
}

/** The statements in a part of a dump, without whom their definitions are said to be of: whoever runs them is that. */
export function statementsIn(file: string, from: number, to: number): Readable | string {
  if (from >= to) return "";
  return fs.createReadStream(file, { start: from, end: to - 1 }).pipe(ownStatements(newReport()));
}
