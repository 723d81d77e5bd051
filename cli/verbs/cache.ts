import { UserError } from "../../base/errors";
import { openStack, type StackChoice } from "../../engine/stack";
import { siteNamed } from "../../flows/daily/inside";
import { forgetPages } from "../../flows/daily/pages";
import { kindOf } from "../../stacks/kinds";

/** Has a site's nginx forget pages. */
export async function run(
  options: StackChoice,
  [action, name = "", path]: readonly string[] = [],
): Promise<void> {
  if (action !== "purge") throw new UserError(`cache ${action}: there is only cache purge <name> [path]`);
  const { config } = await openStack(options);
  const site = siteNamed(config, name);
  if (!kindOf(site.kind).keepsPages?.(site)) throw new UserError(`${name} keeps no pages.`);
  await forgetPages(config, site, path);
  process.stdout.write(`${name}: ${path ?? "every page"} is made anew when it is asked for next.\n`);
}
