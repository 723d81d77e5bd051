import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { UserError } from "../../base/errors";
import { say, step } from "../../base/output";
import { lookAtHost } from "../../engine/hostFacts";
import { configIn } from "../../engine/stack";
import type { Workspace } from "../../engine/workspace";
import { hostName } from "../../machine/host";
import { askHost } from "../../machine/scripts";
import type { HostConfig } from "../../stacks/config";
import { checkHost } from "../preflight";
import type { Opened } from "./bootstrap";
import type { Readable } from "./secrets";
import { absentAddresses, retarget, type Target, withCredentials } from "./target";

/** Which stack file the host is to have, and what it is changed to say. */
export interface RestoredFrom {
  readonly stack: string;
  /** A file with what the repository's server asks for. */
  readonly credentials?: string;
  /** Use the stack file that is here. */
  readonly keepConfig?: boolean;
}

/** The configuration that the host is to have, and the stack file for it; checked before anything is written. */
export async function planned(
  options: RestoredFrom,
  { stackFile: kept, workspace }: Readable,
  file: string,
  { repository }: Opened,
  target?: Target,
): Promise<{ config: HostConfig; text?: string }> {
  const stackFile = options.credentials ? withCredentials(kept, resolve(options.credentials)) : kept;
  const read = async (text: string) => checked(await readText(options.stack, text, workspace), repository);
  const changed = (absent: readonly string[]) =>
    target ? retarget(stackFile, target, absent) : { text: stackFile, notes: [] };
  if (options.keepConfig) {
    const config = checked(await configIn(file, options.stack, workspace), repository);
    await refuseUnfit(config);
    return { config };
  }
  const config = await read(changed([]).text);
  await refuseUnfit(config);
  const { text, notes } = changed(target ? absentAddresses(config.addresses, await addressesOf(config)) : []);
  notes.forEach(say);
  const final = await read(text);
  if (final.ssh && final.addresses.every((one) => /^(127\.|::1$)/.test(one)))
    say(
      `The host will listen on ${final.addresses.join(", ")} of ${hostName(final)} alone: varvol:gateway.addresses says otherwise.`,
    );
  return { config: final, text };
}

async function readText(stack: string, text: string, workspace: Workspace): Promise<HostConfig> {
  const folder = mkdtempSync(join(tmpdir(), "varvol-restore-"));
  try {
    const temporary = join(folder, "stack.yaml");
    writeFileSync(temporary, text, { mode: 0o600 });
    return await configIn(temporary, stack, workspace);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Throws where the machine lacks docker, free ports or room. */
async function refuseUnfit(config: HostConfig): Promise<void> {
  const problems = await step("Checks", async () => checkHost(config, await lookAtHost(config)));
  if (problems.length > 0) throw new UserError(problems.join("\n"));
}

async function addressesOf(config: HostConfig): Promise<string[]> {
  return (await askHost(config, "addresses")).split(/\s+/).filter(Boolean);
}

function checked(config: HostConfig, repository: string): HostConfig {
  if (config.backup?.repository === repository) return config;
  throw new UserError(
    `--repository ${repository}: the stack file has ${config.backup?.repository ?? "none"} as varvol:backup.repository.`,
    "Bring the repository to that place, or put the new place into the stack file and say --keep-config.",
  );
}
