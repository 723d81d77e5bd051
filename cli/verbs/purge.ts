import { UserError } from "../../base/errors";
import { lastLines } from "../../base/exec";
import { lookAtHost } from "../../engine/hostFacts";
import { type StackChoice, openStack } from "../../engine/stack";
import { onHost } from "../../machine/host";
import { purge, toolCommand } from "../../machine/tools";
import { MODULE_NAMES } from "../../stacks/modules";
import { confirm } from "../confirm";
import * as texts from "../options";

interface Options extends StackChoice {
  readonly yes?: boolean;
}

export const options: texts.OptionsOf<Options> = { yes: texts.yes };

/** Deletes the data of a site that is configured no more: the only command that deletes any. */
export async function run(options: Options, [name = ""]: readonly string[] = []): Promise<void> {
  const stack = await openStack(options);
  const { config } = stack;
  const i = config.sites.findIndex((site) => site.name === name);
  if (i >= 0)
    throw new UserError(
      `${name} is varvol:sites[${i}] of ${stack.name}.`,
      "Take it out of the stack file and run `npx varvol up` first.",
    );
  if (MODULE_NAMES.includes(name)) throw new UserError(`${name} is a module, not a site.`);
  const { volumes, databases } = await lookAtHost(config);
  if (!volumes.includes(name)) {
    const rest = volumes.filter(
      (volume) => !MODULE_NAMES.includes(volume) && !config.sites.some((site) => site.name === volume),
    );
    throw new UserError(
      `There is no data of ${name} in ${config.volumeRoot}.`,
      rest.length > 0 ? `What could be purged: ${rest.join(", ")}` : undefined,
    );
  }
  await confirm(
    options,
    `Delete ${config.volumeRoot}/${name}${databases.has(name) ? ` and the database ${name}` : ""} for good?`,
  );
  const args = { name, label: `varvol/${stack.name}`, mysql: `${config.namespace}mysql` };
  const result = await onHost(config, toolCommand(config.volumeRoot, purge, args));
  if (result.code !== 0) throw new UserError(lastLines(result.stderr));
  for (const { deleted } of purge.prints.parse(result.stdout))
    process.stdout.write(
      `${deleted === "database" ? `The database ${name}` : `${config.volumeRoot}/${name}`} is deleted.\n`,
    );
}
