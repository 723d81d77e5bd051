import { UserError } from "../../base/errors";
import { meant } from "../../base/nearest";
import { step } from "../../base/output";
import type { HostConfig } from "../../stacks/config";
import { siteSubjectOf } from "../../stacks/kinds";
import { answer, askAgent } from "./repository";
import { followFetch } from "./text";

/** A site of the stack that takes a snapshot's data. */
export function restoredSite({ stack, sites }: HostConfig, name: string) {
  const site = sites.find((one) => one.name === name);
  if (site) return site;
  throw new UserError(
    `${name} is no site of ${stack}.${meant(
      name,
      sites.map((one) => one.name),
    )}`,
    `Put it into the stack file, with the domain that it is to have, and run \`npx varvol up\` first. There are: ${sites.map((one) => one.name).join(", ")}`,
  );
}

/** Brings back the databases that no site owns and that are not there; one that is there is left alone. */
export async function restoreDatabases(config: HostConfig, run: string): Promise<void> {
  await step(
    "Restore of mysql",
    (s) => askAgent(config, { job: "databases", module: "mysql", run }, { onMessage: followFetch(s) }),
    (said) => {
      const { back } = answer(said, "databases");
      return back.length === 0 ? "no databases are missing" : `databases that are back: ${back.join(" ")}`;
    },
  );
}

/** What of a snapshot comes back, and to which site. */
export interface Wanted {
  readonly run: string;
  /** The site that the snapshot is of. */
  readonly source: string;
  /** Single files and folders, by their paths in the volume. */
  readonly paths?: readonly string[];
  /** Whether the files stay as they are. */
  readonly databaseOnly?: boolean;
}

/** Restores a deployed site and gives the seconds that it was away. */
export async function restoreSite(
  config: HostConfig,
  site: string,
  { run, source, paths, databaseOnly = false }: Wanted,
): Promise<number> {
  const what = { site: siteSubjectOf(restoredSite(config, site)), run, source };
  const request = paths
    ? { job: "restore-paths" as const, ...what, paths }
    : { job: "restore" as const, ...what, databaseOnly };
  const said = await step(
    `Restore of ${site}`,
    (s) => askAgent(config, request, { onMessage: followFetch(s) }),
    () => run,
  );
  return answer(said, "restored").away;
}
