import { UserError } from "../../base/errors";
import { openStack, type StackChoice } from "../../engine/stack";
import { onTerminal, siteNamed } from "../../flows/daily/inside";
import { sql, toolCommand } from "../../machine/tools";
import { hasDatabase } from "../../stacks/kinds";

/** Opens the client of a site's database. */
export async function run(
  options: StackChoice,
  [name = "", ...words]: readonly string[] = [],
): Promise<void> {
  const { config } = await openStack(options);
  const site = siteNamed(config, name);
  if (!hasDatabase(site)) throw new UserError(`${name} is a ${site.kind} site without a database.`);
  const args = { mysql: `${config.namespace}mysql`, site: name, options: words };
  process.exitCode = await onTerminal(config, () => toolCommand(config.volumeRoot, sql, args));
}
