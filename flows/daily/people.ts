import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../../base/errors";
import { lastLines } from "../../base/exec";
import { meant } from "../../base/nearest";
import type { HostConfig } from "../../stacks/config";
import { kindOf, type SiteConfig } from "../../stacks/kinds";
import { askBeside } from "./beside";
import { siteNamed } from "./inside";

/** A WordPress of the stack. Throws where the site is none, or not there. */
export function wordPressNamed(config: HostConfig, name: string): SiteConfig {
  const site = siteNamed(config, name);
  if (kindOf(site.kind).application === "wordpress") return site;
  throw new UserError(`${name} is a ${site.kind} site: this is of a WordPress.`);
}

const problem = z.strictObject({ problem: z.string(), logins: z.array(z.string()).optional() });

const user = z.strictObject({
  id: z.number(),
  login: z.string(),
  email: z.string(),
  name: z.string(),
  roles: z.array(z.string()),
  registered: z.string(),
});
const answers = {
  users: z.strictObject({ users: z.array(user), all: z.number() }),
  check: z.strictObject({ state: z.enum(["works", "changed", "missing"]) }),
  password: z.strictObject({ login: z.string(), applicationPasswords: z.number() }),
  login: z.strictObject({ login: z.string(), url: z.string(), until: z.string() }),
};

type Answers = { readonly [verb in keyof typeof answers]: z.infer<(typeof answers)[verb]> };

/** Somebody who can log in. */
export type User = z.infer<typeof user>;

/** Asks WordPress of its users, or has it do something to one, beside the site; `input` is what no argument may show. */
export async function askPeople<Verb extends keyof Answers>(
  config: HostConfig,
  site: SiteConfig,
  verb: Verb,
  name: string,
  input = "",
): Promise<Answers[Verb]> {
  const code = readFileSync(join(__dirname, "people.php"), "utf8").replace(/^<\?php\n/, "");
  const command = ["php", "-d", "display_errors=0", "-r", code, "--", verb, name] as const;
  const result = await askBeside(config, site, { command }, input);
  const line = result.stdout.trim().split("\n").at(-1) ?? "";
  const said = line.startsWith("{") ? (JSON.parse(line) as unknown) : undefined;
  if (result.code !== 0 || said === undefined)
    throw new UserError(
      `${site.name}: WordPress does not start: ${lastLines(result.stderr || result.stdout, 3) || `exit code ${result.code}`}`,
    );
  const refused = problem.safeParse(said);
  if (!refused.success) return answers[verb].parse(said) as Answers[Verb];
  const { problem: text, logins = [] } = refused.data;
  throw new UserError(
    `${site.name}: ${text}${name && logins.length > 0 ? `: ${name}.${meant(name, logins)}` : ""}`,
    logins.length > 0 ? `npx varvol users ${site.name} lists who there is.` : undefined,
  );
}
