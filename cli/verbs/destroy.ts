import type { VerbOptions } from "../options";
import { dropTimer } from "../backup/timer";
import { confirm } from "../confirm";
import { openStack } from "../stack";
import { deploy } from "./up";

/** Removes containers, networks and routes. All data stays. */
export async function run(options: VerbOptions): Promise<void> {
  const stack = await openStack(options);
  const { volumeRoot } = stack.config;
  await confirm(options, `Remove every container of ${stack.name}? Its data in ${volumeRoot} stays.`);
  await deploy(stack, ["destroy", "--yes", "--skip-preview"], `Destroying ${stack.name}`);
  await dropTimer(stack);
  process.stdout.write(`\nAll data stays in ${volumeRoot}; \`npx varvol up\` serves it again.\n`);
}
