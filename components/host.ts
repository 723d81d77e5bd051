import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type HostTool, installScript, shellCommand } from "./hostTools";

/** How to reach another machine. */
export interface SshArgs {
  readonly address: string;
  readonly user: string;
  readonly port: number;
  /** The machine's public ssh key; another one is refused. */
  readonly hostKey: string;
  readonly privateKeyFile: string;
  /** The key that logs in. */
  readonly privateKey: string;
}

export interface HostArgs {
  /** Prefix of every container and network. Defaults to none. */
  readonly namespace?: string;
  /** Folder on the machine that holds all state. Defaults to /var/vol. */
  readonly volumeRoot?: string;
  /** Another machine. Defaults to this one. */
  readonly ssh?: SshArgs;
  /** Log files that docker keeps of each container, of so many MiB each. Defaults to 2 of 5 MiB. */
  readonly logs?: { readonly files: number; readonly size: number };
}

export interface RunArgs {
  readonly tool: HostTool;
  readonly args: pulumi.Input<pulumi.Input<string>[]>;
  /** Standard input: the way for anything long or secret. */
  readonly stdin?: pulumi.Input<string>;
}

/** One of the program's commands on the host; it runs again when anything it was given changes. */
export type HostCommand = command.local.Command | command.remote.Command;

/** The machine: its docker daemon, and the tools of host/ that run on it, here or over ssh. */
export class Host extends pulumi.ComponentResource {
  readonly docker: docker.Provider;
  readonly namespace: string;
  readonly volumeRoot: string;
  readonly logs: { readonly files: number; readonly size: number };
  readonly isRemote: boolean;
  private readonly ssh?: SshArgs;
  private readonly tools: HostCommand;

  constructor(name: string, args: HostArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:Host", name, {}, opts);
    this.namespace = args.namespace ?? "";
    this.volumeRoot = args.volumeRoot ?? "/var/vol";
    this.logs = args.logs ?? { files: 2, size: 5 };
    this.ssh = args.ssh;
    this.isRemote = args.ssh !== undefined;
    this.docker = new docker.Provider(`${name}-docker`, dockerConnection(args.ssh), { parent: this });
    this.tools = this.command(`${name}-tools`, this.asRoot("sh"), installScript(this.volumeRoot), {
      parent: this,
    });
    this.registerOutputs({ volumeRoot: this.volumeRoot });
  }

  /** A name of this host's namespace. */
  scoped(name: string): string {
    return this.namespace + name;
  }

  /** The folder of a container's state. */
  folder(container: string): string {
    return `${this.volumeRoot}/${container}`;
  }

  /** Runs a tool of host/ on the machine, as root. */
  run(name: string, { tool, args, stdin }: RunArgs, opts: pulumi.CustomResourceOptions): HostCommand {
    const line = pulumi
      .output(args)
      .apply((words) => this.asRoot(`${this.volumeRoot}/.varvol/bin/${tool}`, ...words));
    return this.command(name, line, stdin, {
      ...opts,
      dependsOn: pulumi.output(opts.dependsOn ?? []).apply((deps) => [this.tools, ...[deps].flat()]),
    });
  }

  /** Copies a file or folder of this machine to the other one and gives its path there; here it is the path itself. */
  copy(
    name: string,
    source: string,
    opts: pulumi.CustomResourceOptions,
  ): { path: string; copied: pulumi.Resource[] } {
    if (!this.ssh) return { path: source, copied: [] };
    const asset =
      fs.existsSync(source) && fs.statSync(source).isDirectory()
        ? new pulumi.asset.FileArchive(source)
        : new pulumi.asset.FileAsset(source);
    const remotePath = `/var/tmp/varvol-${this.scoped(name)}`;
    // What was imported once is never imported again, so a source that changed or went away later is no change.
    const copy = new command.remote.CopyToRemote(
      name,
      { connection: connection(this.ssh), source: asset, remotePath },
      { ...opts, ignoreChanges: ["source", "connection"] },
    );
    return { path: asset instanceof pulumi.asset.FileArchive ? remotePath : remotePath, copied: [copy] };
  }

  private asRoot(...words: string[]): string {
    const isRoot = this.ssh ? this.ssh.user === "root" : process.getuid?.() === 0;
    return shellCommand(isRoot ? words : ["sudo", "-n", ...words]);
  }

  private command(
    name: string,
    create: pulumi.Input<string>,
    stdin: pulumi.Input<string> | undefined,
    opts: pulumi.CustomResourceOptions,
  ): HostCommand {
    // Output is neither streamed nor handed to the next run: it could hold what a tool was given.
    const args = { create, stdin, logging: "none" as const, addPreviousOutputInEnv: false };
    return this.ssh
      ? new command.remote.Command(
          name,
          { ...args, connection: connection(this.ssh) },
          { ...opts, ignoreChanges: ["connection"] },
        )
      : new command.local.Command(name, args, opts);
  }
}

function connection(ssh: SshArgs): command.types.input.remote.ConnectionArgs {
  return {
    host: ssh.address,
    user: ssh.user,
    port: ssh.port,
    hostKey: ssh.hostKey,
    privateKey: pulumi.secret(ssh.privateKey),
  };
}

/** The docker provider's arguments: the local socket (DOCKER_HOST wins), or ssh with nothing but the host key trusted. */
function dockerConnection(ssh: SshArgs | undefined): docker.ProviderArgs {
  if (!ssh) return {};
  const folder = path.join(os.tmpdir(), `varvol-ssh-${process.getuid?.() ?? 0}`);
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const knownHosts = path.join(folder, `${ssh.address}-${ssh.port}`);
  fs.writeFileSync(
    knownHosts,
    `[${ssh.address}]:${ssh.port} ${ssh.hostKey}\n${ssh.address} ${ssh.hostKey}\n`,
  );
  return {
    host: `ssh://${ssh.user}@${ssh.address}:${ssh.port}`,
    sshOpts: [
      ...["-i", ssh.privateKeyFile, "-o", "IdentitiesOnly=yes"],
      ...["-o", `UserKnownHostsFile=${knownHosts}`, "-o", "StrictHostKeyChecking=yes"],
      // The provider dials for every call, and sshd drops connections beyond MaxStartups: they share one.
      ...["-o", "ControlMaster=auto", "-o", `ControlPath=${folder}/%C`, "-o", "ControlPersist=60"],
    ],
  };
}
