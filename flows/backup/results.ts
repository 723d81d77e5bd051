import { age } from "../../base/words";
import type { Schedule } from "../../stacks/defaultSchedule";

/** What came of one backup or drill. */
export interface Result {
  /** Its end, in UTC. */
  readonly time: string;
  readonly ok: boolean;
  readonly run: string;
  readonly seconds: number;
  /** What a drill saw, how a backup was taken, or why it failed. */
  readonly text: string;
}

/** A site's results, the oldest first; the host keeps the last hundred of each. */
export interface Results {
  readonly backup: readonly Result[];
  readonly drill: readonly Result[];
  /** Whether the host still comes back from its backups: nothing is due until it has. */
  readonly restoring?: boolean;
}

/** A site's results in what the script results printed. */
export function readResults(output: string, site: string): Results {
  const lines = output.split("\n").map((line) => line.split("\t"));
  const of = (what: string): Result[] =>
    lines
      .filter(([key, file]) => key === "result" && file === `${site}.${what}`)
      .map(([, , time = "", ok, run = "", seconds, text = ""]) => ({
        ...{ time, ok: ok === "ok", run },
        ...{ seconds: Number(seconds), text },
      }));
  return { backup: of("backup"), drill: of("drill"), restoring: lines.some(([key]) => key === "restoring") };
}

/** How well a site is backed up, in a few words. */
export interface BackupHealth {
  readonly text: string;
  readonly good: boolean;
  /** Reasons of what failed. */
  readonly problems: readonly string[];
  readonly last?: Result;
  readonly lastGood?: Result;
  readonly drill?: Result;
}

// Half an interval and an hour late: one that failed has been tried again by then.
const late = (interval: number): number => interval * 1.5 + 3600;

function newestGood(results: readonly Result[]): Result | undefined {
  return results.filter(({ ok }) => ok).at(-1);
}

/** Judges a site's results by its schedule. */
export function judgeBackups(
  schedule: Schedule,
  { backup, drill, restoring = false }: Results,
  now: Date,
): BackupHealth {
  const seconds = ({ time }: Result): number => (now.getTime() - Date.parse(time)) / 1000;
  const [last, lastDrill] = [backup.at(-1), drill.at(-1)];
  const lastGood = newestGood(backup);
  const stale = schedule.every > 0 && (!lastGood || seconds(lastGood) > late(schedule.every));
  const since = newestGood(drill) ?? backup.find(({ ok }) => ok);
  const undrilled = schedule.drill > 0 && since !== undefined && seconds(since) > late(schedule.drill);
  const failed = [last, lastDrill].map((result) => (result?.ok === false ? result : undefined));
  const words = [
    restoring ? "host-restore has not finished" : "",
    lastGood ? `${age(seconds(lastGood))} ago` : schedule.every > 0 ? "none yet" : "none",
    failed[0] ? "last one failed" : stale && lastGood ? `due every ${age(schedule.every)}` : "",
    lastDrill ? `drill ${lastDrill.ok ? "passed" : "failed"} ${age(seconds(lastDrill))} ago` : "",
    undrilled ? "drill is due" : "",
  ];
  return {
    text: words.filter(Boolean).join(", "),
    good: !restoring && !stale && !undrilled && failed.every((one) => one === undefined),
    problems: [
      ...(failed[0] ? [`backup failed at ${failed[0].time}: ${failed[0].text}`] : []),
      ...(failed[1] ? [`drill of ${failed[1].run} failed at ${failed[1].time}: ${failed[1].text}`] : []),
    ],
    ...(last && { last }),
    ...(lastGood && { lastGood }),
    ...(lastDrill && { drill: lastDrill }),
  };
}
