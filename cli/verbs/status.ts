import { json } from "../../base/output";
import { openStack } from "../../engine/stack";
import { statusOf } from "../../flows/siteStatus";
import * as texts from "../options";
import { printSites } from "../sites";

export const options: texts.OptionsOf<texts.JsonOption> = { json: texts.json };

/**
 * Lists the sites: kind, addresses, state, where the data lies, backups; for git sites what is served. Names all that is
 * wrong with them, with what they share and with the host's disks, and ends with 1 if anything is.
 */
export async function run(options: texts.JsonOption): Promise<void> {
  const stack = await openStack(options);
  const status = options.json ? await statusOf(stack) : await printSites(stack);
  if (options.json) json({ stack: stack.name, ...status });
  if (!status.ok) process.exitCode = 1;
}
