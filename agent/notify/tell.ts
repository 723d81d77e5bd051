import * as path from "node:path";
import { lock } from "../lock";
import { remove, settings, write } from "../place";
import type { Notify, Told } from "../protocol";
import { deliver, nameOf } from "./deliver";
import { moment } from "../moments";
import { idOf, type Journal, keyOf, readJournal, readPlan, writeJournal } from "./plan";
import { judge, type State } from "./standing";

/** What the last try to tell anybody came to, where it failed: `status` shows it. */
const FAILED = path.join(settings, "hook-failed");
/** Seconds after which what nobody could be told is of no use any more. */
const STALE = 86_400;
/** What waits is tried after a minute, and the longer it waits the more seldom. */
const PAUSE = { least: 60, most: 1800 };

/**
 * Tells of what has broken, or is well again; nothing of what was told before. What can't be told waits, and is tried
 * again by the resident agent. Never throws: that nobody can be told stops nothing.
 */
export async function note(states: readonly State[]): Promise<void> {
  try {
    const plan = readPlan();
    if (!plan || (plan.to.length === 0 && !plan.page)) return;
    if (!changes(readJournal(), states, now()) && !isWaiting(readJournal(), now())) return;
    const held = await lock("notify", "word to who is named");
    try {
      const journal = added(plan, readJournal(), states, now());
      writeJournal(journal);
      await flush(plan, journal);
    } finally {
      await held.release();
    }
  } catch (error) {
    process.stderr.write(`nobody could be told: ${(error as Error).message}\n`);
  }
}

/** Tells all who are named that they would be told. */
export async function tellTest(plan: Notify): Promise<{ readonly to: string; readonly problem: string }[]> {
  const told: Told = {
    ...{ host: plan.stack, name: plan.stack, what: "test", run: "" },
    ...{ error: "varvol notify test: whoever reads this is told when something breaks", time: moment() },
  };
  const tried = await Promise.all(
    plan.to.map(async (to) => ({ to: nameOf(to), problem: (await deliver(plan, to, [told])).problem })),
  );
  if (tried.every(({ problem }) => problem === "")) remove(FAILED);
  return tried;
}

function changes({ standings }: Journal, states: readonly State[], at: number): boolean {
  return states.some((state) => judge(standings[keyOf(state)], state, at).tell);
}

/** The journal with what is to be told of these states, to each who is named. */
export function added(plan: Notify, journal: Journal, states: readonly State[], at: number): Journal {
  const standings = { ...journal.standings };
  const told: Told[] = [];
  for (const state of states) {
    const { standing, tell } = judge(standings[keyOf(state)], state, at);
    if (standing) standings[keyOf(state)] = standing;
    else delete standings[keyOf(state)];
    if (tell) told.push(toldOf(plan, state, at));
  }
  const waiting = plan.to.flatMap((to) => told.map((one) => ({ to: idOf(to), at, next: at, told: one })));
  return { standings, waiting: [...journal.waiting, ...waiting], events: [...journal.events, ...told] };
}

function toldOf({ stack }: Notify, { what, name, error, run = "", since }: State, at: number): Told {
  return { host: stack, name, what, run, error, time: moment((since ?? at) * 1000) };
}

/** Whether something waits whose time has come. */
export function isWaiting({ waiting }: Journal, at: number): boolean {
  return waiting.some(({ next }) => next <= at);
}

/** Tells what waits, to each in the order of time; what could not be told goes on waiting. */
async function flush(plan: Notify, journal: Journal): Promise<void> {
  let left = journal.waiting.filter(({ at }) => now() - at < STALE);
  const problems: string[] = [];
  for (const to of plan.to) {
    const mine = left.filter((one) => one.to === idOf(to));
    if (mine.length === 0) continue;
    const { told, problem } = await deliver(
      plan,
      to,
      mine.map((one) => one.told),
    );
    const done = new Set(mine.slice(0, told));
    left = left.flatMap((one) => (done.has(one) ? [] : [one.to === idOf(to) ? later(one) : one]));
    // Killed before the next one, this one has not been told twice.
    writeJournal({ ...journal, waiting: left });
    const [next] = mine.slice(told);
    if (next)
      problems.push(`${nameOf(to)} could not be told of ${next.told.what} of ${next.told.name}: ${problem}`);
  }
  const known = new Set(plan.to.map(idOf));
  writeJournal({ ...journal, waiting: left.filter(({ to }) => known.has(to)) });
  if (problems.length === 0) return remove(FAILED);
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  write(FAILED, `${moment()}\t${problems.join("; ").slice(0, 500)}\n`);
}

function later(one: Journal["waiting"][number]): typeof one {
  const at = now();
  return { ...one, next: at + Math.min(PAUSE.most, Math.max(PAUSE.least, at - one.at)) };
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
