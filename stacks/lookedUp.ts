import { fromCompact } from "../agent/moments";
import type { ImageLock } from "../components/imageLock";
import { type ImageName, packageSets } from "../components/imageSource";

/** When the packages of an owner's images were last the newest, by those for which that was longest ago: milliseconds since 1970. */
export function lookedUp(lock: ImageLock, owner: string, images: readonly ImageName[]): number | undefined {
  const moments = images.flatMap(packageSets).flatMap((set) => {
    const locked = lock.sites[owner]?.[set] ?? lock.sets[set];
    return locked ? [timeOf(locked.looked ?? locked.snapshot)] : [];
  });
  return moments.length === 0 ? undefined : Math.min(...moments);
}

/** Milliseconds since 1970 of a moment as a lock writes it: 20261121T000000Z. */
export function timeOf(moment: string): number {
  return Date.parse(fromCompact(moment));
}
