import { UserError } from "../../base/errors";
import { step } from "../../base/output";
import { askHost } from "../../machine/scripts";
import type { HostConfig } from "../../stacks/config";
import { subjectOf } from "../../stacks/kinds";
import { askAgent } from "../backup/repository";
import { followFetch } from "../backup/text";

/** Sites and modules that have data in a volume root. */
export async function dataOn(config: HostConfig): Promise<string[]> {
  const found = await askHost(config, "data", [config.volumeRoot]);
  return [...new Set(found.split("\n").filter(Boolean))];
}

/** Moves a volume root that nothing uses to a folder beside, and gives that one's path. */
export async function moveAside(config: HostConfig): Promise<string> {
  return (await askHost(config, "move-aside", [config.volumeRoot, `varvol/${config.stack}`])).trim();
}

/** Writes down what the host comes back to: until it has, nothing is backed up by schedule. */
export async function begin(config: HostConfig, run: string): Promise<void> {
  await askHost(config, "restoring", [config.volumeRoot, "begin", run]);
}

/** The host is back. */
export async function finish(config: HostConfig): Promise<void> {
  await askHost(config, "restoring", [config.volumeRoot, "end"]);
}

/** Whether an earlier host-restore was cut off there. */
export async function isUnfinished(config: HostConfig, run: string, aside: boolean): Promise<boolean> {
  const found = (await askHost(config, "restoring", [config.volumeRoot, "which"])).trim();
  if (found === "" || found === run || aside) return found === run;
  throw new UserError(
    `The host-restore to ${found} has not finished in ${config.volumeRoot}.`,
    `Say --snapshot ${found}, which goes on with it; or --aside, to begin anew.`,
  );
}

/** Certificates of public authorities come before the first `up`, whose agent would order them anew. */
export async function putCertificates(
  config: HostConfig,
  files: Readonly<Record<string, string>> | undefined,
): Promise<void> {
  if (files === undefined) return;
  await step("Certificates", () => askAgent(config, { job: "certificates-back", files }));
}

/** The sites' files come before their containers, which leave alone what is there. */
export async function fill(config: HostConfig, runs: ReadonlyMap<string, string>): Promise<void> {
  for (const site of config.sites) {
    const run = runs.get(site.name);
    if (!run) continue;
    const request = { job: "fill", site: subjectOf(site), run } as const;
    await step(`Files of ${site.name}`, (s) => askAgent(config, request, { onMessage: followFetch(s) }));
  }
}
