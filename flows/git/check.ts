import { existsSync } from "node:fs";
import { UserError } from "../../base/errors";
import { attempt, lastLines } from "../../base/exec";
import { say } from "../../base/output";
import { mask } from "../../base/words";
import { imageName } from "../../components/image";
import type { BuildArgs } from "../../components/sites/builder";
import { accessFolder, type GitArgs, pullerEnv, servedSource } from "../../components/sites/puller";
import { hostOf, wayOf } from "../../components/sites/repositoryAddress";
import type { HostFacts } from "../../engine/hostFacts";
import type { Stack } from "../../engine/stack";
import { isInClear } from "../../engine/stackFile";
import { machineOf } from "../../machine/host";
import { scriptText } from "../../machine/scripts";
import type { HostConfig } from "../../stacks/config";
import { nameOnHost } from "../../stacks/formerNames";
import { pulledFrom, type SiteConfig } from "../../stacks/kinds";
import { ensureImage, isThere } from "../image";

/** How long a puller's own tool may take, which gives up after a minute. */
const PATIENCE = 100_000;

/** A site whose repository nobody has asked for yet with these keys. */
interface Unproven {
  readonly site: string;
  /** The name that its volume has by now. */
  readonly volume: string;
  /** The key that it stands under. */
  readonly key: string;
  readonly git: GitArgs;
  readonly image: string;
  readonly build: () => Promise<void>;
}

/**
 * Refuses repositories that can't be pulled, asked as their pullers would: by their image, from their network, with the
 * site's own token or key. Only those that are new, or of which something has changed. Throws one UserError of all.
 */
export async function checkRepositories(config: HostConfig, facts: HostFacts): Promise<void> {
  for (const { build } of unprovenIn(config, facts)) await build();
  await lookAtRepositories(config, facts);
}

/** The same where nothing may be made: what there is no image for yet is left to `up`, or to the first pull. */
export async function lookAtRepositories(config: HostConfig, facts: HostFacts): Promise<void> {
  const unproven = unprovenIn(config, facts);
  const there = await Promise.all(unproven.map(({ image }) => isThere(config, image)));
  await refuse(
    config,
    unproven.filter((_, i) => there[i]),
  );
}

function unprovenIn(config: HostConfig, facts: HostFacts): Unproven[] {
  return config.sites.flatMap((site: SiteConfig, i) => {
    const from = pulledFrom(site);
    const volume = nameOnHost(site, facts.filled);
    if (!from || isProven(volume, from, facts)) return [];
    return [
      {
        ...{ site: site.name, volume, key: `varvol:sites[${i}].git`, git: from.git },
        image: imageName(from.image, site.name, config.lock),
        // An image that was rolled back to is there, or is built by nobody.
        build: async () =>
          config.lock.pins[site.name]?.[from.image]
            ? undefined
            : ensureImage(config, from.image, site.name, "Image for pulls"),
      },
    ];
  });
}

/** Tells of tokens that anyone reads who sees the stack file, or the history that the engine keeps of it. */
export function sayTokensInClear({ config, file }: Pick<Stack, "config" | "file">): void {
  config.sites.forEach((site, i) => {
    if (pulledFrom(site)?.git.token !== undefined && isInClear(file, ["sites", i, "git", "token"]))
      say(
        `! varvol:sites[${i}].git.token stands in clear text in ${file}; encrypt it: ${setToken(`varvol:sites[${i}].git`)}`,
      );
  });
}

function setToken(key: string): string {
  return `pulumi config set --secret --path '${key}.token'`;
}

/** Whether a site pulls just this, or has been filled by it and lost its puller: what serves is not kept from coming back. */
export function isProven(
  site: string,
  { git, build }: { readonly git: GitArgs; readonly build?: BuildArgs },
  { pulls, serves, filled }: Pick<HostFacts, "pulls" | "serves" | "filled">,
): boolean {
  if (pulls.has(`${site} ${pullerEnv(site, git).GIT_SOURCE}`)) return true;
  if ([...pulls].some((one) => one.startsWith(`${site} `)) || !filled.has(site)) return false;
  const now = servedSource(site, git, build);
  // An earlier version wrote nothing down.
  return (serves.get(site) ?? now) === now;
}

async function refuse(config: HostConfig, unproven: readonly Unproven[]): Promise<void> {
  const problems = await Promise.all(unproven.map((one) => problemOf(config, one)));
  const found = problems.filter((one) => one !== undefined);
  if (found.length > 0) throw new UserError(found.join("\n"));
}

async function problemOf(config: HostConfig, one: Unproven): Promise<string | undefined> {
  const { site, volume, key, git, image } = one;
  const isPath = wayOf(git.url) === "path";
  if (isPath && !existsSync(git.url)) return `${key}.url: ${git.url} does not exist; correct the path`;
  const env = Object.entries(pullerEnv(site, git)).map(([name, value]) => `${name}=${value}`);
  const args = [image, accessFolder(config.volumeRoot, volume), isPath ? git.url : "", ...env];
  const machine = machineOf(config);
  const asked = machine.reached(
    await attempt(machine.command(["sh", "-c", scriptText("try-repository"), "sh", ...args]), {
      input: secretsOf(git),
      timeout: PATIENCE,
    }),
  );
  // An image that was rolled back to may have no such tool; the first pull tells then.
  if (asked.code === 127) return undefined;
  if (asked.code !== 0)
    return `${key}.url: ${git.url} can't be asked for (${mask(lastLines(asked.stderr, 1)) || asked.reason || `exit code ${asked.code}`})`;
  const [word = "", text = ""] = asked.stdout.trim().split("\t");
  return word === "ok" ? undefined : inWords(word, text, one);
}

/** What the puller finds as files, a line NAME BASE64 each. */
function secretsOf({ token, knownHosts }: GitArgs): string {
  return Object.entries({ token, known_hosts: knownHosts && `${knownHosts}\n` })
    .filter(([, content]) => content)
    .map(([name, content]) => `${name} ${Buffer.from(content ?? "").toString("base64")}\n`)
    .join("");
}

/** What is wrong, where, and what to do, by the words that images/git/try says. */
export function inWords(
  word: string,
  text: string,
  { site, key, git }: Pick<Unproven, "site" | "key" | "git">,
): string {
  const url = mask(git.url);
  const secret = setToken(key);
  const closed =
    git.token !== undefined
      ? "or give the token the right to read it"
      : wayOf(git.url) === "http"
        ? `or, if it is private, set a token: ${secret}`
        : `or, if it is private, let the site's key in: npx varvol git-key ${site}`;
  switch (word) {
    case "branch":
      return `${key}.${git.branch ? "branch" : "url"}: ${url} has ${text}; correct it`;
    case "missing":
      return `${key}.url: ${url} can't be reached (${text}); correct it${wayOf(git.url) === "path" ? "" : `, ${closed}`}`;
    case "login":
      return git.token === undefined
        ? `${key}.url: ${url} wants a login (${text}); set a token that may read it: ${secret}`
        : `${key}.token: ${url} refuses it (${text}); set one that may read it: ${secret}`;
    case "key":
      return `${key}.url: ${url} does not let the site's key in (${text}); register it there as a deploy key, as this prints it: npx varvol git-key ${site}`;
    case "host-key": {
      const [print = "", ...line] = text.split(" ");
      const shows = line.length > 0 ? `shows ${print}` : "shows another key, or none";
      return `${key}.knownHosts: ${hostOf(git.url)} ${shows}, which is not known; compare that with what its owner publishes, and only then write: knownHosts: "${line.join(" ") || "…"}"`;
    }
    default:
      return `${key}.url: ${url} can't be reached (${text}); correct it or make it reachable`;
  }
}
