import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { plain } from "../../agent/failure";
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

// What a site says is a stranger's: nothing of it does anything to a terminal.
const text = z.string().transform(plain);

const problem = z.strictObject({ problem: text, logins: z.array(text).optional() });

const user = z.strictObject({
  id: z.number(),
  login: text,
  email: text,
  name: text,
  roles: z.array(text),
  registered: text,
});
const answers = {
  users: z.strictObject({ users: z.array(user), all: z.number() }),
  check: z.strictObject({ state: z.enum(["works", "changed", "missing"]) }),
  password: z.strictObject({ login: text, applicationPasswords: z.number() }),
  login: z.strictObject({ login: text, url: text, until: text }),
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
      `${site.name}: WordPress does not start: ${
        lastLines(result.stderr || result.stdout, 3)
          .split("\n")
          .map(plain)
          .join("\n") || `exit code ${result.code}`
      }`,
    );
  const refused = problem.safeParse(said);
  if (!refused.success) return answers[verb].parse(said) as Answers[Verb];
  const { problem: why, logins = [] } = refused.data;
  throw new UserError(
    `${site.name}: ${why}${name && logins.length > 0 ? `: ${name}.${meant(name, logins)}` : ""}`,
    logins.length > 0 ? `npx varvol users ${site.name} lists who there is.` : undefined,
  );
}

/** A link as it may be shown: one of the site's own, for no other place can be where it logs somebody in. */
export function ownLink({ name, domains }: Pick<SiteConfig, "name" | "domains">, url: string): string {
  const own = URL.canParse(url) && new URL(url).hostname === domains[0];
  if (own && /\/wp-login\.php\?varvol-login=[0-9a-f]{64}$/.test(url)) return url;
  throw new UserError(
    `${name} has answered with a link that is not its own. Look what it runs: ${plain(url)}`,
  );
}
