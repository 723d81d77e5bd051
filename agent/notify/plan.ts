import { createHash } from "node:crypto";
import * as path from "node:path";
import { z } from "zod";
import { read, state, write } from "../place";
import { type Notify, notifySchema, type Told, toldSchema } from "../protocol";
import type { Standing } from "./standing";

export const folder = path.join(state, "notify");
const planFile = path.join(folder, "plan.json");
const journalFile = path.join(folder, "journal.json");

/** What `up` has written down of who is told, and what is watched; undefined where nobody is. */
export function readPlan(): Notify | undefined {
  const text = read(planFile);
  return text === undefined ? undefined : notifySchema.parse(JSON.parse(text));
}

let known: { readonly text: string; readonly every: number } | undefined;

/** Seconds from one look to the next; 0 for none. It is asked for all the time, so that what is known is not read again. */
export function everyOf(): number {
  const text = read(planFile) ?? "";
  if (known?.text !== text) known = { text, every: readPlan()?.every ?? 0 };
  return known.every;
}

export function writePlan(plan: Notify): void {
  write(planFile, JSON.stringify(plan));
  // For whoever removes images that nothing runs.
  write(path.join(folder, "images"), `${[plan.image, plan.apprise ?? plan.image].join("\n")}\n`);
}

const standing = z.strictObject({
  level: z.number(),
  error: z.string(),
  since: z.number(),
  broke: z.array(z.number()),
});

const journalSchema = z.strictObject({
  /** By what and name. */
  standings: z.record(z.string(), standing),
  /** What could not be told yet, the oldest first, each with whom. */
  waiting: z.array(z.strictObject({ to: z.string(), at: z.number(), next: z.number(), told: toldSchema })),
  events: z.array(toldSchema),
});

/** So much of the past is remembered. */
const EVENTS = 20;

export interface Journal {
  readonly standings: Readonly<Record<string, Standing>>;
  readonly waiting: z.infer<typeof journalSchema>["waiting"];
  /** What was told last, the oldest first. */
  readonly events: readonly Told[];
}

const NOTHING: Journal = { standings: {}, waiting: [], events: [] };

export function readJournal(): Journal {
  const text = read(journalFile);
  return text === undefined ? NOTHING : journalSchema.parse(JSON.parse(text));
}

export function writeJournal(journal: Journal): void {
  write(journalFile, JSON.stringify({ ...journal, events: journal.events.slice(-EVENTS) }));
}

export function keyOf({ what, name }: { readonly what: string; readonly name: string }): string {
  return `${what}/${name}`;
}

/** What stands in the journal for one who is told: the address itself may be a secret. */
export function idOf(to: Notify["to"][number]): string {
  return createHash("sha256").update(JSON.stringify(to)).digest("hex").slice(0, 12);
}
