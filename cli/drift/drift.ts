import { UserError } from "../errors";
import { lastLines } from "../exec";
import type { Stack } from "../stack";
import { compare, type Drift } from "./compare";
import { lookForDrift } from "./found";
import { declaredBy, exportSchema } from "./state";

/** What was changed by hand since the last `up`: the host itself against the stack's state. */
export async function findDrift(stack: Stack): Promise<Drift[]> {
  const [exported, found] = await Promise.all([
    stack.pulumi(["stack", "export", "--show-secrets"]),
    lookForDrift(stack.config),
  ]);
  if (exported.code !== 0)
    throw new UserError(`The state of ${stack.name} can't be read: ${lastLines(exported.stderr, 3)}`);
  const state = exportSchema.parse(JSON.parse(exported.stdout));
  return compare(declaredBy(state, stack.config.volumeRoot), found);
}
