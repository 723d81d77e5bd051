import type { Keep } from "../../stacks/schema";
import type { Run } from "./runs";

const PERIODS = {
  daily: (time: Date) => time.toISOString().slice(0, 10),
  weekly: (time: Date) => isoWeek(time),
  monthly: (time: Date) => time.toISOString().slice(0, 7),
  yearly: (time: Date) => time.toISOString().slice(0, 4),
} as const;

/**
 * The runs of one site that are kept, as restic's own --keep-… choose: the newest of each of the last so many days,
 * weeks, … that have any. A run is several snapshots, so restic itself, which counts each, can't be asked.
 */
export function keptRuns(runs: readonly Run[], keep: Keep): Set<Run> {
  const newestFirst = runs.filter(({ complete }) => complete).sort((a, b) => (a.time < b.time ? 1 : -1));
  const kept = new Set(newestFirst.slice(0, keep.last ?? 0));
  for (const [name, period] of Object.entries(PERIODS)) {
    const seen = new Set<string>();
    for (const run of newestFirst) {
      const key = period(new Date(run.time));
      if (seen.has(key)) continue;
      if (seen.size >= (keep[name as keyof typeof PERIODS] ?? 0)) break;
      seen.add(key);
      kept.add(run);
    }
  }
  return kept;
}

/** The Thursday of a week decides which year it belongs to. */
function isoWeek(time: Date): string {
  const thursday = new Date(time);
  thursday.setUTCDate(time.getUTCDate() + 4 - (time.getUTCDay() || 7));
  const year = thursday.getUTCFullYear();
  const week = Math.ceil(((thursday.getTime() - Date.UTC(year, 0, 1)) / 86_400_000 + 1) / 7);
  return `${year}-w${week}`;
}
