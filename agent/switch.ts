import * as fs from "node:fs";
import * as path from "node:path";
import { PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { containersOf, startContainer, stopWithin } from "./containers";
import { Failure } from "./failure";
import { passwordOf, Server } from "./mysql";
import { stoppedOnPurpose } from "./off";
import { list, type Place, read, remove, restores, root, settings, write } from "./place";
import { PathSwitch } from "./pathSwitch";
import { both, run, start } from "./process";
import { newReport, ownStatements } from "./statements";

/** Seconds that a request has to end before a switch; and before data comes back, for which visitors wait. */
const PATIENCE = 10;
const HASTE = 2;

/** What puts things right goes on when the job is cancelled. */
const ALWAYS = { always: true };

/**
 * The switch of a site to what a restore has fetched beside its data. Everything is renamed, files as well as tables, so
 * that it can be undone from any point at which a kill may have left it: while the journal is there, that is done.
 */
export class Switch {
  /** Where what is fetched lies, and what it replaced. */
  readonly work: string;
  readonly staging: string;
  private readonly previous: string;
  private readonly journal: string;
  private readonly server: Server;

  constructor(
    private readonly place: Place,
    private readonly site: string,
  ) {
    this.work = path.join(restores, site);
    this.journal = path.join(settings, "switched", site);
    this.staging = `varvol-staging-${site}`;
    this.previous = `varvol-previous-${site}`;
    this.server = new Server(`${place.namespace}mysql`);
  }

  get begun(): boolean {
    return fs.existsSync(this.journal);
  }

  readonly file = (name: string): string => path.join(this.work, name);

  /** Folders that were fetched. */
  folders(): string[] {
    return list(this.file("new"));
  }

  /** An empty folder to fetch to. */
  async prepare(): Promise<void> {
    await this.drop();
    fs.mkdirSync(this.file("new"), { recursive: true, mode: 0o700 });
    fs.chmodSync(this.work, 0o700);
  }

  /** Removes what was fetched, and the databases beside; there must be no journal. */
  async drop(): Promise<void> {
    if (await this.server.runs()) {
      for (const database of [this.staging, this.previous]) {
        await this.server.query(`DROP DATABASE IF EXISTS \`${database}\``, ALWAYS);
        await this.server.takeBack(database, this.site, ALWAYS);
      }
    }
    remove(this.work);
  }

  /** Stops the site, switches it, and starts it again; what is right in its folders and `stays` is its own again. */
  async perform(
    run: string,
    folders: readonly string[],
    definitions: Definitions | undefined,
    stays: (name: string) => boolean = () => false,
  ): Promise<void> {
    refuseStopped(this.site);
    // Where the files stay, the web server serves on.
    const containers = await containersOf(this.place, this.site, folders.length > 0 ? undefined : "php");
    fs.writeFileSync(this.file("containers"), containers.map(({ Id }) => `${Id}\n`).join(""));
    this.begin(run);
    await this.stopSite(PATIENCE);
    this.switchFiles(folders);
    this.takeAlong(folders, stays);
    if (definitions) await this.switchDatabase(definitions);
    await this.startSite();
  }

  /** Switches single files and folders while the site serves on. */
  performPaths(run: string, paths: readonly string[]): void {
    this.single.begin(paths);
    this.begin(run);
    this.single.perform();
  }

  private begin(run: string): void {
    fs.mkdirSync(path.dirname(this.journal), { recursive: true, mode: 0o700 });
    fs.writeFileSync(this.journal, `${run}\n`);
  }

  private get single(): PathSwitch {
    return new PathSwitch(this.work, this.site);
  }

  /** The site works with what it has now: what it had before goes. */
  async confirm(): Promise<void> {
    await this.forgetPages();
    remove(this.journal);
    // Much data takes a while to delete, and nobody needs to wait for that.
    const previous = path.join(restores, `${PREVIOUS}${process.pid}-${Date.now()}`);
    fs.renameSync(this.work, previous);
    start(["rm", "-rf", previous], "ignore", ALWAYS).unref();
    await this.drop();
  }

  /** Brings the data from before back. Each step may have been done already, and may be done again. */
  async putBack(): Promise<void> {
    const paths = this.single.paths;
    if (paths.length > 0) this.single.putBack();
    else await this.putAllBack();
    remove(this.journal);
    await this.drop();
  }

  private async putAllBack(): Promise<void> {
    await this.stopSite(HASTE, ALWAYS);
    for (const entry of this.takenAlong()) this.giveBack(entry);
    for (const folder of list(this.file("old"))) {
      remove(path.join(root, this.site, folder));
      fs.renameSync(path.join(this.file("old"), folder), path.join(root, this.site, folder));
    }
    if (fs.existsSync(this.file("away"))) await this.putTablesBack();
    await this.startSite();
    await this.forgetPages();
  }

  private async putTablesBack(): Promise<void> {
    const { server, site } = this;
    await server.untilReady(60);
    // Once all of the previous tables were away, what lies in the site's own database is the snapshot's.
    if (fs.existsSync(this.file("gone")) && !fs.existsSync(this.file("back")))
      await server.makeAnew(site, ALWAYS);
    fs.writeFileSync(this.file("back"), "");
    await server.moveTables(this.previous, site, ALWAYS);
    const definitions = read(this.file("definitions.old")) ?? "";
    // What a kill had not come to drop is there still.
    await server.runAs(site, passwordOf(site), site, definitions, { ...ALWAYS, force: true });
  }

  private switchFiles(folders: readonly string[]): void {
    fs.mkdirSync(this.file("old"), { recursive: true });
    for (const folder of folders) {
      const live = path.join(root, this.site, folder);
      if (fs.existsSync(live)) fs.renameSync(live, path.join(this.file("old"), folder));
      fs.renameSync(path.join(this.file("new"), folder), live);
    }
  }

  /** Moves on what the site keeps of its folders: `<folder>/<name>`. What lies there already makes room. */
  private takeAlong(folders: readonly string[], stays: (name: string) => boolean): void {
    const entries = folders.flatMap((folder) =>
      list(path.join(this.file("old"), folder))
        .filter(stays)
        .map((name) => `${folder}/${name}`),
    );
    if (entries.length === 0) return;
    write(this.file("along"), JSON.stringify(entries));
    for (const entry of entries) {
      const live = path.join(root, this.site, entry);
      remove(live);
      fs.renameSync(path.join(this.file("old"), entry), live);
    }
  }

  private takenAlong(): string[] {
    return JSON.parse(read(this.file("along")) ?? "[]") as string[];
  }

  private giveBack(entry: string): void {
    const old = path.join(this.file("old"), entry);
    const live = path.join(root, this.site, entry);
    if (!exists(old) && exists(path.dirname(old)) && exists(live)) fs.renameSync(live, old);
  }

  private async switchDatabase(definitions: Definitions): Promise<void> {
    const { server, site } = this;
    await this.keepDefinitions();
    await server.makeAnew(this.previous);
    fs.writeFileSync(this.file("away"), "");
    await server.moveTables(site, this.previous);
    fs.writeFileSync(this.file("gone"), "");
    await server.makeAnew(site);
    await server.moveTables(this.staging, site);
    await server.runAs(site, passwordOf(site), site, definitions());
  }

  /** What tables don't take along when they move. */
  private async keepDefinitions(): Promise<void> {
    await writeDefinitions(this.server, this.site, this.file("definitions.old"));
  }

  /** All at once. Nothing that they have begun goes on: a statement would hold up the switch of its tables. */
  private async stopSite(seconds: number, { always = false } = {}): Promise<void> {
    await Promise.all(this.containers().map((id) => stopWithin(id, seconds, always)));
    if (await this.server.runs()) await this.server.endConnections(this.site, { always });
  }

  private async startSite(): Promise<void> {
    await Promise.all(this.containers().map(startContainer));
  }

  /** What its nginx keeps is of the data before. Another image's keeps nothing. */
  private async forgetPages(): Promise<void> {
    const containers = await containersOf(this.place, this.site, "php");
    await Promise.all(
      containers.map(({ Id }) => run(["docker", "exec", Id, "/usr/lib/varvol/forget-pages"], ALWAYS)),
    );
  }

  private containers(): string[] {
    return (read(this.file("containers")) ?? "").split("\n").filter(Boolean);
  }
}

/** What is switched must be seen to work, and one that was stopped on purpose is not to be started for that. */
export function refuseStopped(site: string): void {
  if (stoppedOnPurpose().has(site))
    throw new Failure(
      `${site} was stopped on purpose, and could not be seen to work with other data: start it first (npx varvol up --start ${site}). Nothing was changed.`,
    );
}

/** Writes what refers to a database's tables into a file, as statements that a site's user may run. */
export async function writeDefinitions(server: Server, database: string, file: string): Promise<void> {
  const into = new PassThrough();
  await both(
    server
      .definitions(database)
      .then((found) => server.dumpDefinitions(database, found, into))
      .finally(() => into.end()),
    pipeline(into, ownStatements(newReport()), fs.createWriteStream(file)),
  );
}

function exists(file: string): boolean {
  return fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}

const PREVIOUS = ".previous.";

/** Whether there is something that restores have replaced and did not come to delete. */
export function hasPrevious(): boolean {
  return list(restores).some((name) => name.startsWith(PREVIOUS));
}

/** Removes what restores have replaced and did not come to delete. */
export function removePrevious(): void {
  for (const name of list(restores)) if (name.startsWith(PREVIOUS)) remove(path.join(restores, name));
}

/** What the site's own user runs once the tables are there. */
export type Definitions = () => Readable | string;
