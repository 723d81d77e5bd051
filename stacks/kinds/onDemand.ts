import { z } from "zod";
import { durationBetween } from "../values";

/** Seconds without a request after which PHP sleeps, where a site only says that it is to. */
export const IDLE = 600;

/** `onDemand` of a site that runs PHP. */
export const onDemand = z
  .union([
    z.boolean(),
    z.strictObject({
      idle: durationBetween("1s", "24h")
        .default(IDLE)
        .describe("Time without a request after which PHP sleeps. Default: 10m."),
    }),
  ])
  .optional()
  .describe(
    "Whether PHP sleeps while nobody needs it, and is started by the next request that does; see docs/on-demand.md. Default: the host kind's, true on rpi.",
  );

/** After how many seconds without a request a site's PHP sleeps; undefined for never. `usual` is the host kind's. */
export function idleOf(value: z.infer<typeof onDemand>, usual: number | undefined): number | undefined {
  if (value === undefined) return usual;
  if (typeof value === "object") return value.idle;
  return value ? (usual ?? IDLE) : undefined;
}
