import { UserError } from "../../base/errors";
import { attempt, lastLines, type Result, type RunOptions } from "../../base/exec";
import { type Archive, archiveCommand, archiveScript, SOCKET } from "../../components/backup/archive";
import { outputs, type Stack } from "../../engine/stack";
import { machineOf } from "../../machine/host";
import { through, toolCommand } from "../../machine/tools";
import type { HostConfig } from "../../stacks/config";
import { isOnControlNode } from "../../stacks/values";
import { backupImageHere } from "./image";

/** The folder of this machine with the backups of a host that is another one; undefined where they lie elsewhere. */
export function archiveOf({ ssh, backup, namespace, lock }: HostConfig): Archive | undefined {
  if (!backup || !isOnControlNode(backup.repository, ssh)) return undefined;
  return { folder: backup.repository, namespace, lock };
}

/** Has this machine's docker the image that works on archives; it is built where it is missing. */
export async function ensureArchiveImage(config: HostConfig): Promise<void> {
  if (archiveOf(config)) await backupImageHere(config.lock);
}

/** Runs one of the backup tools on another machine while the archive on this one is given out to it, to add to. */
export async function throughArchive(
  config: HostConfig,
  archive: Archive,
  command: readonly string[],
  options: RunOptions,
): Promise<Result> {
  if (!config.ssh) throw new Error("an archive is another machine's");
  await ensureArchiveImage(config);
  const machine = machineOf(config);
  const line = machine.rootLine(toolCommand(config.volumeRoot, through, { socket: SOCKET, command }));
  const result = await attempt(["bash", "-c", archiveScript(config.ssh, archive, line)], options);
  if (/forwarding failed/.test(result.stderr))
    throw new UserError(
      `varvol:backup.repository: ${machine.name} does not let its ssh server forward a socket, through which it would reach ${archive.folder}.`,
      "Let /etc/ssh/sshd_config there have: AllowStreamLocalForwarding yes; or name a server as varvol:backup.repository.",
    );
  // ssh was killed; or it says that it ended after the connection had been made.
  if (result.code === 137 || (result.code === 255 && BROKEN.test(result.stderr)))
    throw new UserError(
      `The connection to ${machine.name} was lost. What ran there ends by itself, and puts back what it stopped or switched; what was backed up before is untouched.`,
      "Run the same command again.",
    );
  return machine.reached(result);
}

const BROKEN = /closed by remote|broken pipe|not responding|reset by peer|connection to .* closed/i;

/** Says what is not kept of an archive, or removes it, on this machine: through the connection nobody could. */
export async function inArchive(
  stack: Stack,
  archive: Archive,
  command: "expired" | "forget",
  lines: string,
): Promise<string> {
  await ensureArchiveImage(stack.config);
  const input = `${await repositoryPassword(stack)}\n${lines}`;
  const label = ["--label", `varvol.backup=${stack.name}/archive`];
  const result = await attempt(archiveCommand(archive, command, label), { input });
  if (result.code === 0) return result.stdout;
  throw new UserError(`${archive.folder}: ${lastLines(result.stderr || result.stdout, 4)}`);
}

/** What opens a stack's backups. Throws where it was never brought up. */
export async function repositoryPassword(stack: Stack): Promise<string> {
  const password = ((await outputs(stack, true)) ?? {}).backupPassword;
  if (typeof password === "string") return password;
  throw new UserError(`${stack.name} has no repository password yet.`, "Run: npx varvol up");
}
