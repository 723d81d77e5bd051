import { PACKAGE_SETS, type LockedSet, type PackageSet } from "../../components/imageLock";
import { askHost } from "../../machine/scripts";
import { baseImage } from "../../machine/setup/base-image";
import type { HostConfig } from "../../stacks/config";

/** Looks up the newest versions of package sets in Debian, on the stack's host. */
export async function lookUpPackages(
  config: Pick<HostConfig, "ssh">,
  sets: readonly PackageSet[],
): Promise<Record<PackageSet, LockedSet>> {
  const args = sets.map((set) => `${set}=${PACKAGE_SETS[set].join(",")}`);
  const snapshot = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const text = await askHost(config, "packages", [baseImage, ...args]);
  return Object.fromEntries(
    sets.map((set) => [set, { snapshot, packages: packagesOf(set, text) }]),
  ) as Record<PackageSet, LockedSet>;
}

/** A set's packages from what apt-get says that it would install. */
export function packagesOf(set: PackageSet, text: string): Record<string, string> {
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
