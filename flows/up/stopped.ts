import { UserError } from "../../base/errors";
import { lastLines } from "../../base/exec";
import { refuseUnknown } from "../../base/nearest";
import { say, step } from "../../base/output";
import { type HostFacts, lookAtHost } from "../../engine/hostFacts";
import { hostName, onHost } from "../../machine/host";
import { service, toolCommand } from "../../machine/tools";
import type { HostConfig } from "../../stacks/config";
import { modulesOf } from "../../stacks/modules";

/** Modules that can be stopped by themselves. */
const MODULES = ["gateway", "mysql"];

/** What of a host can be stopped by itself. */
export function stoppable(config: HostConfig): string[] {
  return [
    ...modulesOf(config)
      .map(({ name }) => name)
      .filter((name) => MODULES.includes(name)),
    ...config.sites.map(({ name }) => name),
  ];
}

/** Sites that stay as they are, as somebody has stopped them. Refuses where that is a module, without which no site can be changed. */
export function stoppedSites(config: HostConfig, { off }: HostFacts): string[] {
  const modules = MODULES.filter((name) => off.has(name));
  if (modules.length > 0)
    throw new UserError(
      `${modules.join(" and ")} on ${hostName(config)}: stopped on purpose, and nothing can be changed without. Nothing was.`,
      "Start it again: npx varvol up --start",
    );
  const renamed = config.sites.find(({ formerly }) => formerly !== undefined && off.has(formerly));
  if (renamed)
    throw new UserError(
      `${renamed.formerly} on ${hostName(config)}: stopped on purpose, and can't get another name so. Nothing was changed.`,
      "Take its former name back, start it (npx varvol up --start), and try again.",
    );
  const names = config.sites.map(({ name }) => name).filter((name) => off.has(name));
  sayStopped(names);
  return names;
}

export function sayStopped(names: readonly string[]): void {
  if (names.length === 0) return;
  say(
    `\n${names.join(", ")}: stopped on purpose, and left so; what has changed of it waits for: npx varvol up --start`,
  );
}

/** Starts what was stopped on purpose. */
export async function startStopped(config: HostConfig, wanted: true | readonly string[]): Promise<void> {
  const known = stoppable(config);
  if (wanted !== true) refuseUnknown(wanted, known, `site or module of ${config.stack}`);
  const { off } = await lookAtHost(config);
  const names = known.filter((name) => off.has(name) && (wanted === true || wanted.includes(name)));
  for (const owner of names)
    await step(`Start ${owner}`, async () => {
      // One whose old generation doesn't answer is what an `up` may be there to mend.
      await control(config, "start", owner).catch((error: unknown) => say((error as Error).message));
    });
}

export async function control(config: HostConfig, verb: "stop" | "start", owner: string): Promise<void> {
  await ask(config, { verb, owner });
}

/**
 * What an engine that looked at the host has started is stopped again. Names of services are put right as well, and those that
 * somebody else has are said.
 */
export async function keepStopped(config: HostConfig): Promise<void> {
  await ask(config, { verb: "keep" });
  for (const line of (await ask(config, { verb: "apply" })).split("\n").filter(Boolean)) {
    const [owner, name] = line.split(" ");
    say(`\n${owner}: no service is called ${name} for it on ${hostName(config)}, as another one is`);
  }
}

async function ask(config: HostConfig, args: Parameters<typeof service.words>[0]): Promise<string> {
  const result = await onHost(config, toolCommand(config.volumeRoot, service, args));
  if (result.code !== 0)
    throw new UserError(`On ${hostName(config)}: ${lastLines(result.stderr || result.stdout, 3)}`);
  return result.stdout;
}
