import { UserError } from "../base/errors";
import { attempt, lastLines, type Result, type RunOptions } from "../base/exec";
import { shellCommand } from "../base/quoting";
import { dockerConnection, type Sent, sendingScript, type SshArgs, sshControl, sshCommand } from "./ssh";

/** How a resource runs a line of shell on a machine: what it runs, and by which program if not this machine's shell. */
export interface ResourceScript {
  readonly create: string;
  readonly interpreter?: string[];
}

/** A machine: this one, or another that is reached over ssh, on one connection and with nothing but its host key trusted. */
export class Machine {
  /** The one that this program runs on. */
  static readonly here = new Machine();

  constructor(readonly ssh?: SshArgs) {}

  /** As an error names it. */
  get name(): string {
    return this.ssh ? `${this.ssh.user}@${this.ssh.address}` : "this machine";
  }

  /** Whether commands run as root by themselves. */
  get isRoot(): boolean {
    return this.ssh ? this.ssh.user === "root" : process.getuid?.() === 0;
  }

  /** The words that run a command as root once one is on it. */
  asRoot(command: readonly string[]): string[] {
    return this.isRoot ? [...command] : ["sudo", "-n", ...command];
  }

  /** The line of shell that runs a command as root once one is on it. */
  rootLine(command: readonly string[]): string {
    return shellCommand(this.asRoot(command));
  }

  /** The words that run a command as root on it from here. */
  command(command: readonly string[]): string[] {
    return this.userCommand(this.asRoot(command));
  }

  /** The words that run a command on it from here, as whoever logs in there. */
  userCommand(command: readonly string[]): string[] {
    return this.ssh ? [...sshCommand(this.ssh), shellCommand(command)] : [...command];
  }

  /** The words that run a command as root on it with the terminal that this program has, or without one. */
  terminalCommand(command: readonly string[], terminal: boolean): string[] {
    const words = this.command(command);
    return this.ssh && terminal ? [words[0] ?? "ssh", "-tt", ...words.slice(1)] : words;
  }

  /** Runs a command as root. */
  async run(command: readonly string[], options: RunOptions = {}): Promise<Result> {
    return this.reached(await attempt(this.command(command), options));
  }

  /** Runs a command as whoever logs in there. */
  async runAsUser(command: readonly string[], options: RunOptions = {}): Promise<Result> {
    return this.reached(await attempt(this.userCommand(command), options));
  }

  /** Runs a shell script as root and gives what it prints. */
  async script(script: string, args: readonly string[] = []): Promise<string> {
    const result = await this.run(["sh", "-s", "--", ...args], { input: script });
    if (result.code !== 0)
      throw new UserError(`On ${this.name}: ${lastLines(result.stderr || result.stdout, 5)}`);
    return result.stdout;
  }

  /** How a command ended. Throws where it was never run, because the machine can't be reached. */
  reached(result: Result): Result {
    const { ssh } = this;
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

  /** Ends the shared connection: who one is there, groups included, counts from the next one on. */
  async reconnect(): Promise<void> {
    if (this.ssh) await attempt(sshControl(this.ssh, "exit"));
  }

  /** The arguments of docker's provider. */
  get docker(): { host?: string; sshOpts?: string[] } {
    return this.ssh ? dockerConnection(this.ssh) : {};
  }

  /**
   * How a resource runs a line of shell on it; its standard input goes there. What the line may want of this machine is
   * sent, by the command that `receive` gives for its path and kind.
   */
  resource(
    line: string,
    sent: readonly Sent[] = [],
    receive: (path: string, kind: "folder" | "file") => readonly string[] = () => [],
  ): ResourceScript {
    const { ssh } = this;
    if (!ssh) return { create: line };
    if (sent.length === 0) return { create: line, interpreter: sshCommand(ssh) };
    const receiving = (path: string, kind: "folder" | "file") => this.rootLine(receive(path, kind));
    return { create: sendingScript(ssh, line, sent, receiving), interpreter: ["bash", "-c"] };
  }
}
