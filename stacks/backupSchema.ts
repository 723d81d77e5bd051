import { z } from "zod";
import { interval } from "./values";

const count = z.number().int().min(1).max(1000).optional();

export const keep = z
  .strictObject({
    last: count.describe("Newest snapshots."),
    daily: count.describe("Days of which the newest snapshot is kept."),
    weekly: count.describe("Weeks of which the newest snapshot is kept."),
    monthly: count.describe("Months of which the newest snapshot is kept."),
    yearly: count.describe("Years of which the newest snapshot is kept."),
  })
  .refine((kept) => Object.keys(kept).length > 0, {
    error: "must name at least one of last, daily, weekly, monthly and yearly",
  })
  .describe("Snapshots that are kept. Default: of 7 days, 4 weeks and 6 months.");

/** How many snapshots are kept, as restic counts them. */
export type Keep = z.infer<typeof keep>;

const time = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be a time of the day from 00:00 to 23:59, in quotes")
  .optional();

/** Keys that a host and a site of it may have. */
export const schedule = {
  every: interval.optional().describe("How often a site is backed up, e.g. 6h, or never. Default: 1d."),
  at: time.describe('From when on, in the host\'s own time, e.g. "03:00". Default: "03:00".'),
  drill: interval
    .optional()
    .describe(
      "How often the newest snapshot is restored into scratch containers and asked for a page, or never. Default: 7d.",
    ),
};

export const beforeReplace = z
  .boolean()
  .optional()
  .describe(
    "Whether `up` takes a snapshot before it replaces a site's containers by ones of another image. Default: false.",
  );

export const siteBackup = z
  .strictObject({
    ...schedule,
    beforeReplace,
    keep: keep.optional(),
    mode: z
      .enum(["hot", "stop"])
      .optional()
      .describe("hot: nothing is stopped. stop: what writes is stopped while the last changes are copied."),
  })
  .optional()
  .describe("How the site is backed up, where that differs from varvol:backup.");
