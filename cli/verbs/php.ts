import { openStack, type StackChoice } from "../../engine/stack";
import { runInside, siteNamed } from "../../flows/daily/inside";

/** Runs php in a site's container. */
export async function run(
  options: StackChoice,
  [name = "", ...words]: readonly string[] = [],
): Promise<void> {
  const { config } = await openStack(options);
  process.exitCode = await runInside(config, siteNamed(config, name), "php", ["php", ...words]);
}
