import { accessSync, constants, readFileSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import type { Moved } from "../../agent/places";
import { UserError } from "../../base/errors";
import { meant } from "../../base/nearest";
import { errorColors, json, say } from "../../base/output";
import { bytes } from "../../base/words";
import { lookAtHost } from "../../engine/hostFacts";
import { openStack, type Stack } from "../../engine/stack";
import { replaceFile } from "../../engine/stackFile";
import { takeOut } from "../../flows/import/again";
import { arrived, databaseTables } from "../../flows/import/arrived";
import { chosen, coreOf, siteProblem, wordPressesIn, type DumpedWordPress } from "../../flows/import/dump";
import { folderOf, newFolder } from "../../flows/import/fetched";
import { foreignProblem, unusedAmong } from "../../flows/import/foreign";
import { type Denied, deniedBy, type HtaccessFiles } from "../../flows/import/htaccess/denied";
import { servedHtaccess } from "../../flows/import/htaccess/pages";
import { htaccessWords } from "../../flows/import/htaccess/words";
import { insidesOf } from "../../flows/import/insides";
import { fetchLocal, type LocalArgs } from "../../flows/import/local";
import { takesWordPress } from "../../flows/import/layout";
import { fetchRemote } from "../../flows/import/remote";
import { parseSource, type Source } from "../../flows/import/source";
import type { NewSite } from "../../flows/import/stackFile";
import { type Fetched, importable, kindOf } from "../../stacks/kinds";
import { readLock } from "../../stacks/lock";
import * as texts from "../options";
import { filled, stackText } from "../imported";
import { refuseFailed } from "../up";

interface Options extends texts.JsonOption {
  readonly from?: string;
  readonly database?: string;
  readonly kind?: string;
  readonly domain?: string;
  readonly prefix?: string;
  readonly inside?: string;
  readonly setAside?: boolean;
  /** False where the host is not to be brought up. */
  readonly up?: boolean;
}

const NAMES = importable().map(({ name }) => name);

export const options: texts.OptionsOf<Options> = {
  from: ["--from <place>", "a folder, an archive, or ssh://user@host[:port]/path"],
  database: ["--database <file>", "the dump of its database (.sql or .sql.gz), where it is not beside it"],
  kind: ["--kind <kind>", `${NAMES.join(" or ")}, for a site that the stack file does not have yet`],
  domain: ["--domain <domain>", "the domain of such a site"],
  prefix: ["--prefix <prefix>", "table prefix of the WordPress that is meant, where its dump holds several"],
  inside: ["--inside <folder>", "the folder in the place that is meant, where that holds several sites"],
  setAside: [
    "--set-aside",
    "keep drop-ins and must-use plugins that need what is not here (Redis, a host's own machines) beside, unused",
  ],
  up: ["--no-up", "write the stack file only"],
  json: texts.json,
};

/** Fills a site with one that never was Varvol's: fetches it, names it in the stack file, and brings that up. */
export async function run(options: Options, [name = ""]: readonly string[] = []): Promise<void> {
  if (!options.from)
    throw new UserError("--from is missing: a folder, a tar archive, or ssh://user@host/path");
  const source = parseSource(options.from);
  const database = options.database === undefined ? undefined : dumpFile(options.database);
  const stack = await openStack(options);
  const site = siteOf(stack, name, options);
  const dump = kindOf(site.kind).accepts?.database;
  if (database && dump === "never") throw new UserError(`--database: a ${site.kind} site has none`);
  const again = await beginsAgain(stack, name);
  // What can't be written into the stack file is not fetched either.
  await stackText(stack, site, { content: "/", ...((database || dump === "always") && { database: "/" }) });
  if (options.inside !== undefined && source.place === "ssh")
    throw new UserError("--inside: --from names the folder itself where it is another machine's");
  const named = { database, prefix: options.prefix, inside: options.inside };
  const { fetched, wordpress, htaccess } = await fetch(stack, site, source, named, options.setAside ?? false);
  if (again && options.up !== false) {
    say(`${name} holds what an import brought that has not come whole: it is taken away, and begun anew.`);
    await takeOut(stack, name);
  }
  const before = readFileSync(stack.file, "utf8");
  replaceFile(stack.file, await stackText(stack, site, fetched));
  if (options.up === false) {
    const next = `${stack.file} says where ${name} comes from; npx varvol up fills it.`;
    return options.json ? json({ site: name, ...fetched }) : say(next);
  }
  const proofs = await filled(stack, options, before, name);
  const came = await arrived(stack.config, site, fetched, wordpress?.address);
  if (options.json) {
    json({ ...came, htaccess, proof: proofs[0] });
    return refuseFailed(proofs);
  }
  const tables = came.tables === undefined ? "" : `, ${came.tables} tables`;
  const moved = came.from ? `\nIts address was ${came.from} and is ${came.address}.` : `\n${came.address}`;
  process.stdout.write(`\n${name} has come: ${came.files} files (${bytes(came.bytes)})${tables}.${moved}\n`);
  for (const line of came.said ?? []) say(`  ${line}`);
  say(
    `What was fetched is no longer needed once you have looked at the site: ${folderOf(stack.name, name)}\nThe key import: in ${stack.file} may stay; it fills only what is empty.`,
  );
  refuseFailed(proofs);
}

function dumpFile(file: string): string {
  const dump = resolve(file);
  try {
    accessSync(dump, constants.R_OK);
    return dump;
  } catch (error) {
    throw new UserError(`--database ${dump}: can't be read (${(error as Error).message})`);
  }
}

/** The site in the stack file, or the one that --kind and --domain add to it. */
function siteOf({ config, file }: Stack, name: string, { kind, domain }: Options): NewSite {
  const found = config.sites.find((site) => site.name === name);
  if (!found) {
    const known = NAMES.find((one) => one === kind);
    if (kind !== undefined && !known)
      throw new UserError(
        `--kind ${kind}: there is no such kind to import.${meant(kind, NAMES)}`,
        `There are: ${NAMES.join(", ")}`,
      );
    if (known && domain) return { name, kind: known, domains: [domain] };
    throw new UserError(
      `${name} is no site in ${file}.`,
      `Put it there; or say ${NAMES.map((one) => `--kind ${one}`).join(" or ")}, and --domain, and it is added.`,
    );
  }
  if (!kindOf(found.kind).accepts)
    throw new UserError(`${name}: a ${found.kind} site comes from its repository, and from nothing else.`);
  if (kind !== undefined && kind !== found.kind)
    throw new UserError(`--kind ${kind}: ${name} is a ${found.kind} site in ${file}.`);
  return { name, kind: found.kind, domains: found.domains };
}

/** Refuses a site that holds anything, unless that is of an import that has not come whole: then true. */
async function beginsAgain({ config }: Stack, name: string): Promise<boolean> {
  const { filled, running, unproven } = await lookAtHost(config);
  if (unproven.has(name)) return true;
  const tables = running.has("mysql/mysql") ? await databaseTables(config, name) : 0;
  if (!filled.has(name) && tables === 0) return false;
  const what = filled.has(name)
    ? `${config.volumeRoot}/${name} holds files`
    : `the database ${name} holds ${tables} tables`;
  throw new UserError(
    `${name}: ${what}, and an import fills only what is empty.`,
    `Import under another name; or take the site out of the stack file, and run: npx varvol up, npx varvol purge ${name}`,
  );
}

function warnOf({ denied, notKept }: HtaccessFiles): void {
  for (const text of htaccessWords(denied, notKept)) say(`${errorColors.yellow("warning:")} ${text}`);
}

interface Come {
  readonly fetched: Fetched;
  /** The WordPress that its database is of, as far as its dump tells. */
  readonly wordpress?: DumpedWordPress;
  /** What its .htaccess files kept from visitors, which is denied here, and what else they did, which isn't. */
  readonly htaccess?: HtaccessFiles;
}

async function fetch(
  stack: Stack,
  site: NewSite,
  source: Source,
  named: Pick<LocalArgs, "database" | "prefix" | "inside">,
  setAside: boolean,
): Promise<Come> {
  const folder = newFolder(stack.name, site.name);
  const args = { kind: site.kind, folder, ...named };
  try {
    const { prefix, ...fetched } =
      source.place === "ssh"
        ? await fetchRemote({ ...args, source })
        : await fetchLocal({ ...args, path: source.path, archive: source.place === "archive" });
    const declared = stack.config.sites.find(({ name }) => name === site.name);
    const kept = (also: readonly Denied[]): string[] => [
      ...new Set([...(declared?.denied ?? []), ...also.map(({ path }) => path)]),
    ];
    if (!takesWordPress(site.kind)) {
      const root = declared && "root" in declared ? declared.root : "";
      const as = kindOf(site.kind).accepts?.as ?? "pages";
      const htaccess = deniedBy(await servedHtaccess(fetched.content, as, root));
      warnOf(htaccess);
      return { fetched: { ...fetched, denied: kept(htaccess.denied) }, htaccess };
    }
    if (!fetched.database) return { fetched };
    const found = await wordPressesIn(fetched.database);
    const wordpress = chosen(found, prefix);
    const moved: Moved = {
      ...fetched.moved,
      ...(wordpress?.uploads && { [wordpress.uploads]: "wp-content/uploads" }),
    };
    const insides = await insidesOf(fetched.content, moved);
    if (insides.problem !== undefined) throw new UserError(`${fetched.content}: ${insides.problem}`);
    const { foreign } = insides;
    const unfit = setAside ? undefined : foreignProblem(foreign);
    if (unfit !== undefined) throw new UserError(unfit);
    const htaccess = deniedBy(insides.htaccess);
    for (const text of setAside ? [] : unusedAmong(foreign)) say(`${errorColors.yellow("warning:")} ${text}`);
    const ownImage = declared?.image !== undefined;
    const problem = siteProblem(found, prefix, ownImage ? undefined : coreOf(readLock(), site.name));
    if (problem !== undefined) throw new UserError(`${fetched.database}: ${problem}`);
    // Where there is but one, the stack file need not say which.
    const several = found.length > 1 && wordpress ? { prefix: wordpress.prefix } : {};
    warnOf(htaccess);
    const more = { denied: kept(htaccess.denied), ...(Object.keys(moved).length > 0 && { moved }) };
    return {
      fetched: { ...fetched, ...several, ...more, ...(setAside && { setAside }) },
      wordpress,
      htaccess,
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}
