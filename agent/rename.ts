import * as fs from "node:fs";
import * as path from "node:path";
import { PassThrough, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { aloneWithRepository } from "./alone";
import { containersOf, startContainer, stopWithin } from "./containers";
import { type Definitions, missingDefinitions } from "./contents";
import { Failure, plain } from "./failure";
import { type Lock, lock } from "./lock";
import { passwordOf, Server } from "./mysql";
import { PURGE_FOLDER } from "./places";
import { list, read, readPlace, remove, root, settings, state, write } from "./place";
import { both } from "./process";
import type { RequestOf } from "./protocol";
import { newReport, ownStatements } from "./statements";

/** Seconds that a request has to end before PHP is stopped: visitors wait from then on. */
const PATIENCE = 10;

/** Gives a site's data and its database another name, once; what a killed job has begun goes on from where it was. */
export async function rename(request: RequestOf<"rename">): Promise<void> {
  const held = await alone(`rename ${request.formerly}`);
  try {
    await new Rename(request).perform();
  } finally {
    await held.release();
  }
}

/** No backup reads, and no restore switches, what is renamed meanwhile. */
function alone(who: string): Promise<Lock> {
  const hasBackups = fs.existsSync(path.join(settings, "host"));
  return hasBackups ? aloneWithRepository(readPlace(), who) : lock("backup", who);
}

/** The data of both names, where there is any. */
interface Holding {
  readonly former: readonly string[];
  readonly now: readonly string[];
}

class Rename {
  private readonly name: string;
  private readonly formerly: string;
  private readonly from: string;
  private readonly to: string;
  /** What it is in the middle of, and what tables don't take along when they move. */
  private readonly journal: string;
  private readonly server: Server;
  private readonly hasDatabase: boolean;

  constructor(private readonly request: RequestOf<"rename">) {
    const { site, formerly, namespace } = request;
    this.name = site.name;
    this.formerly = formerly;
    this.from = path.join(root, formerly);
    this.to = path.join(root, site.name);
    this.journal = journalOf(site.name);
    this.server = new Server(`${namespace}mysql`);
    this.hasDatabase = site.database;
  }

  async perform(): Promise<void> {
    if (this.hasDatabase && !(await this.server.runs()))
      throw this.failure("MySQL does not run, and its database is to be renamed; see: npx varvol status");
    this.turnBack();
    const begun = read(this.file("formerly"));
    if (begun !== undefined && begun !== this.formerly)
      throw this.failure(
        `it is in the middle of being renamed from ${begun}; put \`formerly: ${begun}\` back, and run: npx varvol up`,
      );
    if (begun === undefined && !(await this.begin())) return;
    if (begun !== undefined) {
      await this.stopPhp();
      this.moveFiles();
    }
    moveMemory(this.formerly, this.name);
    if (this.hasDatabase) await this.moveDatabase();
    remove(this.journal);
  }

  /** The way back from a rename that was cut off is to go on with it, the other way round. */
  private turnBack(): void {
    const other = journalOf(this.formerly);
    if (read(path.join(other, "formerly")) !== this.name) return;
    remove(this.journal);
    fs.renameSync(other, this.journal);
    write(this.file("formerly"), this.formerly);
  }

  /** Whether there is anything to be renamed; then it has begun. Where that fails, all is as before. */
  private async begin(): Promise<boolean> {
    const { former, now } = await this.holding();
    if (former.length > 0 && now.length > 0)
      throw this.failure(
        `there is data of both: ${[...former, ...now].join(", ")}. Nothing was changed. To keep what ${this.formerly} has, take ${this.name} out of the stack file, run \`npx varvol up\` and \`npx varvol purge ${this.name}\`, and put it back; to keep what ${this.name} has, take \`formerly\` out`,
      );
    if (now.length > 0 || !(fs.existsSync(this.from) || former.length > 0)) return false;
    remove(this.journal);
    let stopped: readonly string[] = [];
    try {
      stopped = await this.stopPhp();
      if (this.hasDatabase) await this.keepDefinitions();
      write(this.file("formerly"), this.formerly);
      this.moveFiles();
      return true;
    } catch (error) {
      remove(this.journal);
      await Promise.all(stopped.map(startContainer));
      throw error;
    }
  }

  private async holding(): Promise<Holding> {
    const of = async (name: string, folder: string): Promise<string[]> => [
      ...(holdsData(folder) ? [folder] : []),
      ...(this.hasDatabase && (await this.server.tables(name)).length > 0 ? [`the database ${name}`] : []),
    ];
    return { former: await of(this.formerly, this.from), now: await of(this.name, this.to) };
  }

  /**
   * Nothing writes to the database any more; whatever works with files alone goes on, as these stay the same ones. Gives
   * the containers that ran.
   */
  private async stopPhp(): Promise<string[]> {
    if (!this.hasDatabase) return [];
    const containers = await containersOf(this.request, this.formerly, "php");
    const running = containers.filter(({ State }) => State.Running).map(({ Id }) => Id);
    await Promise.all(running.map((id) => stopWithin(id, PATIENCE)));
    if ((await this.users()).includes(this.formerly)) await this.server.endConnections(this.formerly);
    return running;
  }

  private moveFiles(): void {
    if (fs.existsSync(this.from)) {
      // A refusal came before, unless somebody has put something there since.
      if (holdsData(this.to)) throw this.failure(`${this.to} holds data, which ${this.from} would replace`);
      remove(this.to);
      fs.renameSync(this.from, this.to);
    }
    // Whoever puts the former name back into the stack file is to be told where the data is.
    remove(noteOf(this.name));
    write(noteOf(this.formerly), `${this.name}\n`);
  }

  private async moveDatabase(): Promise<void> {
    const { server, name, formerly } = this;
    const users = await this.users();
    if (users.includes(formerly) && !users.includes(name))
      await server.query(`RENAME USER '${formerly}'@'%' TO '${name}'@'%'`);
    await server.createUser(name, passwordOf(name));
    if (await this.hasFormerDatabase()) await server.moveTables(formerly, name);
    await this.define();
    if (await this.hasFormerDatabase()) await this.dropFormer();
    await server.query(`DROP USER IF EXISTS '${formerly}'@'%'`);
  }

  private async hasFormerDatabase(): Promise<boolean> {
    const found = await this.server.names(
      "schema_name",
      `FROM information_schema.schemata WHERE schema_name = '${this.formerly}'`,
    );
    return found.length > 0;
  }

  /** Makes what tables don't take along. Of what a job did that was cut off here, or turned back, some is there already. */
  private async define(): Promise<void> {
    const { server, name } = this;
    const wanted = JSON.parse(read(this.file("definitions.json")) ?? "null") as Definitions | null;
    if (!wanted) return;
    const missing = async () => missingDefinitions(wanted, await server.definitions(name));
    const why = await this.make("definitions.sql");
    const isView = (one: string): boolean => one.startsWith("view ");
    const whyNot = (await missing()).some(isView) ? await this.make("views.sql") : "";
    const left = await missing();
    if (left.length > 0)
      throw this.failure(
        `its tables are renamed, but its own user can't make this again: ${left.map(plain).join(", ")} (${whyNot || why}). Take its former name back, put that right, and try again; the statements are in ${this.journal}`,
      );
  }

  /** Has the site's user run statements, past those that fail; gives why the first one did. */
  private async make(file: string): Promise<string> {
    const { server, name } = this;
    const statements = read(this.file(file)) ?? "";
    const all = (force: boolean) => server.runAs(name, passwordOf(name), name, statements, { force });
    try {
      await all(false);
      return "";
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      await all(true);
      return error.message.trim();
    }
  }

  /** What still lies there has been made under the new name. Views of what isn't there any more were not. */
  private async dropFormer(): Promise<void> {
    const { server, name, formerly } = this;
    await server.takeBack(formerly, name);
    const { tables } = await server.contents(formerly);
    const { broken = [] } = JSON.parse(read(this.file("definitions.json")) ?? "{}") as Partial<Definitions>;
    if (tables.length === 0 && broken.length === 0) await server.query(`DROP DATABASE \`${formerly}\``);
  }

  private async keepDefinitions(): Promise<void> {
    const { server, formerly } = this;
    if (!(await this.hasFormerDatabase())) return;
    const found = await server.definitions(formerly);
    const { views, broken } = found;
    await this.keep("definitions.sql", (into) =>
      server.dumpDefinitions(formerly, { views: [], broken: [...views, ...broken] }, into),
    );
    if (views.length > 0) await this.keep("views.sql", (into) => server.dumpViews(formerly, views, into));
    write(this.file("definitions.json"), JSON.stringify(found));
  }

  private async keep(name: string, dump: (into: Writable) => Promise<void>): Promise<void> {
    fs.mkdirSync(this.journal, { recursive: true, mode: 0o700 });
    const into = new PassThrough();
    const file = fs.createWriteStream(this.file(name), { mode: 0o600 });
    await both(
      dump(into).finally(() => into.end()),
      pipeline(into, ownStatements(newReport()), file),
    );
  }

  private async users(): Promise<string[]> {
    const names = `('${this.formerly}', '${this.name}')`;
    return this.server.names("user", `FROM mysql.user WHERE host = '%' AND user IN ${names}`);
  }

  private file(name: string): string {
    return path.join(this.journal, name);
  }

  private failure(reason: string): Failure {
    return new Failure(`rename: ${this.name}: ${reason}`);
  }
}

function journalOf(site: string): string {
  return path.join(state, "renaming", site);
}

function noteOf(formerly: string): string {
  return path.join(state, "renamed", formerly);
}

/** What each `up` and each container makes anew. */
const MADE = ["run", "secrets", "tmp", "sessions", PURGE_FOLDER];

/** Whether there is any file that can't be made again in a site's folder. */
export function holdsData(folder: string): boolean {
  return list(folder)
    .filter((name) => !MADE.includes(name))
    .some((name) => holdsFile(path.join(folder, name)));
}

function holdsFile(at: string): boolean {
  if (!fs.lstatSync(at).isDirectory()) return true;
  return fs.readdirSync(at).some((name) => holdsFile(path.join(at, name)));
}

const ROLES = ["web", "php", "git", "build"];

/** What the host remembers of a site goes along. Results of backups don't: their snapshots have the former name. */
export function moveMemory(formerly: string, name: string): void {
  const move = (folder: string, file: string, target: string): void => {
    if (list(folder).includes(file)) fs.renameSync(path.join(folder, file), path.join(folder, target));
  };
  for (const folder of ["addresses", "migrated", "backup/restored"])
    move(path.join(state, folder), formerly, name);
  for (const role of ROLES) move(path.join(state, "generations"), `${formerly}-${role}`, `${name}-${role}`);
  const imports = path.join(state, "imports");
  for (const file of list(imports).filter((one) => one.startsWith(`${formerly}.`)))
    move(imports, file, name + file.slice(formerly.length));
}
