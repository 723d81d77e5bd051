import type { HostConfig } from "./config";
import { imagesOfOwner, type ImagesOf } from "./images";
import { lookedUp } from "./lookedUp";
import { modulesOf } from "./modules";

const DAY = 86_400_000;

/** Days after which what is locked is called old: Debian mends something in these images nearly every week. */
export const OLD_LOCK = 30;

/**
 * Days since the versions that a host's images are built from were last the newest ones, by those for which that was longest
 * ago. Undefined where the lock tells of none.
 */
export function lockDays(host: ImagesOf & Pick<HostConfig, "lock">, now: Date): number | undefined {
  const { lock, sites } = host;
  const moments = [...modulesOf(host), ...sites].flatMap(
    ({ name }) => lookedUp(lock, name, imagesOfOwner(host, name)) ?? [],
  );
  if (moments.length === 0) return undefined;
  return Math.max(0, Math.floor((now.getTime() - Math.min(...moments)) / DAY));
}
