import { UserError } from "../../base/errors";
import type { ImageName } from "../../components/imageSource";
import type { Stack } from "../../engine/stack";
import { askHost } from "../../machine/scripts";
import type { HostConfig } from "../../stacks/config";
import { containersOf } from "../../stacks/images";
import { readLock, writeLock } from "../../stacks/lock";
import { type DomainsBack, domainsBefore, writeDomains } from "./domains";
import { type Generations, readGenerations } from "./generations";
import { chooseOwners } from "./upgrade";

/** What a rollback goes back to. */
export interface Back {
  readonly pins: readonly Pin[];
  readonly domains: readonly DomainsBack[];
}

/**
 * Has the stack say what the previous generations were: locks their images, and writes the domains of before where it was
 * these that changed last. Refuses where data has moved on.
 */
export async function goBack({ config, file }: Stack, names: readonly string[]): Promise<Back> {
  const owners = chooseOwners(config, names, false);
  const domains = await domainsBefore(config, owners);
  const alone = domains.filter(({ image }) => !image).map(({ site }) => site);
  const generations = await readGenerations(config);
  const pins = owners
    .filter((owner) => !alone.includes(owner))
    .flatMap((owner) => pinsOf(config, owner, generations));
  if (pins.length + domains.length === 0) {
    throw new UserError(
      `${owners.join(", ")}: there is no earlier generation on ${config.stack}.`,
      "`varvol upgrade` makes the first one.",
    );
  }
  for (const { owner, image, to } of pins) await refuseWhereDataMovedOn(config, owner, image, to);
  lockImages(pins);
  writeDomains(file, domains);
  return { pins, domains };
}

function lockImages(pins: readonly Pin[]): void {
  if (pins.length === 0) return;
  const lock = readLock();
  const pinned = { ...lock.pins };
  for (const { owner, image, to } of pins) pinned[owner] = { ...pinned[owner], [image]: to };
  writeLock({ ...lock, pins: pinned });
}

/** An image that a site or module goes back from, and to. */
export interface Pin {
  readonly owner: string;
  readonly image: ImageName;
  readonly from: string;
  readonly to: string;
}

/** The earlier image of each role of a site or module that has one. */
export function pinsOf(config: HostConfig, owner: string, generations: Generations): Pin[] {
  return containersOf(config, owner).flatMap(({ role, image }): Pin[] => {
    const [from, ...earlier] = generations.get(`${owner}-${role}`) ?? [];
    const to = earlier.find((one) => one !== from && one.startsWith(`varvol/${image}:`));
    return image && from && to ? [{ owner, image, from, to }] : [];
  });
}

async function refuseWhereDataMovedOn(
  config: HostConfig,
  owner: string,
  image: ImageName,
  to: string,
): Promise<void> {
  const { namespace, stack, volumeRoot } = config;
  const args = [to, image, `${namespace}mysql`, `varvol/${stack}`, volumeRoot, owner];
  const text = await askHost(config, "data-versions", args);
  const value = (key: string) =>
    text
      .split("\n")
      .find((line) => line.startsWith(`${key} `))
      ?.slice(key.length + 1) ?? "";
  if (text.startsWith("gone"))
    throw new UserError(
      `${owner}: the image ${to} is not on the host any more.`,
      "`varvol prune` keeps the current and the previous one.",
    );
  const [old, now] = [value("old"), value("now")];
  if (old === "" || now === "" || compareVersions(now, old) <= 0) return;
  const what =
    image === "mariadb"
      ? `MySQL's data is of ${now}, which ${old} can't read`
      : `WordPress's database is of version ${now}, the earlier image knows ${old}`;
  const dump = value("dump");
  throw new UserError(
    `${owner}: no way back: ${what}.`,
    dump
      ? `The dump from before the migration is ${volumeRoot}/${owner}/dumps/${dump} on the host.`
      : "Restore a dump from before the upgrade.",
  );
}

/** Orders dotted version numbers. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split(".").map(Number));
  for (let i = 0; i < Math.max(left?.length ?? 0, right?.length ?? 0); i++) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
