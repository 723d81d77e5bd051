import { findDrift } from "../drift/drift";
import { driftLine } from "../drift/words";
import { Exit } from "../errors";
import type { VerbOptions } from "../options";
import { colors, json } from "../output";
import { openStack } from "../stack";

/** Says what was changed by hand on the host since the last `up`; exit code 1 if anything was. */
export async function run(options: VerbOptions): Promise<void> {
  const stack = await openStack(options);
  const drift = await findDrift(stack);
  if (options.json)
    json({
      stack: stack.name,
      drift: drift.map(({ kind, subject, what, differences }) => ({ kind, subject, what, differences })),
    });
  else if (drift.length === 0) process.stdout.write("The host is as `up` left it.\n");
  else
    process.stdout.write(
      `${drift.map((one) => `${colors.red("!")} ${driftLine(one)}\n`).join("")}\nPut it right: npx varvol up --repair\n`,
    );
  if (drift.length > 0) throw new Exit(1);
}
