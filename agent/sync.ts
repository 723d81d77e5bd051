import * as fs from "node:fs";
import * as path from "node:path";
import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { aloneWithRepository } from "./alone";
import { containersOf } from "./containers";
import type { Contents } from "./contents";
import { dumpDatabase } from "./databaseDump";
import { COMPLETE } from "./dump";
import { Failure, lastLines } from "./failure";
import { passwordOf, Server } from "./mysql";
import { type Place, root } from "./place";
import { CONTENT_FOLDER } from "./places";
import { both, run } from "./process";
import type { RequestOf, Synced } from "./protocol";
import { keep } from "./replace";
import { stage, switched } from "./restore";
import { say, step } from "./say";
import { identifier } from "./sql";
import { Switch } from "./switch";
import { tablePrefix } from "./wordpress";

type Asked = RequestOf<"sync">;

const UPLOADS = "uploads";
/** What plugins make anew: it is of the other address. */
const CACHE = "cache";

/**
 * Puts what another WordPress of the host has in the place of a site's own: its database, its uploads, its other files. All
 * is copied beside the site's data while both serve on, then switched; what was there returns unless the site answers then.
 */
export async function sync({
  stack,
  namespace,
  image,
  site,
  from,
  parts,
  keep: keeps,
}: Asked): Promise<void> {
  const place: Place = { stack, namespace, image: "", location: "" };
  const what = `what ${from} has`;
  const refuse = (reason: string) => new Failure(`sync: ${site.name}: ${reason}. Nothing was changed.`);
  const held = await aloneWithRepository(place, `sync ${from} to ${site.name}`);
  const beside = new Switch(place, site.name);
  const server = new Server(`${namespace}mysql`);
  try {
    if (!(await server.runs())) throw refuse(`${server.container} does not run; run: npx varvol up`);
    await beside.prepare();
    const folders = parts.some((part) => part !== "database") ? [CONTENT_FOLDER] : [];
    if (folders.length > 0)
      await copyContent({ stack, image, from, site: site.name, into: beside.file("new"), parts, refuse });
    const hasDatabase = parts.includes("database");
    let definitions: Awaited<ReturnType<typeof stage>> | undefined;
    if (hasDatabase) {
      step(`reading the database of ${from}`);
      const file = beside.file("database.sql");
      const contents = await dumped(server, from, file);
      step(`making a database beside that of ${site.name}`);
      definitions = await stage(place, site, from, beside, file, contents, refuse);
      await keepVisible(place, server, site.name, beside.staging);
    }
    if (hasDatabase && keeps) {
      step("keeping what was there as a dump");
      say({ type: "dump", file: await keep(server, site.name, "sync") });
    }
    await switched(place, site, what, beside, () =>
      beside.perform("sync", folders, definitions, (name) => staysHere(name, parts)),
    );
  } finally {
    if (beside.begun) await beside.putBack();
    else await beside.drop();
    await held.release();
  }
}

/** Whether what a site has right in its content stays its own. */
export function staysHere(name: string, parts: readonly Synced[]): boolean {
  if (name === CACHE) return false;
  return !parts.includes(name === UPLOADS ? "uploads" : "files");
}

async function dumped(server: Server, database: string, file: string): Promise<Contents> {
  const into = new PassThrough();
  const [{ contents }] = await both(
    dumpDatabase(server, database, into)
      .then((done) => {
        into.write(`${COMPLETE}\n`);
        return done;
      })
      .finally(() => into.end()),
    pipeline(into, fs.createWriteStream(file, { mode: 0o600 })),
  );
  return contents;
}

/** Search engines find what they found: who saves the settings of a staging site hides it in its database, too. */
async function keepVisible(place: Place, server: Server, site: string, staging: string): Promise<void> {
  const [php] = await containersOf(place, site, "php");
  const [own, other] = [await tablePrefix(server, site, php), await tablePrefix(server, staging, php)];
  if (own === undefined || other === undefined) return;
  const options = (database: string, prefix: string) =>
    `${identifier(database)}.${identifier(`${prefix}options`)}`;
  await server.runAs(
    site,
    passwordOf(site),
    staging,
    `UPDATE ${options(staging, other)} AS new JOIN ${options(site, own)} AS own ON own.option_name = 'blog_public'
     SET new.option_value = own.option_value WHERE new.option_name = 'blog_public' AND own.option_value IN ('0', '1')`,
  );
}

/**
 * Copies content, as who owns that of the site, in a container that sees the two folders alone: the other site may turn
 * links while it is read.
 */
async function copyContent({
  stack,
  image,
  from,
  site,
  into: fetched,
  parts,
  refuse,
}: Pick<Asked, "stack" | "image" | "from" | "parts"> & {
  readonly site: string;
  readonly into: string;
  readonly refuse: (reason: string) => Failure;
}): Promise<void> {
  step(`copying files of ${from}`);
  const [source, live] = [from, site].map((name) => path.join(root, name, CONTENT_FOLDER));
  const { uid, gid, mode } = fs.statSync(live ?? "");
  const into = path.join(fetched, CONTENT_FOLDER);
  fs.mkdirSync(into);
  fs.chownSync(into, uid, gid);
  fs.chmodSync(into, mode & 0o7777);
  const without = [CACHE, ...(parts.includes("uploads") ? [] : [UPLOADS])];
  const only = parts.includes("files") ? "." : `./${UPLOADS}`;
  const { code, stdout, stderr } = await run([
    ...["docker", "run", "--rm", "--init", "--pull", "never", "--log-driver", "none", "--network", "none"],
    // The next job ends what one that was killed has left.
    ...["--label", `varvol.backup=${stack}/restore`],
    ...["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
    ...["--memory", "256m", "--memory-swap", "256m", "--pids-limit", "64", "--user", `${uid}:${gid}`],
    ...["-v", `${source}:/from:ro`, "-v", `${into}:/to`, "--entrypoint", "sh", image, "-c", COPY, "sh", only],
    ...without.map((name) => `--exclude=./${name}`),
  ]);
  // A file that changes or goes while it is read is no failure: the site serves on.
  if (code !== 0 || Number(stdout) > 1)
    throw refuse(`the files of ${from} can't be copied: ${lastLines(stderr, 2)}`);
}

/** Prints how reading ended. */
const COPY = `only=$1
shift
[ -e "/from/$only" ] || exit 0
{ { tar -C /from -S --anchored --no-wildcards "$@" -cf - "$only"; echo $? >&3; } | tar -C /to -xpf -; } 3>&1`;
