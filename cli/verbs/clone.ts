import { readFileSync, rmSync } from "node:fs";
import { UserError } from "../../base/errors";
import { json, say } from "../../base/output";
import { openStack } from "../../engine/stack";
import { clonedKeys, fetchOwn } from "../../flows/daily/clone";
import { wordPressNamed } from "../../flows/daily/people";
import { folderOf, newFolder } from "../../flows/import/fetched";
import { propose } from "../edited";
import { filled, stackText } from "../imported";
import * as texts from "../options";
import { refuseFailed } from "../up";

interface Options extends texts.JsonOption {
  readonly domain?: string;
  readonly yes?: boolean;
}

export const options: texts.OptionsOf<Options> = {
  domain: ["--domain <domain>", "the domain of the copy"],
  yes: texts.yes,
  json: texts.json,
};

/** Makes another site of what a WordPress has, for those alone who work on it: the stack file gets it, and `up` makes it. */
export async function run(options: Options, [name = "", copy = ""]: readonly string[] = []): Promise<void> {
  const { domain } = options;
  if (domain === undefined) throw new UserError("--domain is missing: the address of the copy");
  const stack = await openStack(options);
  const source = wordPressNamed(stack.config, name);
  if (stack.config.sites.some((site) => site.name === copy))
    throw new UserError(`${copy} is a site of ${stack.name} already.`, "Give the copy another name.");
  const site = { name: copy, kind: source.kind, domains: [domain], ...clonedKeys(source) };
  // What can't be written into the stack file is not fetched either.
  await stackText(stack, site, { content: "/", database: "/" });
  const folder = newFolder(stack.name, copy);
  const before = readFileSync(stack.file, "utf8");
  try {
    const fetched = await fetchOwn(stack.config, source, folder);
    const text = await stackText(stack, site, fetched);
    await propose(stack, options, text, `Make ${copy} a copy of ${name}?`);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  const proofs = await filled(stack, options, before, copy);
  if (options.json) json({ site: copy, from: name, domain });
  else say(`${copy} has come. Whoever is not logged in sees nothing: npx varvol login ${copy}`);
  say(`What was copied is no longer needed: ${folderOf(stack.name, copy)}`);
  refuseFailed(proofs);
}
