import { type StackChoice, openStack } from "../../engine/stack";
import { dropTimer } from "../../flows/backup/timer";
import { deploy } from "../../flows/up/deploy";
import { confirm } from "../confirm";
import * as texts from "../options";

interface Options extends StackChoice {
  readonly yes?: boolean;
}

export const options: texts.OptionsOf<Options> = { yes: texts.yes };

/** Removes containers, networks and routes. All data stays. */
export async function run(options: Options): Promise<void> {
  const stack = await openStack(options);
  const { volumeRoot } = stack.config;
  await confirm(options, `Remove every container of ${stack.name}? Its data in ${volumeRoot} stays.`);
  await deploy(stack, ["destroy", "--yes", "--skip-preview"], `Destroying ${stack.name}`);
  await dropTimer(stack);
  process.stdout.write(`\nAll data stays in ${volumeRoot}; \`npx varvol up\` serves it again.\n`);
}
