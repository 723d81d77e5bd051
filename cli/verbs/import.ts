import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { HostConfig } from "../../stacks/config";
import { arrived, databaseTables, oldAddress } from "../import/arrived";
import { type Fetched, folderOf, newFolder } from "../import/fetched";
import { fetchLocal } from "../import/local";
import { fetchRemote } from "../import/remote";
import { type NewSite, withImport } from "../import/stackFile";
import { parseSource, type Source } from "../import/source";
import { bytes } from "../backup/text";
import { UserError } from "../errors";
import { lookAtHost } from "../facts";
import type { VerbOptions } from "../options";
import { json, say } from "../output";
import { openStack, readStackFile, replaceFile, type Stack } from "../stack";
import { run as up } from "./up";

/** Fills a site with one that never was Varvol's: fetches it, names it in the stack file, and brings that up. */
export async function run(options: VerbOptions, [name = ""]: readonly string[] = []): Promise<void> {
  if (!options.from)
    throw new UserError("--from is missing: a folder, a tar archive, or ssh://user@host/path");
  const source = parseSource(options.from);
  const database = options.database === undefined ? undefined : dumpFile(options.database);
  const stack = await openStack(options);
  const site = siteOf(stack, name, options);
  if (site.kind === "static" && database) throw new UserError("--database: a static site has none");
  await refuseFilled(stack.config, name);
  // What can't be written into the stack file is not fetched either.
  stackText(stack, site, { content: "/", ...(site.kind === "wordpress" && { database: "/" }) });
  const fetched = await fetch(stack, site, source, database);
  replaceFile(stack.file, stackText(stack, site, fetched));
  if (options.up === false) {
    const next = `${stack.file} says where ${name} comes from; npx varvol up fills it.`;
    return options.json ? json({ site: name, ...fetched }) : say(next);
  }
  const before = fetched.database && (await oldAddress(fetched.database));
  await up({ ...options, configFile: stack.file });
  const came = await arrived(stack.config, site, before);
  if (options.json) return json(came);
  const tables = came.tables === undefined ? "" : `, ${came.tables} tables`;
  const moved = came.from ? `\nIts address was ${came.from} and is ${came.address}.` : `\n${came.address}`;
  process.stdout.write(`\n${name} has come: ${came.files} files (${bytes(came.bytes)})${tables}.${moved}\n`);
  say(
    `What was fetched is no longer needed once you have looked at the site: ${folderOf(stack.name, name)}\nThe key import: in ${stack.file} may stay; it fills only what is empty.`,
  );
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
function siteOf({ config, file }: Stack, name: string, { kind, domain }: VerbOptions): NewSite {
  const found = config.sites.find((site) => site.name === name);
  if (!found) {
    if ((kind === "static" || kind === "wordpress") && domain) return { name, kind, domains: [domain] };
    throw new UserError(
      `${name} is no site in ${file}.`,
      "Put it there; or say --kind static or --kind wordpress, and --domain, and it is added.",
    );
  }
  if (found.kind === "static-git")
    throw new UserError(`${name}: a static-git site comes from its repository, and from nothing else.`);
  if (kind !== undefined && kind !== found.kind)
    throw new UserError(`--kind ${kind}: ${name} is a ${found.kind} site in ${file}.`);
  return { name, kind: found.kind, domains: found.domains };
}

async function refuseFilled(config: HostConfig, name: string): Promise<void> {
  const { filled, running } = await lookAtHost(config);
  const tables = running.has("mysql/mysql") ? await databaseTables(config, name) : 0;
  if (!filled.has(name) && tables === 0) return;
  const what = filled.has(name)
    ? `${config.volumeRoot}/${name} holds files`
    : `the database ${name} holds ${tables} tables`;
  throw new UserError(
    `${name}: ${what}, and an import fills only what is empty.`,
    `Import under another name; or take the site out of the stack file, and run: npx varvol up, npx varvol purge ${name}`,
  );
}

/** The stack file with the import in it, checked as it will be read. */
function stackText(stack: Stack, site: NewSite, fetched: Fetched): string {
  const text = withImport(stack.file, site, fetched);
  const folder = mkdtempSync(join(tmpdir(), "varvol-import-"));
  try {
    const draft = join(folder, "stack.yaml");
    writeFileSync(draft, text, { mode: 0o600 });
    readStackFile(stack.name, draft);
    return text;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function fetch(
  stack: Stack,
  { name, kind }: NewSite,
  source: Source,
  database: string | undefined,
): Promise<Fetched> {
  const folder = newFolder(stack.name, name);
  try {
    return source.kind === "ssh"
      ? await fetchRemote({ kind, source, database, folder })
      : await fetchLocal({ kind, path: source.path, archive: source.kind === "archive", database, folder });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}
