import { shellCommand } from "../components/hostTools";
import { sshCommand } from "../components/ssh";
import type { HostConfig } from "../stacks/config";
import { UserError } from "./errors";
import { attempt, lastLines, type Result, type RunOptions } from "./exec";

/** The words that run a command as root on the stack's host: here, or over ssh with nothing but its host key trusted. */
export function hostCommand({ ssh }: HostConfig, command: readonly string[]): string[] {
  const isRoot = ssh ? ssh.user === "root" : process.getuid?.() === 0;
  const words = isRoot ? [...command] : ["sudo", "-n", ...command];
  return ssh ? [...sshCommand(ssh), shellCommand(words)] : words;
}

/** Runs a command as root on the stack's host. */
export async function onHost(
  config: HostConfig,
  command: readonly string[],
  options: RunOptions = {},
): Promise<Result> {
  const result = await attempt(hostCommand(config, command), options);
  const { ssh } = config;
  if (!ssh) return result;
  const there = `${ssh.user}@${ssh.address}:${ssh.port}`;
  if (result.code === 127 && result.reason)
    throw new UserError("There is no ssh command on this machine.", "Run: apt-get install openssh-client");
  if (result.code !== 255) return result;
  if (/host key verification failed/i.test(result.stderr)) {
    const shown = /SHA256:[\w+/]+/.exec(result.stderr)?.[0] ?? "unknown";
    throw new UserError(
      `varvol:host.hostKey: ${there} answers with another key (${shown})`,
      "Something else may answer in its place. If you know that the machine has a new key, put that there.",
    );
  }
  throw new UserError(
    `varvol:host: ${there} can't be reached: ${lastLines(result.stderr, 2)}`,
    "Check address, port, user and privateKeyFile.",
  );
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
