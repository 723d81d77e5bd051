/** Which sites must not write because of the room that they take, and why. All sizes are in KiB. */

export interface SiteRoom {
  readonly name: string;
  readonly used: number;
  /** 0 for none. */
  readonly limit: number;
  /** What it used when there was last enough room for all. */
  readonly calm: number;
  readonly state: RoomState;
}

/** Whether a site may write; "above" its own limit, or one of those that have taken the disk's last room. */
export type RoomState = "free" | "above" | "grown";

export interface Room {
  readonly free: number;
  /** What is left to what the host itself writes. */
  readonly reserve: number;
}

const MIB = 1024;

/** A twentieth of the disk, of a small card no more than it can spare. */
export function reserveOf(size: number): number {
  return Math.max(128 * MIB, Math.min(Math.floor(size / 20), 2048 * MIB));
}

export function isCalm({ free, reserve }: Room): boolean {
  return free >= 2 * reserve;
}

/** Who may write from now on. One that was stopped gets it back a little below where it was stopped, or it would alternate. */
export function judgeRoom(sites: readonly SiteRoom[], room: Room): Map<string, RoomState> {
  const tight = room.free < room.reserve;
  const easy = room.free >= room.reserve * 1.2;
  const growths = sites.map(({ used, calm }) => Math.max(0, used - calm));
  const even = growths.reduce((sum, one) => sum + one, 0) / Math.max(1, sites.length);
  return new Map(
    sites.map(({ name, used, limit, state }, i) => {
      const growth = growths[i] ?? 0;
      if (limit > 0 && used > (state === "above" ? limit * 0.95 : limit)) return [name, "above"];
      if (tight ? growth > 0 && growth >= even : state === "grown" && !easy) return [name, "grown"];
      return [name, "free"];
    }),
  );
}

/** The tenths of its limit that a site has reached and is warned of: 9, 8, or 0. */
export function warned({ used, limit }: Pick<SiteRoom, "used" | "limit">): number {
  if (limit === 0) return 0;
  return [9, 8].find((tenths) => used * 10 >= limit * tenths) ?? 0;
}
