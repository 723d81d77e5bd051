import { openStack, type StackChoice } from "../../engine/stack";
import { rolesOf, runInside, siteNamed } from "../../flows/daily/inside";
import type * as texts from "../options";

interface Options extends StackChoice {
  readonly role?: string;
}

export const options: texts.OptionsOf<Options> = {
  role: ["--role <role>", "php, web or git (default: php, where the site has it)"],
};

/** Opens a shell in a site's container. */
export async function run(options: Options, [name = ""]: readonly string[] = []): Promise<void> {
  const { config } = await openStack(options);
  const site = siteNamed(config, name);
  process.exitCode = await runInside(config, site, options.role ?? rolesOf(site)[0] ?? "web", ["bash"]);
}
