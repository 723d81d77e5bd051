import { UserError } from "../../base/errors";
import { json } from "../../base/output";
import { lookAtHost } from "../../engine/hostFacts";
import { openStack } from "../../engine/stack";
import { backupOf, listRuns } from "../../flows/backup/repository";
import { restoreDatabases, restoredSite, restoreSite } from "../../flows/backup/restore";
import { chooseRun } from "../../flows/backup/runs";
import { confirm } from "../confirm";
import * as texts from "../options";

interface Options extends texts.JsonOption {
  readonly snapshot?: string;
  readonly as?: string;
  readonly modules?: boolean;
  readonly yes?: boolean;
}

export const options: texts.OptionsOf<Options> = {
  snapshot: texts.snapshot,
  as: ["--as <site>", "another site of the stack, of the same kind, that takes the data over"],
  modules: texts.modules,
  yes: texts.yes,
  json: texts.json,
};

/** Puts a site back to a snapshot of it, or (--as) fills another site from that. */
export async function run(options: Options, [name = ""]: readonly string[] = []): Promise<void> {
  const { config } = await openStack(options);
  backupOf(config);
  const all = await listRuns(config);
  if (name === "mysql") return restoreDatabases(config, chooseRun(all, name, options.snapshot).run);
  const target = restoredSite(config, options.as ?? name);
  const run = chooseRun(all, name, options.snapshot);
  const { routed } = await lookAtHost(config);
  if (!routed.has(target.name))
    throw new UserError(`${target.name} is not deployed yet.`, "Run `npx varvol up` first.");
  await confirm(
    options,
    `Replace the data of ${target.name} by the snapshot ${run.run}? ${target.name} is away for some seconds; what was written to it since is lost.`,
  );
  if (options.modules && all.some(({ site }) => site === "mysql"))
    await restoreDatabases(config, chooseRun(all, "mysql").run);
  const away = await restoreSite(config, target.name, run.run, name);
  if (options.json) json({ site: target.name, snapshot: run.run, away });
  else process.stdout.write(`${target.name} is back at ${run.run}. It was away for ${away} s.\n`);
}
