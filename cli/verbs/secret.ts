import { explain, UserError } from "../../base/errors";
import { errorColors, json, say } from "../../base/output";
import { openStack, outputs } from "../../engine/stack";
import { askPeople } from "../../flows/daily/people";
import type { HostConfig } from "../../stacks/config";
import { kindOf, pulledFrom, type SiteConfig } from "../../stacks/kinds";
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
  const site = stack.config.sites.find((one) => one.name === name);
  if (site && kindOf(site.kind).application === "wordpress" && secrets.user !== undefined)
    await sayWhetherItWorks(stack.config, site, secrets.user);
}

/** What was generated lets nobody in where the site was imported or cloned, or where somebody has changed it since. */
async function sayWhetherItWorks(config: HostConfig, site: SiteConfig, user: string): Promise<void> {
  const set = `npx varvol users ${site.name} lists who there is; npx varvol password ${site.name} USER sets another one.`;
  try {
    const { state } = await askPeople(config, site, "check", user);
    if (state === "works") return;
    const why =
      state === "missing"
        ? `${site.name} has no user ${user}: it came from elsewhere, or somebody has renamed or removed that one`
        : `${user} of ${site.name} has another password by now`;
    say(`${errorColors.yellow("warning:")} this lets nobody in: ${why}.\n  ${set}`);
  } catch (error) {
    say(
      `${errorColors.yellow("warning:")} this is what the site was made with; whether it still lets anybody in can't be asked: ${explain(error).text.split("\n")[0]}\n  ${set}`,
    );
  }
}
