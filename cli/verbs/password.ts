import { randomInt } from "node:crypto";
import { text } from "node:stream/consumers";
import { UserError } from "../../base/errors";
import { json, say } from "../../base/output";
import { openStack } from "../../engine/stack";
import { askPeople, wordPressNamed } from "../../flows/daily/people";
import { askSecret } from "../confirm";
import * as texts from "../options";

interface Options extends texts.JsonOption {
  readonly generate?: boolean;
}

export const options: texts.OptionsOf<Options> = {
  generate: ["--generate", "make one, and print it"],
  json: texts.json,
};

const LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";

/** Sets the password of a WordPress's user: one that is typed, that comes as standard input, or that is made here. */
export async function run(
  options: Options,
  [name = "", login = "", ...more]: readonly string[] = [],
): Promise<void> {
  if (login === "") throw new UserError("Whose password is it? varvol password <site> <user>");
  if (more.length > 0)
    throw new UserError(
      "A password is no argument: whoever lists processes would read it.",
      "It is asked for; or comes as standard input.",
    );
  const { config } = await openStack(options);
  const site = wordPressNamed(config, name);
  const password = options.generate
    ? Array.from({ length: 20 }, () => LETTERS[randomInt(LETTERS.length)]).join("")
    : process.stdin.isTTY
      ? await askSecret(`New password of ${login}: `)
      : (await text(process.stdin)).replace(/\r?\n$/, "");
  if (password.trim() === "") throw new UserError("The password is empty.", "Nothing was changed.");
  const done = await askPeople(config, site, "password", login, password);
  if (options.json) return json({ ...done, ...(options.generate && { password }) });
  if (options.generate) process.stdout.write(`user: ${done.login}\npassword: ${password}\n`);
  say(`${done.login} has another password, and is logged out everywhere.`);
  if (done.applicationPasswords > 0)
    say(
      `${done.applicationPasswords} application passwords still let programs in: they are on the user's page.`,
    );
}
