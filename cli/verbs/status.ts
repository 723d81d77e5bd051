import { json } from "../../base/output";
import { openStack } from "../../engine/stack";
import { type SiteStatus, statusOf } from "../../flows/siteStatus";
import * as texts from "../options";
import { printSites } from "../sites";

export const options: texts.OptionsOf<texts.JsonOption> = { json: texts.json };

/** Lists the sites: kind, addresses, state, where the data lies, backups; for git sites what is served. */
export async function run(options: texts.JsonOption): Promise<void> {
  const stack = await openStack(options);
  if (options.json) {
    const sites = await statusOf(stack);
    json({ stack: stack.name, sites });
    if (!sites.every(isWell)) process.exitCode = 1;
    return;
  }
  const sites = await printSites(stack);
  if (!sites.every(isWell)) process.exitCode = 1;
}

function isWell({ state, backup }: SiteStatus): boolean {
  return state === "ok" && (backup?.good ?? true);
}
