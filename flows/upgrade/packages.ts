import { compactMoment } from "../../agent/moments";
import {
  PACKAGE_SETS,
  type LockedExtensions,
  type LockedSet,
  type PackageSet,
} from "../../components/imageLock";
import { type Extension, packageOf } from "../../components/sites/phpExtensions";
import { askHost } from "../../machine/scripts";
import { baseImage } from "../../machine/setup/base-image";
import type { HostConfig } from "../../stacks/config";

/** Extensions of PHP that sites ask for, by site. */
export type Wanted = Readonly<Record<string, readonly Extension[]>>;

/** The newest versions of package sets, and of what sites' php has beside the set php. */
export interface Found {
  readonly sets: Readonly<Partial<Record<PackageSet, LockedSet>>>;
  readonly extensions: Readonly<Record<string, LockedExtensions>>;
}

/** Looks up the newest versions of package sets in Debian, on the stack's host, and of sites' extensions with the set php. */
export async function lookUpPackages(
  config: Pick<HostConfig, "ssh">,
  sets: readonly PackageSet[],
  wanted: Wanted = {},
): Promise<Found> {
  const args = [
    ...sets.map((set) => `${set}=${PACKAGE_SETS[set].join(",")}`),
    ...Object.entries(wanted).map(
      ([site, names]) => `${lookUpName(site)}=${[...PACKAGE_SETS.php, ...names.map(packageOf)].join(",")}`,
    ),
  ];
  const snapshot = compactMoment();
  const text = await askHost(config, "packages", [baseImage, ...args]);
  return {
    sets: Object.fromEntries(sets.map((set) => [set, { snapshot, packages: packagesOf(set, text) }])),
    extensions: Object.fromEntries(
      Object.entries(wanted).map(([site, names]) => [
        site,
        { names: [...names], snapshot, packages: extensionsOfSite(site, text) },
      ]),
    ),
  };
}

function lookUpName(site: string): string {
  return `extensions-${site}`;
}

/** What a site's extensions bring beside what the set php does. */
export function extensionsOfSite(site: string, text: string): Record<string, string> {
  const php = packagesOf("php", text);
  return Object.fromEntries(
    Object.entries(packagesOf(lookUpName(site), text)).filter(([name]) => !(name in php)),
  );
}

/** A set's packages from what apt-get says that it would install. */
export function packagesOf(set: string, text: string): Record<string, string> {
  const packages: Record<string, string> = {};
  for (const line of text.split("\n")) {
    // "upgrade NAME [OLD] (NEW …", "install SET NAME [OLD]? (NEW …", "exact SET NAME VERSION"
    const [, verb, rest = ""] = /^(upgrade|install|exact) (.*)$/.exec(line) ?? [];
    if (verb === undefined) continue;
    const words = rest.split(" ");
    const of = verb === "upgrade" ? undefined : words.shift();
    // Only core's files are taken out of these packages: nothing is installed with them.
    if (set === "wordpress" && verb !== "exact") continue;
    if (of !== undefined && of !== set) continue;
    const version = verb === "exact" ? words[1] : /\((\S+)/.exec(rest)?.[1];
    if (words[0] && version) packages[words[0]] = withoutRebuild(version);
  }
  return packages;
}

// A rebuild of the same source (+b1) has another number on every architecture.
function withoutRebuild(version: string): string {
  return version.replace(/\+b\d+$/, "");
}
