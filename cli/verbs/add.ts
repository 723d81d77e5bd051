import { UserError } from "../../base/errors";
import { meant } from "../../base/nearest";
import { json, say } from "../../base/output";
import { openStack } from "../../engine/stack";
import { type NewSite, withKeys } from "../../flows/import/stackFile";
import { kindOf, type KindName, KINDS } from "../../stacks/kinds";
import { canAsk, valueOf } from "../confirm";
import { upWith } from "../edited";
import * as texts from "../options";

interface Options extends texts.JsonOption {
  readonly kind?: string;
  readonly domain?: string;
  readonly git?: string;
  readonly yes?: boolean;
}

const NAMES = KINDS.map(({ name }) => name as KindName);
/** Kinds that come from a repository, where nothing else is said. */
const PULLED: readonly string[] = ["static-git", "php"];

export const options: texts.OptionsOf<Options> = {
  kind: ["--kind <kind>", NAMES.join(", ")],
  domain: ["--domain <domain>", "the domain that it is served under"],
  git: ["--git <address>", "the repository that it comes from: of static-git and php"],
  yes: texts.yes,
  json: texts.json,
};

/** Puts a new site into the stack file and onto the host; asks for what was not said. */
export async function run(options: Options, [given]: readonly string[] = []): Promise<void> {
  const stack = await openStack(options);
  const { sites } = stack.config;
  const kind = await valueOf(options.kind, "--kind", `Kind (${NAMES.join(", ")})`);
  const known = NAMES.find((one) => one === kind);
  if (!known)
    throw new UserError(
      `--kind ${kind}: there is no such kind.${meant(kind, NAMES)}`,
      `There are: ${KINDS.map(({ name, what }) => `${name} (${what})`).join(", ")}`,
      2,
    );
  const isPulled = PULLED.includes(known);
  if (options.git !== undefined && !isPulled)
    throw new UserError(`--git: a ${known} site does not come from a repository.`, undefined, 2);
  const name = await valueOf(given, "NAME", "Name (of its folder, its database and its containers)");
  if (sites.some((site) => site.name === name))
    throw new UserError(`${name} is a site of ${stack.name} already.`, "Give the new one another name.");
  const domain = (await valueOf(options.domain, "--domain", "Domain")).toLowerCase();
  const url = isPulled ? await valueOf(options.git, "--git", "Address of its repository") : undefined;
  const question = `Make ${name}, a ${known} site at ${domain}?`;
  canAsk(options, question);
  const site: NewSite = { name, kind: known, domains: [domain] };
  const text = withKeys(stack.file, site, url === undefined ? {} : { git: { url } });
  await upWith(stack, options, text, question);
  if (options.json) json(site);
  else if (kindOf(known).login) say(`npx varvol secret ${name} says who can log in to ${name}.`);
  else if (!isPulled)
    say(`Its files go into ${stack.config.volumeRoot}/${name}/${kindOf(known).folder} on the host.`);
}
