import { Failure } from "../failure";
import { lock } from "../lock";
import type { RequestOf } from "../protocol";
import { say } from "../say";
import { readJournal, readPlan, writeJournal, writePlan } from "./plan";
import { tellTest } from "./tell";

/** Writes down who is told and what is watched; the resident agent sees to it. What was told of sites that are no more is forgotten. */
export async function notify({ plan }: RequestOf<"notify">): Promise<void> {
  const held = await lock("notify", "change of who is told");
  try {
    const there = new Set(plan.sites.map(({ name }) => name));
    const gone = new Set((readPlan()?.sites ?? []).flatMap(({ name }) => (there.has(name) ? [] : [name])));
    const journal = readJournal();
    const kept = Object.entries(journal.standings).filter(([key]) => !gone.has(key.split("/")[1] ?? ""));
    writePlan(plan);
    writeJournal({ ...journal, standings: Object.fromEntries(kept) });
  } finally {
    await held.release();
  }
}

/** Tells all who are named, whatever has happened. */
export async function notifyTest(): Promise<void> {
  const plan = readPlan();
  if (!plan || plan.to.length === 0)
    throw new Failure("nobody is told of anything: put varvol:notify into the stack file and run up");
  for (const { to, problem } of await tellTest(plan)) say({ type: "tested", to, problem });
}
