import { readFileSync } from "node:fs";
import { UserError } from "../../base/errors";
import { withDomains } from "../../engine/domainsText";
import { replaceFile } from "../../engine/stackFile";
import { askHost } from "../../machine/scripts";
import type { HostConfig } from "../../stacks/config";

/** Domains that a site goes back to, because its address was what changed last. */
export interface DomainsBack {
  readonly site: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** Whether its image changed in the same `up`. */
  readonly image: boolean;
}

/** Sites among those named whose last change was that of their address. Refuses where another site has that by now. */
export async function domainsBefore(config: HostConfig, owners: readonly string[]): Promise<DomainsBack[]> {
  const sites = config.sites.filter(({ name }) => owners.includes(name));
  if (sites.length === 0) return [];
  const text = await askHost(config, "address-history", [
    config.volumeRoot,
    ...sites.map(({ name }) => name),
  ]);
  const back = sites.flatMap(({ name, domains }) => domainsBack(text, name, domains) ?? []);
  for (const { site, to } of back) {
    const other = config.sites.find(
      ({ name, domains }) => name !== site && domains.some((domain) => to.includes(domain)),
    );
    if (other)
      throw new UserError(
        `${site}: no way back: its domains were ${to.join(", ")}, and ${other.name} has one of them now.`,
        "Change domains: in the stack file, and run: npx varvol up",
      );
  }
  return back;
}

/** The domains that a site had before the last change of its address; undefined where its images changed since. */
export function domainsBack(history: string, site: string, now: readonly string[]): DomainsBack | undefined {
  const lines = history.split("\n").map((line) => line.split(" "));
  const of = (word: string) =>
    lines.filter(([kind, name]) => kind === word && name === site).map(([, , ...rest]) => rest);
  const [before, last] = of("address").slice(-2);
  if (!before || !last) return undefined;
  const [, imageBefore, ...to] = before;
  const [seconds, image, ...from] = last;
  if (to.length === 0 || to[0] === from[0] || from[0] !== now[0]) return undefined;
  const changed = Math.max(0, ...of("image").map(([at]) => Number(at)));
  if (changed > Number(seconds)) return undefined;
  return { site, from: now, to, image: image !== imageBefore };
}

/** Writes the domains of before into the stack file. */
export function writeDomains(file: string, back: readonly DomainsBack[]): void {
  if (back.length === 0) return;
  const text = readFileSync(file, "utf8");
  replaceFile(
    file,
    back.reduce((changed, { site, to }) => withDomains(changed, file, site, to), text),
  );
}
