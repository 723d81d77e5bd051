import { backup } from "./backup";
import { drill } from "./drill";
import { Failure } from "./failure";
import { tryLock } from "./lock";
import { note } from "./notify/tell";
import { isRestoring, type Place, readPlace } from "./place";
import { goOn } from "./process";
import type { Schedule, ScheduleEntry } from "./protocol";
import { newestRun, results, type Work } from "./results";
import { nameRun } from "./runName";
import { say } from "./say";
import { intervalOf, isDue, momentOf, readSchedule } from "./schedule";
import { removeExpired } from "./snapshots";

/** The entries whose backup or drill has its time. */
export function dueOf({ entries }: Schedule, work: Work): ScheduleEntry[] {
  const now = Date.now() / 1000;
  return entries.filter((entry) => {
    const every = intervalOf(entry, work);
    return every > 0 && isDue(every, momentOf(entry.at), now, results(entry.subject.name, work));
  });
}

/** Whether anything is due that the host asks for by itself. */
export function somethingIsDue(): boolean {
  const schedule = readSchedule();
  if (!schedule?.byItself || isRestoring()) return false;
  return dueOf(schedule, "backup").length > 0 || dueOf(schedule, "drill").length > 0;
}

/** Says what is due. */
export function ask(): void {
  const schedule = readSchedule();
  if (!schedule || isRestoring()) return;
  for (const what of ["backup", "drill"] as const)
    for (const { subject } of dueOf(schedule, what)) say({ type: "due", name: subject.name, what });
}

/** The backups and drills whose time has come; what fails is told to whom the stack file names. */
export async function due(): Promise<void> {
  const schedule = readSchedule();
  // While a lost host comes back, what is there is not what is to be kept.
  if (!schedule || isRestoring()) return;
  const held = await tryLock("due", "due");
  if (!held) return;
  try {
    const failures = await new Round(readPlace(), schedule).run();
    if (failures > 0) throw new Failure(`${failures} of what was due failed`);
  } finally {
    await held.release();
  }
}

/** One time of doing all that is due. */
class Round {
  private failures = 0;

  constructor(
    private readonly place: Place,
    private readonly schedule: Schedule,
  ) {}

  async run(): Promise<number> {
    const kept: ScheduleEntry[] = [];
    for (const entry of dueOf(this.schedule, "backup")) if (await this.backup(entry)) kept.push(entry);
    // Where the snapshots are another machine's, the host can't remove them.
    if (kept.length > 0 && !this.place.location.startsWith("control-node:")) await this.expire(kept);
    for (const entry of dueOf(this.schedule, "drill")) await this.drill(entry);
    return this.failures;
  }

  private async backup({ subject, mode }: ScheduleEntry): Promise<boolean> {
    const run = nameRun();
    const done = await this.tried(subject.name, "backup", run, () =>
      backup({ job: "backup", mode, run, subjects: [subject] }),
    );
    if (done) say({ type: "kept", name: subject.name });
    return done;
  }

  /** Of the newest snapshot of a site. */
  private async drill({ subject, domain }: ScheduleEntry): Promise<void> {
    const run = newestRun(subject.name);
    if (run === undefined) return;
    await this.tried(subject.name, "drill", run, () => drill({ site: { ...subject, domain }, run }));
  }

  /** The copies of the host itself, which `up` makes, go with them. */
  private async expire(kept: readonly ScheduleEntry[]): Promise<void> {
    const host = this.schedule.entries.filter(({ subject }) => subject.name === "host");
    const sites = [...kept, ...host].map(({ subject, keep }) => ({ name: subject.name, keep }));
    await this.tried("host", "forget", "", () => removeExpired(sites));
  }

  private async tried(
    name: string,
    what: Work | "forget",
    run: string,
    work: () => Promise<void>,
  ): Promise<boolean> {
    try {
      await work();
      await note([{ what, name, level: 0, error: "" }]);
      return true;
    } catch (error) {
      goOn();
      this.failures++;
      const reason = error instanceof Error ? error.message : String(error);
      process.stderr.write(`${reason}\n`);
      say({ type: "told", name });
      await note([{ what, name, level: 1, error: reason, run }]);
      return false;
    }
  }
}
