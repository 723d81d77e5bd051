import * as fs from "node:fs";
import * as path from "node:path";
import { aloneWithRepository } from "./alone";
import type { Contents } from "./contents";
import { CLOSED, containersOf, liveAnswer } from "./containers";
import { readSections, statementsIn } from "./dump";
import { Failure, lastLines, plain } from "./failure";
import { definitionsOf, Fetch, load, refuseDifferent } from "./fetch";
import { passwordOf, Server } from "./mysql";
import { bin, isRestoring, list, type Place, read, readPlace, remove, root, state } from "./place";
import { run as runProgram, sleep } from "./process";
import type { RequestOf, SiteSubject } from "./protocol";
import { randomBytes } from "node:crypto";
import { type Restic, withRestic } from "./restic";
import { say, step } from "./say";
import { type Definitions, refuseStopped, removePrevious, Switch } from "./switch";
import { applicationOf, tablePrefix, tooNew } from "./wordpress";

/** Seconds that a restored site has to answer. */
const PATIENCE = 60;

/** Has what restores need to themselves, and removes what they fetched. */
async function fetching(
  site: string,
  who: string,
  work: (place: Place, restic: Restic, fetched: Switch) => Promise<void>,
): Promise<void> {
  const place = readPlace();
  const held = await aloneWithRepository(place, who);
  const fetched = new Switch(place, site);
  try {
    removePrevious();
    await fetched.prepare();
    await withRestic(place, "restore", (restic) => work(place, restic, fetched));
  } finally {
    if (fetched.begun) await fetched.putBack();
    else await fetched.drop();
    await held.release();
  }
}

function refusal(site: string) {
  return (reason: string): Failure => new Failure(`restore: ${site}: ${reason}. Nothing was changed.`);
}

/**
 * Puts a site back to a run's snapshot of the source: the site itself, or another one whose data it takes over. All is
 * fetched and checked beside the live data, then switched; the previous data returns unless the site answers then.
 */
export async function restore({
  site,
  run,
  source,
  databaseOnly = false,
}: RequestOf<"restore">): Promise<void> {
  const refuse = refusal(site.name);
  refuseStopped(site.name);
  await fetching(site.name, `restore ${site.name}`, async (place, restic, fetched) => {
    const there = `/restore/${site.name}`;
    const fetch = new Fetch(restic, run, source, { here: fetched.work, there }, refuse);
    const parts = databaseOnly ? (["database"] as const) : undefined;
    const { contents } = await fetch.manifest(site.kind, site.name, parts);
    if (!databaseOnly) await fetch.files();
    const folders = foldersIn(fetched, site);
    const definitions = site.database
      ? await stage(place, site, source, fetched, await fetch.database(), contents?.[source])
      : undefined;
    await restic.close();
    await switched(place, site, `the snapshot ${run}`, fetched, () =>
      fetched.perform(run, folders, definitions),
    );
  });
}

/** Puts single files and folders of a site back, while it serves on. */
export async function restorePaths({ site, run, source, paths }: RequestOf<"restore-paths">): Promise<void> {
  const refuse = refusal(site.name);
  await fetching(site.name, `restore ${site.name}`, async (place, restic, fetched) => {
    const strange = paths.find((one) => !site.folders.some((folder) => one.startsWith(`${folder}/`)));
    if (strange !== undefined) throw refuse(`${plain(strange)} is nothing in ${site.folders.join(" or ")}`);
    const there = `/restore/${site.name}`;
    const fetch = new Fetch(restic, run, source, { here: fetched.work, there }, refuse);
    await fetch.manifest(site.kind, site.name, []);
    await fetch.paths(paths);
    await restic.close();
    // A file may be just what a site lacks that does not work.
    const wasWell = (await works(place, site, Date.now())) === undefined;
    const perform = (): void => {
      try {
        fetched.performPaths(run, paths);
      } catch (error) {
        throw error instanceof Failure ? refuse(error.message) : error;
      }
    };
    await switched(place, site, `the snapshot ${run}`, fetched, perform, wasWell);
  });
}

/** Switches a site to what was fetched, and back where it does not work with that but should. */
export async function switched(
  place: Place,
  site: SiteSubject,
  what: string,
  fetched: Switch,
  perform: () => void | Promise<void>,
  mustWork = true,
): Promise<void> {
  step("switching");
  const began = performance.now();
  await perform();
  const why = mustWork ? await works(place, site, Date.now() + PATIENCE * 1000) : undefined;
  if (why === undefined) {
    const away = (performance.now() - began) / 1000;
    await fetched.confirm();
    say({ type: "restored", away: Number(away.toFixed(1)) });
    return;
  }
  await fetched.putBack();
  throw new Failure(`${site.name} does not work with ${what}: ${why}. The data from before is back.`);
}

/** A snapshot may be of a revision whose kinds had other folders: only the site's own are switched. */
function foldersIn(fetched: Switch, { folders }: Pick<SiteSubject, "folders">): string[] {
  return fetched.folders().filter((folder) => folders.includes(folder));
}

/** Fills the staging database, as the site's own user: what a dump says, the site could say itself. */
export async function stage(
  place: Place,
  site: SiteSubject,
  source: string,
  fetched: Switch,
  file: string,
  contents: Contents | undefined,
  refuse = refusal(site.name),
): Promise<Definitions> {
  const server = new Server(`${place.namespace}mysql`);
  if (!(await server.runs())) throw refuse(`${server.container} does not run; run: npx varvol up`);
  const { staging } = fetched;
  await server.makeAnew(staging);
  await server.lend(staging, site.name);
  const loader = { server, user: site.name, password: passwordOf(site.name), database: staging };
  const { dump } = await load(file, loader, contents, refuse);
  if (site.application === "wordpress") {
    const [php] = await containersOf(place, site.name, "php");
    const prefix = await tablePrefix(server, staging, php);
    const why = prefix !== undefined && php ? await tooNew(server, staging, prefix, php.Id) : undefined;
    if (why !== undefined) throw refuse(why);
    // The site itself puts its own address in place of the other's, as it does with an import.
    if (source !== site.name) await server.query(`CREATE TABLE \`${staging}\`.varvol_import (id INT)`);
  }
  return definitionsOf(file, dump);
}

/** Why a site does not work with what it has now; undefined where it does. */
async function works(place: Place, site: SiteSubject, deadline: number): Promise<string | undefined> {
  const why = await migrated(place, site.name, deadline);
  if (why !== undefined) return `${applicationOf(site)} does not start: ${why}`;
  for (;;) {
    const answer = await liveAnswer(place, site.domain);
    if ((answer >= 200 && answer < 500) || answer === CLOSED) return undefined;
    if (Date.now() >= deadline) return `its answer through the gateway is ${String(answer).padStart(3, "0")}`;
    await sleep(500);
  }
}

/** Waits for the application, and brings its database to what it needs. */
async function migrated(place: Place, site: string, deadline: number): Promise<string | undefined> {
  const [php] = await containersOf(place, site, "php");
  if (!php) return undefined;
  for (;;) {
    const { code, stdout, stderr } = await runProgram(["docker", "exec", php.Id, "/usr/lib/varvol/healthy"]);
    if (code === 0) break;
    if (Date.now() >= deadline) return lastLines(stdout + stderr, 1);
    await sleep(500);
  }
  const { code, stderr } = await runProgram([`${bin}/migrate`, php.Id, `${place.namespace}mysql`, site]);
  return code === 0 ? undefined : stderr.trim();
}

/** How far host-restore has come with a site. */
function progressOf(word: "filling" | "filled", site: string): boolean {
  return (read(path.join(state, "restoring")) ?? "").split("\n").includes(`${word} ${site}`);
}

/** The files alone, into a volume that is empty, or that the same host-restore had begun to fill. */
export async function fill({ site, run }: RequestOf<"fill">): Promise<void> {
  if (progressOf("filled", site.name)) return;
  const refuse = refusal(site.name);
  await fetching(site.name, `restore ${site.name}`, async (_place, restic, fetched) => {
    const there = `/restore/${site.name}`;
    const fetch = new Fetch(restic, run, site.name, { here: fetched.work, there }, refuse);
    await fetch.manifest(site.kind, site.name);
    await fetch.files();
    const folders = foldersIn(fetched, site);
    const volume = path.join(root, site.name);
    fs.mkdirSync(volume, { recursive: true });
    fs.chmodSync(volume, 0o755);
    const full = folders.find((folder) => list(path.join(volume, folder)).length > 0);
    if (full !== undefined && !progressOf("filling", site.name))
      throw new Failure(`restore: ${path.join(volume, full)} holds data. Nothing was changed.`);
    note(`filling ${site.name}`);
    for (const folder of folders) {
      remove(path.join(volume, folder));
      fs.renameSync(path.join(fetched.file("new"), folder), path.join(volume, folder));
    }
    note(`filled ${site.name}`);
  });
}

function note(line: string): void {
  if (isRestoring()) fs.appendFileSync(path.join(state, "restoring"), `${line}\n`);
}

/** The databases in a module's snapshot that are not there. */
export async function databases({ module, run }: RequestOf<"databases">): Promise<void> {
  const refuse = refusal(module);
  await fetching(module, `restore ${module}`, async (place, restic, fetched) => {
    const there = `/restore/${module}`;
    const fetch = new Fetch(restic, run, module, { here: fetched.work, there }, refuse);
    const { contents } = await fetch.manifest("module", module);
    const file = await fetch.database();
    const sections = await readSections(file);
    if (!sections) throw refuse("the dump is cut off");
    const server = new Server(`${place.namespace}mysql`);
    if (!(await server.runs())) throw refuse(`${server.container} does not run; run: npx varvol up`);
    const present = await server.names("schema_name", "FROM information_schema.schemata");
    const missing = sections.filter(({ name }) => !present.includes(name));
    for (const { name, from, to } of missing) {
      // Of the site's own user, as everything in it was; its password becomes the site's when that is back.
      const password = randomBytes(24).toString("hex");
      await server.createUser(name, password);
      try {
        await server.runAs(name, password, name, statementsIn(file, from, to));
        const wanted = contents?.[name];
        if (wanted) refuseDifferent(wanted, await server.contents(name), (reason) => new Failure(reason));
      } catch (error) {
        await server.query(`DROP DATABASE \`${name}\``, { always: true });
        throw error instanceof Failure
          ? new Failure(`restore: ${module}: the dump of ${name} can't be read: ${error.message}`)
          : error;
      }
    }
    say({ type: "databases", back: missing.map(({ name }) => name) });
  });
}
