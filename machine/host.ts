import { UserError } from "../base/errors";
import { attempt, lastLines, type Result, type RunOptions } from "../base/exec";
import { shellCommand } from "../base/quoting";
import { type SshArgs, sshCommand } from "./ssh";

/** A machine that is a host: this one, or another that is reached over ssh. */
export interface Machine {
  readonly ssh?: SshArgs;
}

/** The words that run a command as root on the stack's host: here, or over ssh with nothing but its host key trusted. */
export function hostCommand({ ssh }: Machine, command: readonly string[]): string[] {
  return ssh
    ? [...sshCommand(ssh), asRootThere({ ssh }, command)]
    : asRoot(process.getuid?.() === 0, command);
}

/** The line that runs a command as root on a host that is another machine. */
export function asRootThere({ ssh }: Machine, command: readonly string[]): string {
  return shellCommand(asRoot(ssh?.user === "root", command));
}

function asRoot(isRoot: boolean, command: readonly string[]): string[] {
  return isRoot ? [...command] : ["sudo", "-n", ...command];
}

/** Runs a command as root on the stack's host. */
export async function onHost(
  config: Machine,
  command: readonly string[],
  options: RunOptions = {},
): Promise<Result> {
  return reached(config, await attempt(hostCommand(config, command), options));
}

/** How a command on the host ended. Throws where it was never run, because the host can't be reached. */
export function reached({ ssh }: Machine, result: Result): Result {
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
  config: Machine,
  script: string,
  args: readonly string[] = [],
): Promise<string> {
  const result = await onHost(config, ["sh", "-s", "--", ...args], { input: script });
  if (result.code !== 0)
    throw new UserError(`On ${hostName(config)}: ${lastLines(result.stderr || result.stdout, 5)}`);
  return result.stdout;
}

/** The host as an error names it. */
export function hostName(config: Machine): string {
  return config.ssh ? `${config.ssh.user}@${config.ssh.address}` : "this machine";
}
