import { compactMoment } from "./moments";
import * as fs from "node:fs";
import { createGzip } from "node:zlib";
import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import * as path from "node:path";
import { aloneWithRepository } from "./alone";
import { containersOf } from "./containers";
import { dumpDatabase } from "./databaseDump";
import { COMPLETE } from "./dump";
import { Failure } from "./failure";
import { discard, filled, leftOutOf } from "./load";
import { passwordOf, Server } from "./mysql";
import { type Place, root } from "./place";
import { both } from "./process";
import type { RequestOf, SiteSubject } from "./protocol";
import { switched } from "./restore";
import { say, step } from "./say";
import { Switch, writeDefinitions } from "./switch";
import { tablePrefix, tooNew } from "./wordpress";

/**
 * Puts a stranger's dump in the place of what a site's database holds. It is read beside that, as the site's own user, with
 * the checks of an import; what was there is kept as a dump, and returns by itself unless the site answers with the new.
 */
export async function replace({ stack, namespace, site, dump }: RequestOf<"replace">): Promise<void> {
  const place: Place = { stack, namespace, image: "", location: "" };
  const held = await aloneWithRepository(place, `import into ${site.name}`);
  const beside = new Switch(place, site.name);
  const server = new Server(`${namespace}mysql`);
  try {
    if (!(await server.runs())) throw new Failure(`${server.container} does not run; run: npx varvol up`);
    await beside.prepare();
    const definitions = await stage(place, site, server, beside, dump);
    step("keeping what was there as a dump");
    say({ type: "dump", file: await keep(server, site.name, "import") });
    await switched(place, site, "what was imported", beside, () =>
      beside.perform("import", [], () => fs.createReadStream(definitions)),
    );
  } finally {
    discard(dump);
    if (beside.begun) await beside.putBack();
    else await beside.drop();
    await held.release();
  }
}

/** Fills the database beside the site's, and gives the file of what refers to its tables. */
async function stage(
  place: Place,
  site: SiteSubject,
  server: Server,
  { staging, file }: { readonly staging: string; readonly file: (name: string) => string },
  dump: string,
): Promise<string> {
  await server.makeAnew(staging);
  await server.lend(staging, site.name);
  step("reading the dump into a database beside the site's");
  const user = { name: site.name, password: passwordOf(site.name) };
  const report = await filled(server, staging, user, dump);
  const told = leftOutOf(site.name, report);
  if (told.count > 0) say(told);
  const tables = await server.tables(staging);
  if (tables.length === 0) throw refusal(dump, "it makes no tables");
  if (site.application === "wordpress") {
    const [php] = await containersOf(place, site.name, "php");
    const prefix = await tablePrefix(server, staging, php);
    if (prefix === undefined) throw refusal(dump, "there is no WordPress in it");
    const why = php && (await tooNew(server, staging, prefix, php.Id, "it"));
    if (why !== undefined) throw refusal(dump, why);
    // The site itself puts its own address in place of the other's, as it does with an import.
    await server.query(`CREATE TABLE \`${staging}\`.varvol_import (id INT)`);
  }
  const definitions = file("definitions.new");
  await writeDefinitions(server, staging, definitions);
  return definitions;
}

/** What the database holds, as a dump in the site's volume that only root reads; gives its path. */
export async function keep(server: Server, site: string, before: string): Promise<string> {
  const folder = path.join(root, site, "dumps");
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const kept = path.join(folder, `${compactMoment()}-before-${before}.sql.gz`);
  const into = new PassThrough();
  try {
    await both(
      dumpDatabase(server, site, into)
        .then(() => into.write(`${COMPLETE}\n`))
        .finally(() => into.end()),
      pipeline(into, createGzip(), fs.createWriteStream(`${kept}.partial`, { mode: 0o600 })),
    );
    fs.renameSync(`${kept}.partial`, kept);
    return kept;
  } catch (error) {
    fs.rmSync(`${kept}.partial`, { force: true });
    throw error;
  }
}

function refusal(dump: string, why: string): Failure {
  return new Failure(`import: ${path.basename(dump)}: ${why}. Nothing was changed.`);
}
