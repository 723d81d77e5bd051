import * as path from "node:path";
import type { Writable } from "node:stream";
import { type Contents, contentsOf, type Definitions, definitionsIn, tablesOf } from "./contents";
import { Failure, lastLines } from "./failure";
import { read, root } from "./place";
import { output, run, type RunOptions, start } from "./process";
import { Session } from "./session";
import { identifier, literal } from "./sql";
import { WaitingDump } from "./waitingDump";

/** A database server in a container, as its administrator, who is the server's own user there. */
export class Server {
  constructor(readonly container: string) {}

  async runs(): Promise<boolean> {
    const { stdout } = await run(["docker", "inspect", "-f", "{{.State.Running}}", this.container], {
      always: true,
    });
    return stdout.trim() === "true";
  }

  /** Runs statements of ours and gives the rows of the answer; names in them are made by `identifier` and `literal`. */
  async query(statements: string, options: RunOptions = {}): Promise<string[][]> {
    const client = ["mariadb", "-N", "-B", UTF8, ...CAUTIOUS];
    const text = await output(["docker", "exec", "-i", this.container, ...client], {
      ...options,
      input: statements,
    });
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => line.split("\t"));
  }

  /** Names that a query gives in its one column, whatever characters they are of. */
  async names(column: string, rest: string, options: RunOptions = {}): Promise<string[]> {
    const rows = await this.query(`SELECT HEX(${column}) ${rest}`, options);
    return rows.map(([hex = ""]) => Buffer.from(hex, "hex").toString());
  }

  /** Everything in a database that holds values. */
  async tables(database: string, options: RunOptions = {}): Promise<string[]> {
    const found = await tablesOf((statements) => this.query(statements, options), database);
    return found.map(({ name }) => name);
  }

  /** All that a database holds. */
  contents(database: string): Promise<Contents> {
    return contentsOf((statements) => this.query(statements), database);
  }

  /** What refers to a database's tables. */
  definitions(database: string): Promise<Definitions> {
    return definitionsIn((statements) => this.query(statements), database);
  }

  /** A connection of the administrator's that stays open. */
  session(): Session {
    return Session.open(["docker", "exec", "-i", this.container, "mariadb", UTF8, ...CAUTIOUS]);
  }

  /** A database and a user of the same name that sees nothing else, with that password from now on. */
  async createUser(name: string, password: string): Promise<void> {
    const [database, user] = [identifier(name), `${identifier(name)}@'%'`];
    const as = `IDENTIFIED BY '${password.replaceAll(/[\\']/g, "\\$&")}'`;
    await this.query(
      [
        `CREATE DATABASE IF NOT EXISTS ${database} CHARACTER SET utf8mb4;`,
        `CREATE USER IF NOT EXISTS ${user} ${as};`,
        `ALTER USER ${user} ${as};`,
        `GRANT ALL PRIVILEGES ON ${database}.* TO ${user};`,
      ].join("\n"),
    );
  }

  /** Makes a database anew: what it held is gone. */
  async makeAnew(database: string, options: RunOptions = {}): Promise<void> {
    const name = identifier(database);
    await this.query(
      `DROP DATABASE IF EXISTS ${name}; CREATE DATABASE ${name} CHARACTER SET utf8mb4`,
      options,
    );
  }

  /** Moves all tables in one statement. Triggers would not go along: they are dropped, and made again by their definitions. */
  async moveTables(from: string, to: string, options: RunOptions = {}): Promise<void> {
    const triggers = await this.names(
      "trigger_name",
      `FROM information_schema.triggers WHERE trigger_schema = ${literal(from)}`,
      options,
    );
    const tables = await this.tables(from, options);
    const [source, target] = [identifier(from), identifier(to)];
    const renames = tables.map((table) => `${source}.${identifier(table)} TO ${target}.${identifier(table)}`);
    await this.query(
      [
        ...triggers.map((trigger) => `DROP TRIGGER ${source}.${identifier(trigger)};`),
        ...(renames.length > 0 ? [`RENAME TABLE ${renames.join(", ")};`] : []),
      ].join("\n"),
      options,
    );
  }

  /** Waits for a server that is only just starting. */
  async untilReady(seconds: number): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    while (Date.now() < deadline) {
      const { code } = await run(["docker", "exec", this.container, "mariadb", "-e", "SELECT 1"], {
        always: true,
      });
      if (code === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }

  /** Writes what mariadb-dump prints; its names come after a word that ends its options. Throws its last words. */
  async dump(options: readonly string[], names: readonly string[], into: Writable): Promise<void> {
    const dump = this.dumpOnWord(options, names);
    dump.pipeTo(into);
    dump.go();
    await dump.ended;
  }

  /** The same, which has started and waits for a word before it connects; it takes no more memory (in bytes) than that. */
  dumpOnWord(options: readonly string[], names: readonly string[], memory?: number): WaitingDump {
    const kib = memory === undefined ? "unlimited" : String(Math.floor(memory / 1024));
    const onWord = ["sh", "-c", 'ulimit -v "$1" && shift && read -r _ && exec "$@"', "dump", kib];
    const words = ["mariadb-dump", ...DUMPING, ...options, "--", ...names];
    return new WaitingDump(
      start(["docker", "exec", "-i", this.container, ...onWord, ...words], ["pipe", "pipe", "pipe"]),
    );
  }

  /** Writes what makes a database's triggers, routines, events and views: what tables don't take along when they move. */
  async dumpDefinitions(
    database: string,
    { views, broken }: Pick<Definitions, "views" | "broken">,
    into: Writable,
  ): Promise<void> {
    const without = [...views, ...broken].map((view) => `--ignore-table=${database}.${view}`);
    const none = [
      "--no-data",
      "--no-create-info",
      "--skip-lock-tables",
      "--triggers",
      "--routines",
      "--events",
    ];
    await this.dump([...none, ...without], [database], into);
    if (views.length > 0) await this.dumpViews(database, views, into);
  }

  async dumpViews(database: string, views: readonly string[], into: Writable): Promise<void> {
    await this.dump(["--no-data", "--skip-lock-tables", "--skip-triggers"], [database, ...views], into);
  }

  /**
   * Has a site's own user run statements that somebody else wrote: they reach what that user may reach, and nothing
   * else. The client runs as nobody, and takes none of its own commands (`\!`, `source`) from them.
   */
  async runAs(
    user: string,
    password: string,
    database: string,
    statements: RunOptions["input"],
    { force = false, ...options }: RunOptions & { force?: boolean } = {},
  ): Promise<void> {
    await this.query(`SET GLOBAL max_allowed_packet = ${LOAD_PACKET}`, options);
    // For a long value the server asks for eight times its length, most of which it never touches. An image of one's own may lack it.
    await run(["docker", "exec", this.container, "prlimit", "--pid", "1", "--data=unlimited:"], options);
    const connection = [
      // A dump may say otherwise.
      UTF8,
      PACKET,
      "--init-command=SET SESSION max_statement_time = 0",
      "--protocol=tcp",
      "-h",
      "127.0.0.1",
      "-u",
      user,
      ...(force ? ["--force"] : []),
    ];
    const exec = ["docker", "exec", "-i", "-u", "65534:65534", "-e", "MYSQL_PWD", this.container];
    const { code, stderr } = await run([...exec, "mariadb", ...CAUTIOUS, ...connection, "--", database], {
      ...options,
      input: statements,
      env: { MYSQL_PWD: password },
    });
    if (code !== 0 && !force) throw new Failure(lastLines(stderr, 2));
  }

  /** Whether a site's user may add anything to its database; it may read and remove in any case. */
  async setWriting(name: string, allowed: boolean): Promise<void> {
    const [on, user] = [`ON ${identifier(name)}.*`, `${identifier(name)}@'%'`];
    const all = `GRANT ALL PRIVILEGES ${on} TO ${user};`;
    await this.query(allowed ? all : `${all}\nREVOKE ${ADDING} ${on} FROM ${user};`);
  }

  /** Ends a user's connections, with what they are doing: they have the rights that they came with, and hold locks. */
  async endConnections(user: string, options: RunOptions = {}): Promise<void> {
    await this.query(`KILL HARD CONNECTION USER ${identifier(user)}@'%'`, options);
  }

  /** Has a site's user run statements in a database of ours. */
  async lend(database: string, user: string, options: RunOptions = {}): Promise<void> {
    await this.query(`GRANT ALL PRIVILEGES ON ${identifier(database)}.* TO ${identifier(user)}@'%'`, options);
  }

  async takeBack(database: string, user: string, options: RunOptions = {}): Promise<void> {
    // Nothing to take where the grant was never made.
    await this.query(
      `REVOKE ALL PRIVILEGES ON ${identifier(database)}.* FROM ${identifier(user)}@'%'`,
      options,
    ).catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
    });
  }
}

/** Bytes of a statement that loads what was dumped: a row of 64 MiB, twice that as it is written. The server's guard takes it back. */
const LOAD_PACKET = 160 * 1024 * 1024;
/** A client's own limit of a row: the server's is what counts. */
const PACKET = "--max-allowed-packet=1G";
// It says when its transaction has begun.
const DUMPING = ["--skip-comments", "--verbose", PACKET];

/** What statements of ours are written in, whatever the client takes for its own. */
const UTF8 = "--default-character-set=utf8mb4";

/** Of the client's own commands only DELIMITER; nothing read from the files beside it. */
const CAUTIOUS = ["--binary-mode", "--sandbox", "--skip-local-infile"];

/** What makes a database larger. */
const ADDING =
  "INSERT, UPDATE, CREATE, ALTER, INDEX, CREATE TEMPORARY TABLES, CREATE VIEW, CREATE ROUTINE, ALTER ROUTINE, TRIGGER, EVENT";

/** The password of a site's database user. */
export function passwordOf(site: string): string {
  const password = read(path.join(root, site, "secrets", "database"));
  if (password === undefined) throw new Failure(`${site} has no database user; run: npx varvol up`);
  return password;
}
