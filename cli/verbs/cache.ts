import { UserError } from "../../base/errors";
import { openStack, type StackChoice } from "../../engine/stack";
import { siteNamed } from "../../flows/daily/inside";
import { forgetObjects } from "../../flows/daily/objects";
import { forgetPages } from "../../flows/daily/pages";
import { kindOf } from "../../stacks/kinds";
import { keepsObjects } from "../../stacks/objectCache";

/** Has a site's nginx forget pages; and, where that is all of them, its php what these are made of. */
export async function run(
  options: StackChoice,
  [action, name = "", path]: readonly string[] = [],
): Promise<void> {
  if (action !== "purge") throw new UserError(`cache ${action}: there is only cache purge <name> [path]`);
  const { config } = await openStack(options);
  const site = siteNamed(config, name);
  const keepsPages = kindOf(site.kind).keepsPages?.(site) ?? false;
  const objects = path === undefined && keepsObjects(site);
  if (!keepsPages && !objects) throw new UserError(`${name} keeps no pages.`);
  // First what pages are made of.
  if (objects) await forgetObjects(config, site);
  if (keepsPages) await forgetPages(config, site, path);
  process.stdout.write(`${name}: ${path ?? "every page"} is made anew when it is asked for next.\n`);
}
