import { UserError } from "../../base/errors";
import { json } from "../../base/output";
import { openStack, outputs } from "../../engine/stack";
import { kindOf, pulledFrom } from "../../stacks/kinds";
import * as texts from "../options";

export const options: texts.OptionsOf<texts.JsonOption> = { json: texts.json };

/** Prints a site's secrets, or the names of the sites that have any. */
export async function run(options: texts.JsonOption, [name]: readonly string[] = []): Promise<void> {
  const stack = await openStack(options);
  const all = ((await outputs(stack, name !== undefined)) ?? {}).secrets as
    Record<string, Record<string, string>> | string | undefined;
  if (name === undefined) {
    const names = stack.config.sites
      .filter((site) => kindOf(site.kind).login || pulledFrom(site)?.git.hook)
      .map((site) => site.name);
    if (options.json) json(names);
    else process.stdout.write(names.map((site) => `${site}\n`).join(""));
    return;
  }
  const secrets = typeof all === "object" ? all[name] : undefined;
  if (!secrets || Object.keys(secrets).length === 0) {
    throw new UserError(
      `${name} has no secrets in the stack ${stack.name}.`,
      "`npx varvol secret` lists the sites that have some.",
    );
  }
  if (options.json) json(secrets);
  else
    process.stdout.write(
      Object.entries(secrets)
        .map(([key, value]) => `${key}: ${value}\n`)
        .join(""),
    );
}
