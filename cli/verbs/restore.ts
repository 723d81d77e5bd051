import { backupOf, backupTool, listRuns } from "../backup/repository";
import { chooseRun } from "../backup/runs";
import { followFetch } from "../backup/text";
import { confirm } from "../confirm";
import { UserError } from "../errors";
import { lookAtHost } from "../facts";
import type { HostConfig } from "../../stacks/config";
import type { VerbOptions } from "../options";
import { json, step } from "../output";
import { openStack } from "../stack";

/** Puts a site back to a snapshot of it, or (--as) fills another site from that. */
export async function run(options: VerbOptions, [name = ""]: readonly string[] = []): Promise<void> {
  const { config } = await openStack(options);
  backupOf(config);
  const all = await listRuns(config);
  if (name === "mysql") return restoreDatabases(config, chooseRun(all, name, options.snapshot).run);
  const target = siteOf(config, options.as ?? name);
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

function siteOf({ stack, sites }: HostConfig, name: string) {
  const site = sites.find((one) => one.name === name);
  if (site) return site;
  throw new UserError(
    `${name} is no site of ${stack}.`,
    `Put it into the stack file, with the domain that it is to have, and run \`npx varvol up\` first. There are: ${sites.map((one) => one.name).join(", ")}`,
  );
}

/** Brings back the databases that no site owns and that are not there; one that is there is left alone. */
export async function restoreDatabases(config: HostConfig, run: string): Promise<void> {
  await step(
    "Restore of mysql",
    () => backupTool(config, ["restore", "databases", "mysql", run]),
    (output) => output.match(/^(no )?databases.*$/m)?.[0],
  );
}

/** Restores a deployed site and gives the seconds that it was away. */
export async function restoreSite(
  config: HostConfig,
  site: string,
  run: string,
  source = site,
): Promise<number> {
  const { kind, domains } = siteOf(config, site);
  const output = await step(
    `Restore of ${site}`,
    (s) =>
      backupTool(config, ["restore", site, run, source, kind, domains[0] ?? site], {
        onLine: followFetch(s),
      }),
    () => run,
  );
  return Number(/^away (\S+)$/m.exec(output)?.[1] ?? 0);
}
