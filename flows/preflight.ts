import { existsSync, statSync } from "node:fs";
import { OBJECT_CACHE } from "../agent/dropIns";
import { dumpProblem } from "../agent/dumpText";
import { UserError } from "../base/errors";
import { type HostFacts, lookAtHost } from "../engine/hostFacts";
import { hostName } from "../machine/host";
import type { HostConfig } from "../stacks/config";
import { extensionsProblem } from "../stacks/extensions";
import { hasData, nameByNow } from "../stacks/formerNames";
import { readLock } from "../stacks/lock";
import { type Filling, kindOf, type SiteConfig } from "../stacks/kinds";
import { checkArchive } from "./import/archive";
import { coreOf, siteProblem, wordPressesIn } from "./import/dump";
import { foreignProblem } from "./import/foreign";
import { deniedBy } from "./import/htaccess/denied";
import { servedHtaccess } from "./import/htaccess/pages";
import { openProblem } from "./import/htaccess/words";
import { insidesOf } from "./import/insides";

/** MiB that must be free: images and their build for docker, some room for data. */
const NEEDED = { docker: 2048, volumes: 256 };

/**
 * Refuses what can't work, and what a further check finds, before anything is touched. Throws one UserError that lists
 * every problem.
 */
export async function preflight(
  config: HostConfig,
  further: (config: HostConfig, facts: HostFacts) => string[] = () => [],
): Promise<HostFacts> {
  const facts = await lookAtHost(config);
  const imports = await Promise.all(
    config.sites.map((site, i) => checkSite(site, `varvol:sites[${i}]`, facts)),
  );
  const problems = [
    ...checkHost(config, facts),
    ...checkFormer(config, facts),
    ...config.sites.flatMap((site) => extensionsProblem(site, config.lock) ?? []),
    ...further(config, facts),
    ...imports.flat(),
  ];
  if (problems.length > 0) throw new UserError(problems.join("\n"));
  return facts;
}

/** What the host itself lacks. */
export function checkHost(config: HostConfig, facts: HostFacts): string[] {
  const where = hostName(config);
  if (facts.docker === undefined) {
    return [
      `${where}: docker does not answer (${facts.dockerProblem ?? "no reason given"}); install or start it, on this machine with: npm start`,
    ];
  }
  const problems: string[] = [];
  if (facts.unfiltered !== undefined)
    problems.push(`${where}: sites could reach each other there, because ${facts.unfiltered}`);
  for (const [key, port] of [
    ["http", config.http],
    ["https", config.https],
  ] as const) {
    const holder = facts.listeners.get(port);
    if (holder !== undefined && holder !== "docker") {
      problems.push(
        `varvol:gateway.${key}: port ${port} on ${where} is in use by ${holder}; stop that, or choose another port`,
      );
    }
  }
  for (const key of ["docker", "volumes"] as const) {
    if (facts.free[key] < NEEDED[key]) {
      const what = key === "docker" ? "docker's folder" : config.volumeRoot;
      problems.push(
        `${where}: ${facts.free[key]} MiB are free for ${what}, ${NEEDED[key]} are needed; make room`,
      );
    }
  }
  return problems;
}

/** What keeps a site from taking over what the host has under the name that it had. */
export function checkFormer(
  { sites, volumeRoot, lock }: Pick<HostConfig, "sites" | "volumeRoot" | "lock">,
  { filled, renamed }: Pick<HostFacts, "filled" | "renamed">,
): string[] {
  return sites.flatMap(({ name, formerly }, i) => {
    const now = nameByNow(name, renamed);
    if (!filled.has(name) && formerly !== now && filled.has(now) && !sites.some((one) => one.name === now))
      return [
        `varvol:sites[${i}].name: ${name} was renamed, and its data is ${volumeRoot}/${now}; put \`formerly: ${now}\` beside the name to take it back, or, to begin without it, run: npx varvol purge ${now}`,
      ];
    if (formerly === undefined || !filled.has(formerly)) return [];
    const key = `varvol:sites[${i}].formerly`;
    if (filled.has(name))
      return [
        `${key}: ${volumeRoot}/${formerly} and ${volumeRoot}/${name} both hold data; to keep what ${formerly} has, take ${name} out of the stack file, run \`npx varvol up\` and \`npx varvol purge ${name}\`, and put it back; to keep what ${name} has, take \`formerly\` out`,
      ];
    const locked = (["sites", "pins", "extensions"] as const).filter(
      (part) => lock[part]?.[formerly] && !lock[part][name],
    );
    return locked.map(
      (part) =>
        `${key}: images.lock.json has versions of its own for ${formerly}, under ${part}; put them there under ${name} too`,
    );
  });
}

/** What a site that is not there yet would be filled from. One that has data is never filled again. */
async function checkSite(site: SiteConfig, key: string, facts: HostFacts): Promise<string[]> {
  if (hasData(site, facts.filled) && !beginsAgain(site, facts)) return [];
  const found = await Promise.all(
    kindOf(site.kind)
      .fillings(site)
      .map((filling) =>
        checkFilling(site.name, `${key}.${filling.key}`, filling, facts.free.volumes * 2 ** 20),
      ),
  );
  return found.flat();
}

/** Whether a first try has filled it, and no more than that; what it was filled from is there for another one. */
function beginsAgain(site: SiteConfig, { unproven, routed }: HostFacts): boolean {
  const sources = kindOf(site.kind).fillings(site);
  return (
    unproven.has(site.name) &&
    !routed.has(site.name) &&
    sources.length > 0 &&
    sources.every((one) => existsSync("archive" in one ? one.archive : one.dump))
  );
}

async function checkFilling(site: string, key: string, filling: Filling, free: number): Promise<string[]> {
  if ("archive" in filling) {
    const found = await checkArchive(key, { ...filling, moved: filling.wordpress?.moved }, free);
    if (found.length > 0) return found;
    return filling.wordpress ? checkContent(key, filling) : checkServed(key, filling);
  }
  const found = await checkDump(key, filling.dump);
  return found.length > 0 ? found : checkWordPress(site, key, filling);
}

async function checkContent(
  key: string,
  { archive, wordpress }: Extract<Filling, { archive: string }>,
): Promise<string[]> {
  const { foreign, htaccess } = await insidesOf(archive, wordpress?.moved);
  const loaded = wordpress?.objects ? foreign.filter(({ file }) => file !== OBJECT_CACHE) : foreign;
  const unfit = wordpress?.setAside ? undefined : foreignProblem(loaded);
  const open = openProblem(deniedBy(htaccess).denied, wordpress?.denied ?? []);
  return [unfit, open].filter((one) => one !== undefined).map((one) => `${key}: ${archive}: ${one}`);
}

async function checkServed(
  key: string,
  { archive, as, served }: Extract<Filling, { archive: string }>,
): Promise<string[]> {
  if (!served) return [];
  const { denied } = deniedBy(await servedHtaccess(archive, as, served.root));
  const open = openProblem(denied, served.denied);
  return open === undefined ? [] : [`${key}: ${archive}: ${open}`];
}

async function checkDump(key: string, file: string): Promise<string[]> {
  if (!existsSync(file) || !statSync(file).isFile())
    return [`${key}: ${file} does not exist; correct the path`];
  const problem = await dumpProblem(file);
  return problem === undefined ? [] : [`${key}: ${file} ${problem}; make it anew, or name another`];
}

async function checkWordPress(
  site: string,
  key: string,
  { dump, wordpress }: Extract<Filling, { dump: string }>,
): Promise<string[]> {
  if (!wordpress) return [];
  const core = wordpress.ownImage ? undefined : coreOf(readLock(), site);
  const problem = siteProblem(await wordPressesIn(dump), wordpress.prefix, core);
  return problem === undefined ? [] : [`${key}: ${dump} ${problem}`];
}
