import { Exit } from "../errors";
import type { VerbOptions } from "../options";
import { preflight } from "../preflight";
import { ensureStack, openStack } from "../stack";

/** Shows what `up` would change, in the engine's own words. */
export async function run(options: VerbOptions): Promise<void> {
  const stack = await openStack(options);
  await preflight(stack.config);
  await ensureStack(stack);
  const result = await stack.pulumi(["preview", ...(options.json ? ["--json"] : ["--diff"])], {
    output: "inherit",
  });
  if (result.code !== 0) throw new Exit(1);
}
