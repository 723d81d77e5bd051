import * as fs from "node:fs";
import { dumpText, severalDatabases } from "./dumpText";
import { Failure, plain, Wanted } from "./failure";
import { beginImport, tellLeftOut } from "./imports";
import { LONGEST } from "./largeRows";
import { lock } from "./lock";
import { Server } from "./mysql";
import { isRestoring, remove, state } from "./place";
import type { LeftOut, RequestOf } from "./protocol";
import { longestIn, roomIn } from "./rowRoom";
import { newReport, ownStatements, type Report, withOwnLine } from "./statements";

/** Tables that say how far an import has come: the site itself finishes it, with its own address for the old one. */
const IMPORTING = "varvol_importing";
const IMPORTED = "varvol_import";

/** Where files lie that were sent to this machine to be imported, and to nothing else. */
const SENT = `${state}/import/`;

/** Fills an empty database from a dump of a stranger's: all of it, or nothing. */
export async function loadForeign({ container, database, password, dump }: RequestOf<"load">): Promise<void> {
  const held = await lock(`database-${database}`, "import");
  try {
    const server = new Server(container);
    const tables = await server.tables(database);
    const begun = tables.includes(IMPORTING);
    // A host that comes back from its backups gets the database from there; the dump may be long gone.
    if (!isRestoring() && (begun || tables.length === 0)) {
      if (!fs.existsSync(dump)) throw missing(dump, "correct the site's import.database");
      beginImport(database);
      await server.makeAnew(database);
      await server.query(`CREATE TABLE \`${database}\`.${IMPORTING} (id INT)`);
      const report = await filled(server, database, { name: database, password }, dump);
      await server.query(
        `CREATE TABLE \`${database}\`.${IMPORTED} (id INT); DROP TABLE \`${database}\`.${IMPORTING}`,
      );
      tellLeftOut(leftOutOf(database, report));
    }
    discard(dump);
  } finally {
    await held.release();
  }
}

/** Fills a database that holds nothing of anybody's, as a site's user; it is empty again where that fails. */
export async function filled(
  server: Server,
  database: string,
  user: { readonly name: string; readonly password: string },
  dump: string,
): Promise<Report> {
  const report = newReport();
  const unread: Error[] = [];
  try {
    const room = await roomIn(server, (statements) => server.query(statements));
    const text = dumpText(dump);
    const statements = text.pipe(
      ownStatements(report, room === undefined ? LONGEST : Math.min(LONGEST, longestIn(room))),
    );
    text.on("error", (error) => {
      unread.push(error);
      statements.end();
    });
    await server.runAs(user.name, user.password, database, statements);
    const several = severalDatabases(report);
    if (unread.length > 0 || several !== undefined) throw new Failure(several ?? "");
    return report;
  } catch (error) {
    await server.makeAnew(database, { always: true });
    if (!(error instanceof Failure)) throw error;
    discard(dump);
    // What the file itself lacks says more than what the server made of its beginning.
    const why = unread[0]?.message ?? withOwnLine(error.message, report);
    throw new Failure(`import: ${dump} can't be read into the database: ${why}`);
  }
}

/** What is said of statements that were left out. */
export function leftOutOf(name: string, { leftOut, definers }: Report): LeftOut {
  const all = [...leftOut, ...(definers > 0 ? [["DEFINER", definers] as const] : [])];
  const count = all.reduce((sum, [, times]) => sum + times, 0);
  const first = all.slice(0, 10).map(([what, times]) => `${times} × ${plain(what)}`);
  return { type: "left-out", name, what: "statements", count, first };
}

/** Sent over ssh it may only not have come yet. */
export function missing(source: string, remedy: string): Failure {
  return source.startsWith(SENT)
    ? new Wanted(`import: ${source} is not there yet`)
    : new Failure(`import: ${source} does not exist on this host; ${remedy}`);
}

/** Removes what was sent; what lies on the host itself is not Varvol's. */
export function discard(source: string): void {
  if (source.startsWith(SENT)) remove(source);
}
