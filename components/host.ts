import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { installScript, toolFiles, toolPath } from "../machine/hostTools";
import { Machine } from "../machine/machine";
import type { Sent, SshArgs } from "../machine/ssh";
import { type HostTool, receive, through, toolCommand, toolWords } from "../machine/tools";
import { type Archive, archiveScript, SOCKET } from "./backup/archive";
import type { ImageLock } from "./imageLock";
import { writtenBy } from "./written";

export interface HostArgs {
  /** Prefix of every container and network. Defaults to none. */
  readonly namespace?: string;
  /** Folder on the machine that holds all state. Defaults to /var/vol. */
  readonly volumeRoot?: string;
  /** Another machine. Defaults to this one. */
  readonly ssh?: SshArgs;
  /** What images are built from. */
  readonly lock: ImageLock;
  /** Seconds that a new generation may take to become healthy. Defaults to 120. */
  readonly gateTimeout?: number;
  /** Log files that docker keeps of each container, of so many MiB each. Defaults to 2 of 5 MiB. */
  readonly logs?: { readonly files: number; readonly size: number };
}

export interface RunArgs<Args, Given> {
  readonly tool: HostTool<Args, Given>;
  readonly args: pulumi.Input<Args>;
  /** Arguments with which the tool takes it back when the resource is deleted. Defaults to leaving it. */
  readonly undo?: Args;
  /** Standard input: the way for anything long or secret. */
  readonly input?: pulumi.Input<Given>;
  /** It runs again when this is another text, too. Defaults to not looking at it. */
  readonly again?: string;
  /** What the tool may want of this machine. */
  readonly sent?: readonly Sent[];
  /** The backups that it works with, where they lie on this machine and the host is another one. */
  readonly archive?: Archive;
}

/** The machine: its docker daemon, and the tools of host/ that run on it, here or over ssh. */
export class Host extends pulumi.ComponentResource {
  readonly docker: docker.Provider;
  readonly namespace: string;
  readonly volumeRoot: string;
  readonly logs: { readonly files: number; readonly size: number };
  readonly imageLock: ImageLock;
  readonly gateTimeout: number;
  private readonly machine: Machine;
  private readonly tools: command.local.Command;

  constructor(name: string, args: HostArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:Host", name, {}, opts);
    this.namespace = args.namespace ?? "";
    this.volumeRoot = args.volumeRoot ?? "/var/vol";
    this.logs = args.logs ?? { files: 2, size: 5 };
    this.imageLock = args.lock;
    this.gateTimeout = args.gateTimeout ?? 120;
    this.machine = new Machine(args.ssh);
    this.docker = new docker.Provider(`${name}-docker`, this.machine.docker, { parent: this });
    this.tools = new command.local.Command(
      `${name}-tools`,
      {
        ...this.machine.resource(this.machine.rootLine(["sh"])),
        stdin: installScript(this.volumeRoot),
        ...QUIET,
      },
      { parent: this },
    );
    const files = Object.fromEntries(toolFiles().map(({ file, text }) => [`.varvol/bin/${file}`, text]));
    this.registerOutputs({ volumeRoot: this.volumeRoot, written: writtenBy(this.tools, files) });
  }

  /** A name of this host's namespace. */
  scoped(name: string): string {
    return this.namespace + name;
  }

  /** The folder of a container's state. */
  folder(container: string): string {
    return `${this.volumeRoot}/${container}`;
  }

  /** Runs a tool of host/ on the machine, as root; it runs again when anything it was given changes. */
  run<Args, Given>(
    name: string,
    { tool, args, undo, input, sent, archive, again }: RunArgs<Args, Given>,
    opts: pulumi.CustomResourceOptions,
  ): command.local.Command {
    const script = (words: readonly string[]) =>
      this.archiving(archive, words) ??
      this.machine.resource(this.rootLine(words), sent, (path, kind) =>
        toolCommand(this.volumeRoot, receive, { path, kind }),
      );
    const create = pulumi.output(args).apply((given) => script(toolWords(tool, given as Args)).create);
    return new command.local.Command(
      name,
      {
        ...script([]),
        create,
        ...(undo && { delete: this.rootLine(toolWords(tool, undo)) }),
        stdin: input && pulumi.output(input).apply((given) => tool.input(given as Given)),
        ...(again !== undefined && { triggers: [again] }),
        ...QUIET,
      },
      {
        ...opts,
        dependsOn: pulumi.output(opts.dependsOn ?? []).apply((deps) => [this.tools, ...[deps].flat()]),
      },
    );
  }

  /** The words that run a tool of host/ on the machine, as root, for a resource that starts it by itself. */
  words<Args>(tool: HostTool<Args>, args: Args, archive?: Archive): string[] {
    const archiving = this.archiving(archive, toolWords(tool, args));
    if (archiving) return [...archiving.interpreter, archiving.create];
    return this.machine.command(toolCommand(this.volumeRoot, tool, args));
  }

  /** A folder of this machine with the host's backups; undefined where it is the host's own. */
  archive(folder: string): Archive | undefined {
    return this.machine.ssh && { folder, namespace: this.namespace, lock: this.imageLock };
  }

  /** A file or folder of this machine that a tool fills something from, and its path on the host. */
  import(name: string, source: string): Sent {
    return { source, path: this.machine.ssh ? `${this.volumeRoot}/.varvol/import/${name}` : source };
  }

  private rootLine([file = "", ...words]: readonly string[]): string {
    return this.machine.rootLine([toolPath(this.volumeRoot, file), ...words]);
  }

  /** How a tool runs that works with an archive on this machine; undefined where there is none, or the host is this one. */
  private archiving(archive: Archive | undefined, words: readonly string[]) {
    const { ssh } = this.machine;
    if (!ssh || !archive) return undefined;
    const line = this.rootLine(toolWords(through, { socket: SOCKET, command: words }));
    return { create: archiveScript(ssh, archive, line, true), interpreter: ["bash", "-c"] };
  }
}

// Output is neither streamed nor handed to the next run: it could hold what a tool was given.
const QUIET = { logging: "none", addPreviousOutputInEnv: false } as const;
