import { labelled } from "./labels";
import { randomBytes } from "node:crypto";
import { PassThrough, type Writable } from "node:stream";
import { aloneWithRepository } from "./alone";
import { containersOf } from "./containers";
import type { Contents } from "./contents";
import { dumpDatabase } from "./databaseDump";
import { COMPLETE, databaseLine } from "./dump";
import { Failure, plain } from "./failure";
import { Server } from "./mysql";
import { type Place, readPlace, root } from "./place";
import { PURGE_FOLDER } from "./places";
import type { Mode, RequestOf, Subject } from "./protocol";
import { both, output } from "./process";
import { type Restic, type Summary, withRestic } from "./restic";
import { record, results } from "./results";
import { say, step } from "./say";
import { startAgain, stopAll } from "./stopped";

type Part = "files" | "database";

/** A snapshot of each subject. The parts of one count only once its last, the manifest, is there. */
export async function backup({ mode, run, subjects }: RequestOf<"backup">): Promise<void> {
  const place = readPlace();
  const since = Date.now();
  const kept = new Set<string>();
  const held = await aloneWithRepository(place, `backup ${run}`);
  try {
    await withRestic(place, "write", async (restic) => {
      await restic.unlock();
      const snapshot = new Snapshot(place, restic, mode, run);
      if (mode === "stop") await announce(place, subjects);
      step("copying while everything runs");
      for (const subject of subjects) await snapshot.parts(subject);
      const away = mode === "stop" ? await stopped(place, run, subjects, snapshot) : undefined;
      for (const subject of subjects) {
        await snapshot.manifest(subject);
        kept.add(subject.name);
        const text = away === undefined ? mode : `${mode}; writes stopped for ${away.toFixed(1)} s`;
        record(subject.name, "backup", true, run, since, text);
        say({ type: "complete", name: subject.name, run });
      }
    });
  } catch (error) {
    const reason = error instanceof Failure ? error.message : "interrupted";
    // One whose manifest is there has its snapshot, whatever became of the others.
    for (const { name } of subjects) if (!kept.has(name)) record(name, "backup", false, run, since, reason);
    throw error;
  } finally {
    await held.release();
  }
}

/** Keeps the last changes while nothing writes, and gives the seconds for which that was. */
async function stopped(
  place: Place,
  run: string,
  subjects: readonly Subject[],
  snapshot: Snapshot,
): Promise<number> {
  const writing = (await writers(place, subjects)).map(({ Id }) => Id);
  const began = performance.now();
  let file: string | undefined;
  try {
    file = await stopAll(run, writing);
    say({ type: "stopped", containers: writing.length });
    for (const subject of subjects) await snapshot.partsAtOnce(subject);
  } finally {
    if (file !== undefined) await startAgain(file);
  }
  const after = (performance.now() - began) / 1000;
  say({ type: "started", after: Number(after.toFixed(1)) });
  return after;
}

async function announce(place: Place, subjects: readonly Subject[]): Promise<void> {
  const names = (await writers(place, subjects)).map(({ Name }) => Name.replace("/", ""));
  const before = subjects.flatMap(({ name }) =>
    results(name, "backup")
      .map(({ text }) => Number(/writes stopped for ([\d.]+) s$/.exec(text)?.[1] ?? 0))
      .slice(-1),
  );
  const last = Math.max(0, ...before);
  step(
    `will stop ${names.join(" ") || "nothing"} for the last changes, once the rest is copied${last > 0 ? `; the last time that was for ${last} s` : ""}`,
  );
}

/** Running containers that may write to a site's volume. A module's dump is one transaction. */
async function writers(place: Place, subjects: readonly Subject[]) {
  const sites = subjects.filter(hasFiles);
  const all = await Promise.all(
    sites.map(async ({ name }) =>
      (await containersOf(place, name)).filter(
        ({ State, Mounts }) =>
          State.Running &&
          Mounts.some(
            ({ RW, Source }) =>
              RW && Source.startsWith(`${root}/${name}/`) && Source !== `${root}/${name}/${PURGE_FOLDER}`,
          ),
      ),
    ),
  );
  return all.flat();
}

/** A module has none: what it keeps is in its database. */
function hasFiles({ folders }: Subject): boolean {
  return folders.length > 0;
}

/** The parts of a run's snapshots. */
class Snapshot {
  private readonly summaries = new Map<string, Summary>();
  /** What the databases of each subject hold, by the server's own word. */
  private readonly contents = new Map<string, Readonly<Record<string, Contents>>>();
  private readonly server: Server;

  constructor(
    private readonly place: Place,
    private readonly restic: Restic,
    private readonly mode: Mode,
    private readonly run: string,
  ) {
    this.server = new Server(`${place.namespace}mysql`);
  }

  /** The database before the files: whatever a row names is in a snapshot that was read later. */
  async parts(subject: Subject): Promise<void> {
    if (subject.database) await this.database(subject);
    if (hasFiles(subject)) await this.files(subject);
  }

  /** While nothing writes, the two have no order, and the stop is shorter. */
  async partsAtOnce(subject: Subject): Promise<void> {
    await both(
      subject.database ? this.database(subject) : Promise.resolve(),
      hasFiles(subject) ? this.files(subject) : Promise.resolve(),
    );
  }

  async manifest({ name, kind }: Subject): Promise<void> {
    const { mode, run, place } = this;
    const bytes = (part: Part): number => this.summaries.get(`${name} ${part}`)?.total_bytes_processed ?? 0;
    const text = JSON.stringify({
      ...{ site: name, kind, mode, stack: place.stack, run },
      ...{ files: bytes("files"), database: bytes("database"), contents: this.contents.get(name) },
    });
    const words = ["--stdin", "--stdin-filename", "/manifest.json", "--tag", "complete"];
    const { code, stderr } = await this.restic.run([...this.words(name, "manifest"), ...words], {
      input: `${text}\n`,
    });
    if (code !== 0) throw this.failure(name, "manifest", code, stderr);
    for (const part of ["files", "database"] as const) {
      const summary = this.summaries.get(`${name} ${part}`);
      if (!summary) continue;
      const { total_bytes_processed: size = 0, data_added_packed: added = 0 } = summary;
      say({ type: "part", name, part, size, added });
    }
  }

  private async database(subject: Subject): Promise<void> {
    const { name } = subject;
    const dump = new PassThrough();
    const whole = [
      "--stdin-filename",
      "/database.sql",
      "--stdin-from-command",
      "--",
      "/usr/lib/varvol/whole-dump",
    ];
    const kept = this.restic
      .follow([...this.words(name, "database"), ...whole], { input: dump })
      // A client whose output nobody takes any more would wait for ever.
      .finally(() => dump.destroy());
    const dumped = this.dump(subject, dump).then(
      (contents) => {
        this.contents.set(name, contents);
        return "";
      },
      (error: unknown) => {
        if (error instanceof Failure) return error.message;
        throw error;
      },
    );
    const [why, { code, said, summary }] = await both(
      dumped.finally(() => dump.end()),
      kept,
    );
    if (code !== 0 || why !== "") throw this.failure(name, "database", code, `${said}\n${why}`.trim());
    if (summary) this.summaries.set(`${name} database`, summary);
  }

  private async dump(subject: Subject, into: Writable): Promise<Record<string, Contents>> {
    const contents = hasFiles(subject)
      ? { [subject.name]: await this.dumpOne(subject.name, subject.name, into) }
      : await this.dumpRest(subject.name, into);
    into.write(`${COMPLETE}\n`);
    return contents;
  }

  private async dumpOne(name: string, database: string, into: Writable): Promise<Contents> {
    const { contents, locked } = await dumpDatabase(this.server, database, into);
    const { broken } = contents;
    const warn = (text: string, names: readonly string[]): void => {
      if (names.length > 0) say({ type: "warning", name, text: `${text}: ${names.map(plain).join(" ")}` });
    };
    warn("locked while dumped, as they have no transactions", locked);
    warn("left out, as these views show what is not there any more", broken);
    return contents;
  }

  /** The databases that no site owns: those of sites that were removed. Each site's own is a part of its snapshot. */
  private async dumpRest(name: string, into: Writable): Promise<Record<string, Contents>> {
    const present = await this.server.names(
      "schema_name",
      "FROM information_schema.schemata WHERE schema_name NOT IN ('mysql', 'sys', 'performance_schema', 'information_schema') AND schema_name NOT LIKE 'varvol-%'",
    );
    const owned = await ownedDatabases(this.place);
    // A routine's body could hold any line but one that nobody knows before.
    const begins = databaseLine(randomBytes(16).toString("hex"));
    into.write(`${begins("")}\n`);
    const all: Record<string, Contents> = {};
    for (const database of present.filter((one) => !owned.includes(one))) {
      into.write(`${begins(database)}\n`);
      all[database] = await this.dumpOne(name, database, into);
    }
    return all;
  }

  /** A file that is removed while it is read is no failure of the next try. */
  private async files({ name }: Subject): Promise<void> {
    const left = ["run", "secrets", "dumps", "logs", "tmp", ".*.filling*"];
    const excluded = left.flatMap((one) => ["--exclude", `/vol/${name}/${one}`]);
    let result = { code: 3, said: "" } as Awaited<ReturnType<Restic["follow"]>>;
    for (let tries = 3; tries > 0 && result.code === 3; tries--)
      result = await this.restic.follow([...this.words(name, "files"), ...excluded, `/vol/${name}`]);
    if (result.code !== 0) throw this.failure(name, "files", result.code, result.said);
    if (result.summary) this.summaries.set(`${name} files`, result.summary);
  }

  private words(name: string, part: string): string[] {
    const tags = `site=${name},run=${this.run},part=${part}`;
    return ["backup", "--json", "--no-scan", "--host", this.place.stack, "--tag", tags];
  }

  private failure(name: string, part: string, code: number, words: string): Failure {
    const why =
      [10, 11, 12].includes(code) || this.restic.wasCutOff(code)
        ? this.restic.reason(code)
        : `${part} could not be kept (restic's code ${code}): ${words}\nThere is no snapshot of this run; earlier ones are untouched.`;
    return new Failure(`backup: ${name}: ${why}`);
  }
}

/** Databases of the sites that are deployed. */
async function ownedDatabases({ stack }: Place): Promise<string[]> {
  const words = labelled({ stack, role: "php" });
  const owners = await output(["docker", "ps", "-a", ...words, "--format", '{{.Label "varvol.owner"}}']);
  return owners.split("\n").filter(Boolean);
}
