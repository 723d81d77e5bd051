import { plain } from "../../agent/failure";
import { json, table } from "../../base/output";
import { openStack } from "../../engine/stack";
import { askPeople, wordPressNamed } from "../../flows/daily/people";
import * as texts from "../options";

interface Options extends texts.JsonOption {
  readonly role?: string;
}

export const options: texts.OptionsOf<Options> = {
  role: ["--role <role>", "those of a role alone, e.g. administrator"],
  json: texts.json,
};

/** Lists who can log in to a WordPress. */
export async function run(options: Options, [name = ""]: readonly string[] = []): Promise<void> {
  const { config } = await openStack(options);
  const { users, all } = await askPeople(config, wordPressNamed(config, name), "users", options.role ?? "");
  if (options.json) return json(users);
  const rows = users.map((user) =>
    [user.login, user.roles.join(", "), user.email, user.registered.slice(0, 10)].map(plain),
  );
  process.stdout.write(`${table(["Login", "Roles", "E-mail", "Since"], rows)}\n`);
  if (all > users.length) process.stdout.write(`\nThe first ${users.length} of ${all}; --role names some.\n`);
}
