import { say } from "../../base/output";
import type { Stack } from "../../engine/stack";
import { askHost } from "../../machine/scripts";
import type { Drift } from "./compare";
import { driftLine } from "./words";

/**
 * The engine's options that put right what was changed by hand. What the engine can't know of is removed here.
 */
export async function repair(stack: Stack, drift: readonly Drift[]): Promise<string[]> {
  if (drift.length === 0) return [];
  const { config } = stack;
  for (const one of drift) say(`  ${driftLine(one)}`);
  const strange = drift.flatMap(({ what, kind: sort, subject, urns }) => {
    if (what === "stray") return ["stray", subject];
    if (sort === "network" && what === "made anew") return ["network", subject];
    return what === "added" && urns.length === 0 ? ["added", `${config.volumeRoot}/${subject}`] : [];
  });
  if (strange.length > 0) await askHost(config, "repair", strange);
  const urns = [...new Set(drift.flatMap((one) => one.urns))];
  return ["--refresh", ...urns.flatMap((urn) => ["--replace", urn])];
}
