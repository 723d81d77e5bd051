import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { read, settings } from "./place";
import { type Schedule, type ScheduleEntry, scheduleSchema } from "./protocol";
import type { Result, Work } from "./results";

const DAY = 86400;
const HOUR = 3600;

/** What `up` has written down of when what is due; undefined where there is nothing. */
export function readSchedule(): Schedule | undefined {
  const text = read(path.join(settings, "schedule.json"));
  // One that was written before who is told stood elsewhere had a key for that.
  return text === undefined ? undefined : scheduleSchema.strip().parse(JSON.parse(text));
}

/**
 * Whether the newest of the moments `at` + n * `every` has passed without a good result since. What fails is tried again
 * after an hour, or after its interval where that is shorter. `today` is the moment of `at` today; all are in seconds.
 */
export function isDue(
  every: number,
  today: number,
  now: number,
  results: readonly Pick<Result, "time" | "ok">[],
): boolean {
  if (every <= 0) return false;
  const begun = today <= now ? today : today - DAY;
  const slot = every < DAY ? begun + Math.floor((now - begun) / every) * every : begun - every + DAY;
  const last = (ok: boolean): number => {
    const found = results.filter((one) => one.ok === ok).at(-1);
    return found ? Date.parse(found.time) / 1000 : 0;
  };
  return last(true) < slot && last(false) < now - Math.min(every, HOUR);
}

/** How often an entry's backup or drill is to happen, in seconds; 0 for never. */
export function intervalOf({ every, drill }: ScheduleEntry, work: Work): number {
  return work === "backup" ? every : drill;
}

/** The moment of a time of the day today, by the host's own clock, in seconds. */
export function momentOf(at: string): number {
  return Number(execFileSync("date", ["-d", `today ${at}`, "+%s"], { env: zoneEnv(), encoding: "utf8" }));
}

/** The environment whose time zone is the host's. */
export function zoneEnv(): NodeJS.ProcessEnv {
  // What `up` and the command line copy of the host's /etc/localtime: there is none in the image.
  const zone = path.join(settings, "localtime");
  return { ...process.env, ...(fs.existsSync(zone) && { TZ: `:${zone}` }) };
}
