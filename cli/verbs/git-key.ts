import { UserError } from "../../base/errors";
import { json } from "../../base/output";
import { openStack } from "../../engine/stack";
import { siteKey } from "../../flows/git/key";
import * as texts from "../options";

export const options: texts.OptionsOf<texts.JsonOption> = { json: texts.json };

/** Prints the public half of the key that a site's repository must let in; the pair is made where it is missing. */
export async function run(options: texts.JsonOption, [name]: readonly string[] = []): Promise<void> {
  if (name === undefined) throw new UserError("Of which site?", "npx varvol git-key <site>");
  const { config } = await openStack(options);
  const key = await siteKey(config, name);
  if (options.json) json({ site: name, key });
  else process.stdout.write(`${key}\n`);
}
