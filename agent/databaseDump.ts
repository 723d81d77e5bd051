import type { Writable } from "node:stream";
import {
  type Contents,
  countRows,
  definitionsIn,
  hexRows,
  type Query,
  sequencesIn,
  type Table,
  tablesOf,
} from "./contents";
import { DEFINITIONS, DumpReader } from "./dump";
import { Failure, plain } from "./failure";
import type { Server } from "./mysql";
import { both, sleep } from "./process";
import { longestIn, roomIn } from "./rowRoom";
import type { Session } from "./session";
import { identifier, literal } from "./sql";

/** What came of a database's dump. */
export interface Dumped {
  readonly contents: Contents;
  /** Tables that were locked meanwhile, as they have no transactions. */
  readonly locked: readonly string[];
}

const HOW = [
  ...["--quick", "--hex-blob", "--single-transaction", "--dump-history", "--skip-triggers"],
  // A row whose default is a sequence's next value can't be put into a table that is locked.
  "--skip-add-locks",
];

/**
 * Writes a database's tables, and then what refers to them, as statements; gives what the server says that it holds. Both
 * are of one moment: nothing is written to the tables until the transactions of both have begun, which takes some
 * hundredths of a second; or until the end, where a table has no transactions.
 */
export async function dumpDatabase(server: Server, database: string, into: Writable): Promise<Dumped> {
  const counter = server.session();
  const ask: Query = (statements) => counter.query(statements);
  try {
    const { views, broken } = await definitionsIn(ask, database);
    const without = [...views, ...broken].map((view) => `--ignore-table=${database}.${view}`);
    // It has started, and waits for a word: what comes after the lock is short.
    const room = await roomIn(server, ask);
    const dump = server.dumpOnWord(
      [...HOW, ...without],
      [database],
      room === undefined ? undefined : Math.max(LEAST, CLIENT * room),
    );
    const reader = new DumpReader();
    dump.out.on("data", (data: Buffer) => reader.take(data));
    dump.pipeTo(into);
    const [{ tables, counts, others }] = await both(
      counted(server, ask, database, dump).catch((error: unknown) => {
        dump.stop();
        throw error;
      }),
      dump.ended,
    );
    const written = reader.end();
    compare(counts, written.rows);
    const large = [...written.longest].filter(([, length]) => length > LARGE).map(([name]) => name);
    if (room !== undefined) for (const name of large) await refuseTooLarge(ask, database, name, room);
    into.write(`${DEFINITIONS}\n`);
    const definitions = await dumpDefinitions(server, ask, database, into);
    return { contents: { tables: counts, sequences: sequencesIn(tables), ...definitions }, locked: others };
  } finally {
    await counter.close();
  }
}

/** Begins a dump that waits for it, and counts the rows that it has. */
async function counted(
  server: Server,
  ask: Query,
  database: string,
  dump: { readonly go: () => void; readonly begun: Promise<void>; readonly ended: Promise<void> },
) {
  const { tables, locker } = await locked(server, ask, database);
  try {
    dump.go();
    await both(
      dump.begun,
      ask(
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ; START TRANSACTION WITH CONSISTENT SNAPSHOT",
      ),
    );
    const others = tables.filter(isBare);
    if (others.length === 0) await locker.close();
    const counts = await countRows(ask, database, tables);
    if (others.length > 0) await dump.ended;
    return { tables, counts, others: others.map(({ name, engine }) => `${name} (${engine})`) };
  } finally {
    await locker.close();
  }
}

/** Whether it has no transactions. */
function isBare({ type, engine }: Table): boolean {
  return type !== "SEQUENCE" && engine !== "InnoDB";
}

/** Seconds that whoever writes to a database may be held up, and how often that is tried. */
const HOLD = 3;
const TRIES = 4;
/** Seconds for the same where there are tables without transactions, and no other way. */
const LONG_HOLD = 300;

/** A database's tables, to which nothing is written until the session ends. */
async function locked(
  server: Server,
  ask: Query,
  database: string,
): Promise<{ readonly tables: readonly Table[]; readonly locker: Session }> {
  for (let tries = TRIES; ; tries--) {
    const tables = await tablesOf(ask, database);
    const locker = server.session();
    try {
      await locker.query(lockStatements(database, tables, tries === 1));
      if (JSON.stringify(await tablesOf(ask, database)) === JSON.stringify(tables)) return { tables, locker };
    } catch (error) {
      if (tries === 1 || !(error instanceof Failure)) throw error;
    }
    await locker.close();
    await sleep(1000);
  }
}

/**
 * A table's lock waits for transactions that have written to it. Where one does not end, nobody's transactions end for that
 * moment.
 */
function lockStatements(database: string, tables: readonly Table[], last: boolean): string {
  const held = tables.filter(({ type }) => type !== "SEQUENCE");
  if (held.length === 0) return "DO 0";
  const bare = held.some(isBare);
  const wait = `SET SESSION lock_wait_timeout = ${last && bare ? LONG_HOLD : HOLD}`;
  if (last && !bare) return `${wait}; BACKUP STAGE START; BACKUP STAGE BLOCK_COMMIT`;
  const all = held.map(({ name }) => `${identifier(database)}.${identifier(name)} READ`);
  return `${wait}; LOCK TABLES ${all.join(", ")}`;
}

/** A table that was altered meanwhile has other rows in the dump than it had. */
function compare(counts: Contents["tables"], written: ReadonlyMap<string, number>): void {
  for (const [name, count] of counts) {
    if (written.get(name) === count) continue;
    throw new Failure(
      `${plain(name)} was changed while it was dumped: ${written.get(name) ?? "none"} of its ${count} rows are in the dump; take the backup again`,
    );
  }
}

/** Bytes of a row's line from which on the row itself is looked at. */
const LARGE = 2 ** 24;
/**
 * The share of the room beside the server that the client may ask for, which is in the same container, and what it needs at least.
 * It touches half of that: with a row of 64 MiB both together took 321 MiB of 512.
 */
const CLIENT = 1;
const LEAST = 64 * 2 ** 20;

/** One that the server has no memory to take again would end it, for every site. */
async function refuseTooLarge(ask: Query, database: string, table: string, room: number): Promise<void> {
  const of = `table_schema = ${literal(database)} AND table_name = ${literal(table)}`;
  const lengths = await hexRows(
    ask,
    ["column_name"],
    `FROM information_schema.columns WHERE ${of} AND character_octet_length IS NOT NULL`,
  );
  const sum =
    lengths.map(([name = ""]) => `COALESCE(OCTET_LENGTH(${identifier(name)}), 0)`).join(" + ") || "0";
  const [[size = "0"] = []] = await ask(
    `SELECT MAX(${sum}) FROM ${identifier(database)}.${identifier(table)}`,
  );
  if (Number(size) <= longestIn(room)) return;
  throw new Failure(
    `a row of ${plain(table)} has ${Math.ceil(Number(size) / 2 ** 20)} MiB, and putting it back takes more memory than MySQL has on this host; make it shorter, or keep the site on a host of a kind with more`,
  );
}

async function dumpDefinitions(server: Server, ask: Query, database: string, into: Writable) {
  // The transaction has seen what it was to see.
  await ask("COMMIT");
  const before = await definitionsIn(ask, database);
  await server.dumpDefinitions(database, before, into);
  const after = await definitionsIn(ask, database);
  if (JSON.stringify(before) !== JSON.stringify(after))
    throw new Failure(
      "views, triggers, routines or events were changed while they were dumped; take the backup again",
    );
  return after;
}
