import * as path from "node:path";
import { z } from "zod";
import { folder } from "../notify/plan";
import { read, write } from "../place";

/** Seconds that one point stands for, and how many there are of a day. */
export const STEP = 300;
export const POINTS = 288;

/** Of a stretch of time: its number since 1970, the longest answer in seconds, how many looks found it well, and how many not. */
export type Point = readonly [step: number, longest: number, well: number, down: number];

export interface Look {
  readonly name: string;
  readonly seconds?: number;
}

const file = path.join(folder, "history.json");
const schema = z.record(z.string(), z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])));

/** How sites have answered for a day. It is kept each five minutes, which spares a card: more than that is not lost. */
export class History {
  private readonly points: Map<string, readonly Point[]>;
  private kept = stepOf(Date.now());

  constructor() {
    this.points = new Map(Object.entries(schema.parse(JSON.parse(read(file) ?? "{}"))));
  }

  /** Adds looks; one without seconds did not answer well. Sites that are no more are forgotten. */
  add(names: readonly string[], looks: readonly Look[], now: number): void {
    for (const name of this.points.keys()) if (!names.includes(name)) this.points.delete(name);
    for (const { name, seconds } of looks)
      this.points.set(name, withLook(this.points.get(name) ?? [], stepOf(now), seconds));
    if (this.kept === stepOf(now)) return;
    this.kept = stepOf(now);
    write(file, JSON.stringify(Object.fromEntries(this.points)));
  }

  of(name: string): readonly Point[] {
    return this.points.get(name) ?? [];
  }
}

export function stepOf(now: number): number {
  return Math.floor(now / 1000 / STEP);
}

/** Points with one more look, none of them older than a day. */
export function withLook(
  points: readonly Point[],
  step: number,
  seconds: number | undefined,
): readonly Point[] {
  const last = points.at(-1);
  const [, longest, well, down] = last?.[0] === step ? last : [step, 0, 0, 0];
  const next: Point =
    seconds === undefined
      ? [step, longest, well, down + 1]
      : [step, Math.max(longest, Math.round(seconds * 1000) / 1000), well + 1, down];
  return [...points.filter(([one]) => one !== step && one > step - POINTS), next];
}
