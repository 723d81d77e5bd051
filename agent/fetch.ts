import * as fs from "node:fs";
import * as nodePath from "node:path";
import * as z from "zod";
import { type Contents, contentsSchema, differences } from "./contents";
import { type Dump, readDump, statementsIn } from "./dump";
import { Failure, plain } from "./failure";
import { entriesOf } from "./listing";
import { type Server } from "./mysql";
import { root, state } from "./place";
import type { Restic } from "./restic";
import { step } from "./say";
import type { Definitions } from "./switch";

/** The last part of a run: what it is of. */
const manifestSchema = z.object({
  site: z.string(),
  kind: z.string(),
  run: z.string().optional(),
  files: z.number().optional(),
  database: z.number().optional(),
  /** What each database held. Before there was that, only the dump itself told. */
  contents: z.record(z.string(), contentsSchema).optional(),
});

export type Manifest = z.infer<typeof manifestSchema>;

/** What `refuse` makes of a reason. */
export type Refuse = (reason: string) => Failure;

/** Fetches the parts of a run to a folder below restic's /restore. */
export class Fetch {
  constructor(
    private readonly restic: Restic,
    private readonly run: string,
    private readonly source: string,
    /** Where it goes, as the agent and as restic's container see it. */
    private readonly work: { readonly here: string; readonly there: string },
    private readonly refuse: Refuse,
    /** Without the lock of writers a `forget` may move what is just being read: a drill tries twice. */
    private readonly tries = 1,
  ) {}

  /** Throws where the run is not one of the source and of that kind, or there is no room for the parts that are wanted. */
  async manifest(
    kind: string,
    target: string,
    parts: readonly ("files" | "database")[] = ["files", "database"],
  ): Promise<Manifest> {
    const file = `${this.work.here}/manifest.json`;
    await this.dump("manifest.json", "complete", file);
    const parsed = manifestSchema.safeParse(JSON.parse(fs.readFileSync(file, "utf8")));
    if (!parsed.success || parsed.data.site !== this.source)
      throw this.refuse(`the snapshot ${this.run} is not one of ${this.source}`);
    if (parsed.data.kind !== kind)
      throw this.refuse(`the snapshot ${this.run} is not one of a ${kind} site, which ${target} is`);
    const { files = 0, database = 0 } = parsed.data;
    // A dump, and the tables that it becomes.
    this.room((parts.includes("files") ? files : 0) + (parts.includes("database") ? 2 * database : 0));
    return parsed.data;
  }

  /** Each file is read again and compared with what the snapshot says of it. */
  async files(): Promise<void> {
    step("fetching files");
    await this.restore(`/vol/${this.source}`, "new");
  }

  /** Single files and folders, each into a folder of its own: new/<number>. */
  async paths(paths: readonly string[]): Promise<void> {
    step("fetching files");
    let size = 0;
    for (const path of paths) {
      const found = await entriesOf(this.restic, this.source, this.run, path, { below: true });
      if (!found.some((one) => one.path === path))
        throw this.refuse(`the snapshot ${this.run} has no ${plain(path)}; see: npx varvol snapshots --list`);
      size += found.reduce((sum, one) => sum + one.size, 0);
    }
    this.room(size);
    for (const [i, path] of paths.entries()) {
      // A name is not to be taken for a pattern.
      const name = nodePath.basename(path).replaceAll(/[\\*?[\]]/g, "\\$&");
      const folder = `/vol/${this.source}/${nodePath.dirname(path)}`;
      await this.restore(folder, `new/${i}`, ["--include", `/${name}`]);
    }
  }

  private async restore(folder: string, into: string, more: readonly string[] = []): Promise<void> {
    // From a folder restic reads two packs at once by itself; with four it is done a tenth sooner.
    const how = ["-o", "local.connections=4", "--no-lock", "--sparse", "--verify", "--json"];
    const place = ["--tag", this.tags("part=files"), "--target", `${this.work.there}/${into}`];
    await this.again(() => this.restic.follow(["restore", `latest:${folder}`, ...how, ...more, ...place]));
  }

  /** The dump, in a file. */
  async database(): Promise<string> {
    step("fetching the database");
    const file = `${this.work.here}/database.sql`;
    await this.dump("database.sql", "part=database", file);
    return file;
  }

  private dump(name: string, part: string, file: string): Promise<void> {
    return this.again(() =>
      this.restic.fetch(["dump", "--no-lock", "--tag", this.tags(part), "latest", `/${name}`], file),
    );
  }

  private tags(part: string): string {
    return `site=${this.source},run=${this.run},${part}`;
  }

  private async again(work: () => Promise<{ code: number; said: string }>): Promise<void> {
    for (let left = this.tries; ; left--) {
      const { code, said } = await work();
      if (code === 0) return;
      if (code >= 10) throw this.refuse(this.restic.reason(code));
      if (left === 1) throw this.refuse(`the snapshot can't be read: ${said}`);
    }
  }

  /** What is fetched is beside the live data for a while. Holes in files count here. */
  private room(size: number): void {
    const { bavail, bsize } = fs.statfsSync(state);
    const needed = Math.ceil(size / 2 ** 20);
    const free = Math.floor((bavail * bsize) / 2 ** 20);
    if (needed >= free)
      throw this.refuse(
        `the snapshot needs ${needed} MiB beside the data that is there, and ${free} MiB are free in ${root}; make room`,
      );
  }
}

/** Who runs a dump, and where: a site's user, who owns nothing but that. */
export interface Loader {
  readonly server: Server;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/**
 * Fills an empty database from a dump of ours, and makes sure that it holds what the snapshot's did. Gives the dump, and what
 * the database holds.
 */
export async function load(
  file: string,
  { server, user, password, database }: Loader,
  wanted: Contents | undefined,
  refuse: Refuse,
): Promise<{ readonly dump: Dump; readonly contents: Contents }> {
  const dump = await readDump(file);
  if (!dump.complete) throw refuse("the dump is cut off");
  step("filling the staging database");
  try {
    await server.runAs(user, password, database, statementsIn(file, 0, dump.definitions));
    await server.runAs(user, password, database, definitionsOf(file, dump)());
  } catch (error) {
    throw error instanceof Failure ? refuse(`the dump can't be read: ${error.message}`) : error;
  }
  const contents = await server.contents(database);
  const said = { ...contents, tables: [...dump.rows] };
  refuseDifferent(wanted ?? said, contents, refuse);
  return { dump, contents };
}

/** Throws where a database does not hold what it should. */
export function refuseDifferent(wanted: Contents, found: Contents, refuse: Refuse): void {
  const all = differences(wanted, found);
  if (all.length === 0) return;
  const more = all.length > 4 ? `; and ${all.length - 4} more` : "";
  throw refuse(
    `the database made of it is not what the snapshot is of: ${all.slice(0, 4).join("; ")}${more}`,
  );
}

/** What a dump says of triggers, routines, events and views. */
export function definitionsOf(file: string, { definitions, size }: Dump): Definitions {
  return () => statementsIn(file, definitions, size);
}
