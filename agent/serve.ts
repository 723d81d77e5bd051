import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { hasLeft } from "./alone";
import { renewalIsDue } from "./certificates/renew";
import { hasLeftDrill } from "./drill";
import { somethingIsDue } from "./due";
import { tryLock } from "./lock";
import { MemoryWatch } from "./memory";
import { everyOf } from "./notify/plan";
import { Watch } from "./notify/watch";
import { read, settings } from "./place";
import type { Request } from "./protocol";
import { resume } from "./resume";
import { hasPrevious, removePrevious } from "./switch";
import { watchRoom } from "./watchRoom";

/** What the image's own check of its health looks at. */
const ALIVE = "/tmp/alive";
/** Seconds between two looks at what killed jobs left, and at what is due. */
const LOOK = 2;
const ASK = 60;

/** Looks after the host until it is told to end: starts what is due, and puts right what killed jobs left. */
export async function serve(): Promise<void> {
  let ended = false;
  let job: ChildProcess | undefined;
  const end = new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const)
      process.on(signal, () => {
        ended = true;
        job?.kill("SIGTERM");
        resolve();
      });
  });
  const clock = new Clock();
  const memory = new MemoryWatch();
  // Beside all else: a backup may take hours.
  const watching = watch(memory, end, () => ended);
  let between = ASK;
  while (!ended) {
    fs.writeFileSync(ALIVE, "");
    try {
      if (clock.isTime("look", LOOK)) await lookAfter(memory);
      if (clock.isTime("room", between)) {
        // A look at many files costs something: it is had for a twentieth of the time at most.
        between = Math.max(ASK, 20 * (await beating(watchRoom())));
      }
      const due = clock.isTime("ask", ASK) ? whatIsDue() : [];
      for (const request of due) {
        if (ended) break;
        job = start(request);
        await beating(new Promise((resolve) => job?.once("close", resolve)));
        job = undefined;
      }
    } catch (error) {
      process.stderr.write(`${(error as Error).message}\n`);
    }
    await Promise.race([end, new Promise((resolve) => setTimeout(resolve, 1000))]);
  }
  memory.end();
  await watching;
}

/** Looks how the sites are, as often as the stack file says. */
async function watch(memory: MemoryWatch, end: Promise<void>, ended: () => boolean): Promise<void> {
  const clock = new Clock();
  const watched = new Watch();
  while (!ended()) {
    try {
      if (clock.isTime("watch", everyOf() || ASK)) await watched.look((owner) => memory.isCalm(owner));
    } catch (error) {
      process.stderr.write(`${(error as Error).message}\n`);
    }
    await Promise.race([end, new Promise((resolve) => setTimeout(resolve, 1000))]);
  }
}

/** Waits for what takes its time, and goes on saying that all is well. */
async function beating<T>(work: Promise<T>): Promise<T> {
  const beat = setInterval(() => fs.writeFileSync(ALIVE, ""), 5000);
  return work.finally(() => clearInterval(beat));
}

function whatIsDue(): Request[] {
  return [
    ...(somethingIsDue() ? [{ job: "due" as const }] : []),
    ...(renewalIsDue() ? [{ job: "renew" as const, sites: [] }] : []),
  ];
}

class Clock {
  private readonly last = new Map<string, number>();

  isTime(what: string, seconds: number): boolean {
    const now = performance.now();
    if (now - (this.last.get(what) ?? -Infinity) < seconds * 1000) return false;
    this.last.set(what, now);
    return true;
  }
}

/** A job in a process of its own, which ends when this one does. */
function start(request: Request): ChildProcess {
  const [node = "", main = ""] = process.argv;
  const child = spawn(node, [main, "job"], { stdio: ["pipe", "inherit", "inherit"] });
  child.stdin?.write(`${JSON.stringify(request)}\n`);
  return child;
}

/** While a job is at work it holds its lock: whatever is there without one was left. */
async function lookAfter(memory: MemoryWatch): Promise<void> {
  memory.keep();
  if (read(path.join(settings, "location")) === undefined) return;
  if (hasLeft() || hasLeftDrill()) await resume();
  if (hasPrevious()) {
    const held = await tryLock("backup", "resume");
    if (held) removePrevious();
    await held?.release();
  }
}
