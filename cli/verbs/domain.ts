import { readFileSync } from "node:fs";
import { UserError } from "../../base/errors";
import { json, say } from "../../base/output";
import { withDomains } from "../../engine/domainsText";
import { openStack } from "../../engine/stack";
import { domainsAfter, readAction, whatBecomes } from "../../flows/daily/domains";
import { siteNamed } from "../../flows/daily/inside";
import { upWith } from "../edited";
import * as texts from "../options";

interface Options extends texts.JsonOption {
  readonly yes?: boolean;
}

export const options: texts.OptionsOf<Options> = { yes: texts.yes, json: texts.json };

/** Gives a site a domain more, takes one away, or has it served under another one, in the stack file and on the host. */
export async function run(options: Options, [word = "", name = "", domain = ""]: readonly string[] = []) {
  const action = readAction(word);
  const stack = await openStack(options);
  const site = siteNamed(stack.config, name);
  if (domain === "") throw new UserError("The domain is missing.", undefined, 2);
  const after = domainsAfter(action, site, domain.toLowerCase());
  const text = withDomains(readFileSync(stack.file, "utf8"), stack.file, name, after);
  await upWith(stack, options, text, `${whatBecomes(site, after)} Go on?`);
  if (options.json) json({ site: name, domains: after });
  else say(`${name} has the domains ${after.join(", ")}.`);
}
