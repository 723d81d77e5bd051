import { UserError } from "../../base/errors";
import { json } from "../../base/output";
import { lookAtHost } from "../../engine/hostFacts";
import { openStack } from "../../engine/stack";
import { backupOf, listRuns } from "../../flows/backup/repository";
import { restoredPaths, shownPath } from "../../flows/backup/paths";
import { restoreDatabases, restoredSite, restoreSite } from "../../flows/backup/restore";
import { chooseRun } from "../../flows/backup/runs";
import { hasDatabase, subjectOf } from "../../stacks/kinds";
import { confirm } from "../confirm";
import * as texts from "../options";

interface Options extends texts.JsonOption {
  readonly snapshot?: string;
  readonly as?: string;
  readonly files?: readonly string[];
  readonly database?: boolean;
  readonly modules?: boolean;
  readonly yes?: boolean;
}

export const options: texts.OptionsOf<Options> = {
  snapshot: texts.snapshot,
  as: ["--as <site>", "another site of the stack, of the same kind, that takes the data over"],
  files: [
    "--files <path...>",
    "these files and folders alone, while the site serves on, e.g. wp-content/uploads/2024",
  ],
  database: ["--database", "the database alone; files stay as they are"],
  modules: texts.modules,
  yes: texts.yes,
  json: texts.json,
};

/** Puts a site back to a snapshot of it, or a part of it; or (--as) fills another site from that. */
export async function run(options: Options, [name = ""]: readonly string[] = []): Promise<void> {
  const { config } = await openStack(options);
  backupOf(config);
  const { files, database: databaseOnly = false } = options;
  if (files && databaseOnly)
    throw new UserError("--files and --database are two restores.", "Leave one out.");
  const all = await listRuns(config);
  if (name === "mysql" && !files && !databaseOnly)
    return restoreDatabases(config, chooseRun(all, name, options.snapshot).run);
  const target = restoredSite(config, options.as ?? name);
  const { run } = chooseRun(all, name, options.snapshot);
  const { routed } = await lookAtHost(config);
  if (!routed.has(target.name))
    throw new UserError(`${target.name} is not deployed yet.`, "Run `npx varvol up` first.");
  if (databaseOnly && !hasDatabase(target)) throw new UserError(`${target.name} has no database.`);
  const paths = files && restoredPaths(subjectOf(target), files);
  const named = paths?.map((path) => shownPath(target, path)).join(", ");
  const what = named ?? (databaseOnly ? "the database" : "the data");
  const lost = named
    ? "it serves on; what is there now, and what was added to it since, is lost"
    : `${target.name} is away for some seconds; what was written to it since is lost`;
  await confirm(options, `Replace ${what} of ${target.name} by the snapshot ${run}? ${capital(lost)}.`);
  if (options.modules && all.some(({ site }) => site === "mysql"))
    await restoreDatabases(config, chooseRun(all, "mysql").run);
  const away = await restoreSite(config, target.name, {
    ...{ run, source: name, databaseOnly },
    ...(paths && { paths }),
  });
  if (options.json) return json({ site: target.name, snapshot: run, ...(paths && { paths }), away });
  const back = named
    ? `${named} of ${target.name}`
    : `${databaseOnly ? "The database of " : ""}${target.name}`;
  process.stdout.write(`${back} is back at ${run}.${named ? "" : ` It was away for ${away} s.`}\n`);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
