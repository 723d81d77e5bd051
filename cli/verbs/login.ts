import { hostname, userInfo } from "node:os";
import { json, say } from "../../base/output";
import { openStack } from "../../engine/stack";
import { noteInLog } from "../../flows/daily/inside";
import { askPeople, ownLink, wordPressNamed } from "../../flows/daily/people";
import * as texts from "../options";

export const options: texts.OptionsOf<texts.JsonOption> = { json: texts.json };

/** Prints a link that logs a WordPress's user in, once, within five minutes. */
export async function run(
  options: texts.JsonOption,
  [name = "", user = ""]: readonly string[] = [],
): Promise<void> {
  const { config } = await openStack(options);
  const site = wordPressNamed(config, name);
  const link = await askPeople(config, site, "login", user);
  const who = `${process.env.SUDO_USER ?? userInfo().username}@${hostname()}`;
  await noteInLog(config, site, "php", `varvol: ${who} made a one-time link for ${link.login}`);
  const url = ownLink(site, link.url);
  if (options.json) return json({ ...link, url });
  process.stdout.write(`${url}\n`);
  say(
    `It logs ${link.login} in once, until ${link.until.slice(11, 16)} UTC. Whoever has it until then can use it.`,
  );
}
