import { randomBytes } from "node:crypto";
import { UserError } from "../../base/errors";
import { lastLines, type RunOptions } from "../../base/exec";
import { onHost } from "../../machine/host";
import type { BackupConfig, HostConfig } from "../../stacks/config";
import { archiveOf, throughArchive } from "./archive";
import { newRun, type ResticSnapshot, type Run, runsOf } from "./runs";

/** A host's backup settings. Throws where it has none. */
export function backupOf(config: HostConfig): BackupConfig {
  if (config.backup) return config.backup;
  throw new UserError(
    `${config.stack} has no backups.`,
    "Put varvol:backup: { repository: … } into the stack file and run: npx varvol up",
  );
}

/** Runs one of the backup tools on the host, as root; its errors are told in its own words. */
export async function backupTool(
  config: HostConfig,
  words: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const [tool = "", ...args] = words;
  const archive = archiveOf(config);
  const result = archive
    ? await throughArchive(config, archive, words, options)
    : await onHost(config, [`${config.volumeRoot}/.varvol/bin/${tool}`, ...args], options);
  if (result.code === 0) return result.stdout;
  const said = lastLines(result.stderr || result.stdout);
  if (/: (not found|No such file|command not found)|there is no such command/.test(`${said}${result.reason}`))
    throw new UserError("Backups are not set up on this host yet.", "Run: npx varvol up");
  throw new UserError(said || `${tool} ended with code ${result.code}`);
}

/** Everything in the repository, the newest first. */
export async function listRuns(config: HostConfig): Promise<Run[]> {
  return runsOf(JSON.parse(await backupTool(config, ["backups", "list"])) as ResticSnapshot[]);
}

export function nameRun(): string {
  return newRun(new Date(), randomBytes(2).toString("hex"));
}
