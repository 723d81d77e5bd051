import { UserError } from "../../base/errors";
import { refuseUnknown } from "../../base/nearest";
import { step } from "../../base/output";
import { type StackChoice, openStack } from "../../engine/stack";
import { control, stoppable } from "../../flows/up/stopped";

/** Stops sites or modules until somebody starts them again. */
export async function run(options: StackChoice, names: readonly string[]): Promise<void> {
  const { config } = await openStack(options);
  const known = stoppable(config);
  if (names.length === 0) throw new UserError("Say what is to be stopped.", `There are: ${known.join(", ")}`);
  refuseUnknown(names, known, `site or module of ${config.stack} that can be stopped`);
  for (const owner of names) await step(`Stop ${owner}`, () => control(config, "stop", owner));
  process.stdout.write(`\n${names.join(", ")}: stopped, until: npx varvol up --start\n`);
}
