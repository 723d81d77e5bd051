import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { quote, shellCommand } from "../base/quoting";

/** How to reach another machine. */
export interface SshArgs {
  readonly address: string;
  readonly user: string;
  readonly port: number;
  /** The machine's public ssh key; another one is refused. */
  readonly hostKey: string;
  readonly privateKeyFile: string;
}

/** A file or folder of this machine that a tool on the other one may ask for, and its path there. */
export interface Sent {
  readonly source: string;
  readonly path: string;
}

/**
 * The words that reach a machine; a command line follows. They are OpenSSH's own for everything: a Go library would
 * ask for the kind of host key that it likes best, whichever one is known.
 */
export function sshCommand(ssh: SshArgs): string[] {
  return ["ssh", ...sshOptions(ssh), `${ssh.user}@${ssh.address}`];
}

/** The words that tell the shared connection to a machine something. */
export function sshControl(ssh: SshArgs, what: "exit"): string[] {
  return ["ssh", "-O", what, ...sshOptions(ssh), `${ssh.user}@${ssh.address}`];
}

/** The words that reach it on a connection of its own, to forward something; what and the machine follow. */
export function forwardingCommand(ssh: SshArgs): string[] {
  const options = ["ControlPath=none", "ClearAllForwardings=no", "ExitOnForwardFailure=yes"];
  return ["ssh", ...options.flatMap((option) => ["-o", option]), ...sshOptions(ssh)];
}

/** The arguments of docker's provider. */
export function dockerConnection(ssh: SshArgs): { host: string; sshOpts: string[] } {
  const { user, address, port } = ssh;
  return {
    host: `ssh://${user}@${address.includes(":") ? `[${address}]` : address}:${port}`,
    // A shared connection takes ten sessions at once, which a few builds of images use up.
    sshOpts: [...sshOptions(ssh), "-o", `ControlPath="${controlPath(configFile(ssh), "docker")}"`],
  };
}

/** Writes the ssh configuration of a machine, which stays for commands that run without this program. */
function sshOptions(ssh: SshArgs): string[] {
  const file = configFile(ssh);
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  write(`${file}.known`, `varvol ${ssh.hostKey}\n`);
  write(file, configuration(ssh, file));
  return ["-F", file];
}

// Named by all that it says, and the shared connection with it: that was checked against the host key of its time.
function configFile(ssh: SshArgs): string {
  const words = [ssh.user, ssh.address, ssh.port, ssh.hostKey, ssh.privateKeyFile].join("\n");
  const hash = crypto.createHash("sha256").update(words).digest("hex").slice(0, 12);
  return path.join(os.homedir(), ".ssh", "varvol", hash);
}

/** Socket of a shared connection; none where the path is longer than a socket's may be, with ssh's own suffix. */
function controlPath(file: string, use: string): string {
  const socket = `${file}.${use}`;
  return socket.length < 90 ? socket : "none";
}

function configuration({ address, user, port, privateKeyFile }: SshArgs, file: string): string {
  return `Host ${address}
  User ${user}
  Port ${port}
  IdentityFile "${privateKeyFile}"
  IdentitiesOnly yes
  BatchMode yes
  HostKeyAlias varvol
  CheckHostIP no
  StrictHostKeyChecking yes
  UpdateHostKeys no
  UserKnownHostsFile "${file}.known"
  GlobalKnownHostsFile none
  ClearAllForwardings yes
  ConnectTimeout 10
  ServerAliveInterval 15
  # One connection for many commands: sshd drops new ones beyond its MaxStartups.
  ControlMaster auto
  ControlPath "${controlPath(file, "commands")}"
  ControlPersist 60
Host *
  Include ~/.ssh/config
`;
}

function write(file: string, text: string): void {
  if (fs.existsSync(file) && fs.readFileSync(file, "utf8") === text) return;
  fs.writeFileSync(`${file}.${process.pid}`, text, { mode: 0o600 });
  fs.renameSync(`${file}.${process.pid}`, file);
}

/** What a tool says instead of failing when it wants what has not been sent. */
export const WANTS = 75;

/**
 * A bash script that runs a command line on the machine with the script's own standard input. If the line wants what
 * may be sent, that is sent, by the line that receive gives for its path and kind, and the line runs again.
 */
export function sendingScript(
  ssh: SshArgs,
  line: string,
  sent: readonly Sent[],
  receive: (path: string, kind: "folder" | "file") => string,
): string {
  const there = (words: string) => `${shellCommand(sshCommand(ssh))} ${quote(words)}`;
  return [
    "set -o pipefail",
    "input=$(cat; echo .)",
    `run() { printf %s "\${input%.}" | ${there(line)}; }`,
    "run",
    "code=$?",
    `[ $code = ${WANTS} ] || exit $code`,
    ...sent.map(({ source, path: target }) =>
      [
        `if [ -d ${quote(source)} ]`,
        `then tar -C ${quote(source)} -cf - . | ${there(receive(target, "folder"))} || exit`,
        `else ${there(receive(target, "file"))} < ${quote(source)} || exit`,
        "fi",
      ].join("\n"),
    ),
    "run",
  ].join("\n");
}
