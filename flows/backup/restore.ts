import { UserError } from "../../base/errors";
import { step } from "../../base/output";
import type { HostConfig } from "../../stacks/config";
import { backupTool } from "./repository";
import { followFetch } from "./text";

/** A site of the stack that takes a snapshot's data. */
export function restoredSite({ stack, sites }: HostConfig, name: string) {
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
  const { kind, domains } = restoredSite(config, site);
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
