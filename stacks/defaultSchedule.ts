import type { Keep } from "./backupSchema";

/** When and how a site is backed up and its newest snapshot tried out. */
export interface Schedule {
  /** Seconds from one backup to the next; 0 for never. */
  readonly every: number;
  /** Time of the day, in the host's own time, from which on they are counted. */
  readonly at: string;
  /** Seconds from one drill to the next; 0 for never. */
  readonly drill: number;
  readonly keep: Keep;
  readonly mode: "hot" | "stop";
}

const DAY = 86400;

/** A night's backup, kept for half a year, and a drill a week. */
export const DEFAULT_SCHEDULE: Schedule = {
  every: DAY,
  at: "03:00",
  drill: 7 * DAY,
  keep: { daily: 7, weekly: 4, monthly: 6 },
  mode: "hot",
};
