import { packageSets } from "../components/imageSource";
import type { HostConfig } from "./config";
import { imagesOfOwner, type ImagesOf } from "./images";
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
  const moments = [...modulesOf(host), ...sites].flatMap(({ name: owner }) =>
    imagesOfOwner(host, owner)
      .flatMap(packageSets)
      .flatMap((set) => {
        const locked = lock.sites[owner]?.[set] ?? lock.sets[set];
        return locked ? [timeOf(locked.looked ?? locked.snapshot)] : [];
      }),
  );
  if (moments.length === 0) return undefined;
  return Math.max(0, Math.floor((now.getTime() - Math.min(...moments)) / DAY));
}

/** Milliseconds since 1970 of a moment as a lock writes it: 20261121T000000Z. */
export function timeOf(moment: string): number {
  return Date.parse(moment.replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5"));
}
