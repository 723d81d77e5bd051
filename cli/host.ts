import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shellCommand } from "../components/hostTools";
import type { HostConfig } from "../stacks/config";
import { UserError } from "./errors";
import { attempt, lastLines, type Result, type RunOptions } from "./exec";

/** Runs a command as root on the stack's host: here, or over ssh with nothing but its host key trusted. */
export async function onHost(
  config: HostConfig,
  command: readonly string[],
  options: RunOptions = {},
): Promise<Result> {
  const { ssh } = config;
  if (!ssh) return attempt(process.getuid?.() === 0 ? command : ["sudo", "-n", ...command], options);
  const folder = join(tmpdir(), `varvol-ssh-${process.getuid?.() ?? 0}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const knownHosts = join(folder, `cli-${ssh.address}-${ssh.port}`);
  writeFileSync(knownHosts, `[${ssh.address}]:${ssh.port} ${ssh.hostKey}\n${ssh.address} ${ssh.hostKey}\n`);
  const settings = {
    BatchMode: "yes",
    IdentitiesOnly: "yes",
    StrictHostKeyChecking: "yes",
    UserKnownHostsFile: knownHosts,
    ConnectTimeout: "10",
  };
  const result = await attempt(
    [
      ...["ssh", "-i", ssh.privateKeyFile, "-p", String(ssh.port)],
      ...Object.entries(settings).flatMap(([key, value]) => ["-o", `${key}=${value}`]),
      `${ssh.user}@${ssh.address}`,
      shellCommand(ssh.user === "root" ? command : ["sudo", "-n", ...command]),
    ],
    options,
  );
  if (result.code === 255) {
    throw new UserError(
      `varvol:host: ${ssh.user}@${ssh.address}:${ssh.port} can't be reached: ${lastLines(result.stderr, 2)}`,
      "Check address, port, hostKey and privateKeyFile.",
    );
  }
  return result;
}

/** Runs a shell script as root on the stack's host and gives what it prints. */
export async function scriptOnHost(
  config: HostConfig,
  script: string,
  args: readonly string[] = [],
): Promise<string> {
  const result = await onHost(config, ["sh", "-s", "--", ...args], { input: script });
  if (result.code !== 0)
    throw new UserError(`On ${hostName(config)}: ${lastLines(result.stderr || result.stdout, 5)}`);
  return result.stdout;
}

/** The host as an error names it. */
export function hostName(config: HostConfig): string {
  return config.ssh ? `${config.ssh.user}@${config.ssh.address}` : "this machine";
}
