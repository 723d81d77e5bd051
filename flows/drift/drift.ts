import { declaredBy, exportSchema } from "../../engine/declared";
import { exportState } from "../../engine/exported";
import type { Stack } from "../../engine/stack";
import { compare, type Drift } from "./compare";
import { lookForDrift } from "./found";

/** What was changed by hand since the last `up`: the host itself against the stack's state. */
export async function findDrift(stack: Stack): Promise<Drift[]> {
  const [exported, found] = await Promise.all([
    exportState(stack, "in plain text"),
    lookForDrift(stack.config),
  ]);
  const state = exportSchema.parse(JSON.parse(exported));
  return compare(declaredBy(state), found);
}
