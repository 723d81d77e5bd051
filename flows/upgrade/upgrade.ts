import { readFileSync, writeFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { refuseUnknown } from "../../base/nearest";
import { step } from "../../base/output";
import type { ImageLock, LockedSet, PackageSet } from "../../components/imageLock";
import { imageTag, packageSets, type ImageName } from "../../components/imageSource";
import type { Stack } from "../../engine/stack";
import { editableSites } from "../../engine/stackFile";
import { askHost } from "../../machine/scripts";
import type { HostConfig } from "../../stacks/config";
import { extensionsOf } from "../../stacks/extensions";
import { imagesOfOwner } from "../../stacks/images";
import { readLock, writeLock } from "../../stacks/lock";
import { timeOf } from "../../stacks/lookedUp";
import { modulesOf } from "../../stacks/modules";
import { type Found, lookUpPackages, type Wanted } from "./packages";

/** A package whose locked version changed. */
export interface PackageChange {
  readonly owner: string;
  readonly package: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** A site whose own image has another digest. */
export interface OwnImageChange {
  readonly site: string;
  readonly from: string;
  readonly to: string;
}

/** An image that was rolled back, and is so no more. */
export interface ReleasedImage {
  readonly owner: string;
  readonly from: string;
  readonly to: string;
}

/** What an upgrade changes in the lock and in the stack file. */
export interface Upgraded {
  readonly packages: readonly PackageChange[];
  readonly images: readonly OwnImageChange[];
  readonly released: readonly ReleasedImage[];
  /** Whether the lock says no more than that its versions are still the newest. */
  readonly looked: boolean;
}

/** Looks for newer packages and images, and locks them. Nothing runs them before the next `up`. */
export async function lockNewest(
  stack: Stack,
  names: readonly string[],
  modules: boolean,
): Promise<Upgraded> {
  const owners = chooseOwners(stack.config, names, modules);
  const before = readLock();
  const found = await step("Newest packages", () =>
    lookUpPackages(stack.config, setsOf(stack.config, owners), extensionsWanted(stack.config, owners)),
  );
  const after = applyUpgrade(before, stack.config, owners, names.length > 0, found);
  const changes = owners.flatMap((owner) => changesOf(owner, setsOf(stack.config, [owner]), before, after));
  const released = releasedBy(before, after);
  const own = await upgradeOwnImages(stack, owners);
  const changed = changes.length + released.length > 0;
  const looked = !changed && JSON.stringify(after) !== JSON.stringify(before);
  if (changed || looked) writeLock(after);
  return { packages: changes, images: own, released, looked };
}

/** Sites and modules that an upgrade means: those named, or all sites, with the modules where they are wanted. */
export function chooseOwners(config: HostConfig, names: readonly string[], modules: boolean): string[] {
  const sites = config.sites.map(({ name }) => name);
  const moduleNames = modulesOf(config).map(({ name }) => name);
  const all = [...sites, ...moduleNames];
  refuseUnknown(names, all, `site or module of ${config.stack}`);
  const chosen = names.length > 0 ? names : sites;
  return [...new Set([...chosen, ...(modules ? moduleNames : [])])];
}

/** Extensions of PHP that sites ask for, without those that ask for none. */
export function extensionsWanted({ sites }: Pick<HostConfig, "sites">, owners: readonly string[]): Wanted {
  return Object.fromEntries(
    sites
      .filter(({ name }) => owners.includes(name))
      .map((site) => [site.name, extensionsOf(site)] as const)
      .filter(([, wanted]) => wanted.length > 0),
  );
}

/** Package sets that sites and modules are built from. */
export function setsOf(config: HostConfig, owners: readonly string[]): PackageSet[] {
  const images = owners.flatMap((owner) => imagesOfOwner(config, owner));
  return [...new Set(images.flatMap(packageSets))];
}

/**
 * The lock with newer versions for the owners: a module's are the host's; a site's are shared by all sites, unless
 * it was named, which leaves the others where they are. What was rolled back is rolled back no more.
 */
export function applyUpgrade(
  lock: ImageLock,
  config: HostConfig,
  owners: readonly string[],
  named: boolean,
  found: Found,
): ImageLock {
  const sets = { ...lock.sets };
  const sites = { ...lock.sites };
  const pins = { ...lock.pins };
  const extensions = { ...lock.extensions };
  for (const owner of owners) {
    delete pins[owner];
    const isSite = config.sites.some(({ name }) => name === owner);
    const own = setsOf(config, [owner]).flatMap((set): [PackageSet, LockedSet][] => {
      const newer = found.sets[set];
      return newer ? [[set, keepMoment(newer, sites[owner]?.[set] ?? lock.sets[set])]] : [];
    });
    delete sites[owner];
    const further = found.extensions[owner];
    if (further)
      extensions[owner] = { ...keepMoment(further, lock.extensions?.[owner]), names: further.names };
    else delete extensions[owner];
    for (const [set, newer] of own) {
      if (!isSite || !named || sets[set] === undefined) sets[set] = newer;
      else if (!same(sets[set], newer)) sites[owner] = { ...sites[owner], [set]: newer };
    }
  }
  return { sets, sites, pins, ...(Object.keys(extensions).length > 0 && { extensions }) };
}

/** Images that a lock pins and a later one doesn't: what is built from the latter's packages takes their place. */
export function releasedBy(before: ImageLock, after: ImageLock): ReleasedImage[] {
  return Object.entries(before.pins).flatMap(([owner, pins]) =>
    (Object.entries(pins) as [ImageName, string][]).flatMap(([image, from]) =>
      after.pins[owner]?.[image] === from ? [] : [{ owner, from, to: imageTag(image, after, owner) }],
    ),
  );
}

const WEEK = 7 * 86_400_000;

// Looked up later with the same result: no change, but for the day once a week, so that a lock in use doesn't look old.
function keepMoment(found: LockedSet, old: LockedSet | undefined): LockedSet {
  if (!old || !same(old, found)) return found;
  const since = timeOf(found.snapshot) - timeOf(old.looked ?? old.snapshot);
  return since < WEEK ? old : { ...old, looked: found.snapshot };
}

function same(a: LockedSet | undefined, b: LockedSet): boolean {
  return (
    JSON.stringify(Object.entries(a?.packages ?? {}).sort()) ===
    JSON.stringify(Object.entries(b.packages).sort())
  );
}

function changesOf(
  owner: string,
  sets: readonly PackageSet[],
  before: ImageLock,
  after: ImageLock,
): PackageChange[] {
  const packages = (lock: ImageLock): Record<string, string> =>
    Object.assign(
      {},
      ...sets.map((set) => (lock.sites[owner]?.[set] ?? lock.sets[set])?.packages ?? {}),
      lock.extensions?.[owner]?.packages ?? {},
    ) as Record<string, string>;
  const [from, to] = [packages(before), packages(after)];
  return [...new Set([...Object.keys(from), ...Object.keys(to)])]
    .filter((name) => from[name] !== to[name])
    .map((name) => ({ owner, package: name, from: from[name] ?? null, to: to[name] ?? null }));
}

/** Newer digests of images of the user's own, which name a tag beside the digest: name:tag@sha256:…. */
async function upgradeOwnImages(stack: Stack, owners: readonly string[]): Promise<OwnImageChange[]> {
  const document = parseDocument(readFileSync(stack.file, "utf8"));
  const sites = editableSites(document, stack.file);
  const changes: OwnImageChange[] = [];
  for (const [i, { name, image }] of stack.config.sites.entries()) {
    const tagged = image?.replace(/@sha256:.*$/, "");
    if (!image || !tagged || !owners.includes(name) || !/:[^/]+$/.test(tagged)) continue;
    const digest = await step(`${name}: ${tagged}`, () => askHost(stack.config, "digest", [tagged]));
    const to = `${tagged}@${digest.trim().split("@")[1]}`;
    if (to === image) continue;
    sites?.setIn([i, "image"], to);
    changes.push({ site: name, from: image, to });
  }
  if (changes.length > 0) writeFileSync(stack.file, document.toString({ lineWidth: 0 }));
  return changes;
}
