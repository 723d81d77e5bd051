const STEP = 50;
/**
 * MiB that so many sites' configuration takes five times, 190 KiB a site: as it is and as it becomes, in one process, as it is
 * tested, and as workers that are leaving have it.
 */
const EACH_STEP = 48;

/** MiB that a gateway needs for what so many sites have beyond its first ones, in steps: each one is another container. */
export function memoryForSites(sites: number): number {
  return Math.floor(sites / STEP) * EACH_STEP;
}
