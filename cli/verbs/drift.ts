import { Exit } from "../../base/errors";
import { colors, json } from "../../base/output";
import { openStack } from "../../engine/stack";
import { findDrift } from "../../flows/drift/drift";
import { driftLine } from "../../flows/drift/words";
import * as texts from "../options";

export const options: texts.OptionsOf<texts.JsonOption> = { json: texts.json };

/** Says what was changed by hand on the host since the last `up`; exit code 1 if anything was. */
export async function run(options: texts.JsonOption): Promise<void> {
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
