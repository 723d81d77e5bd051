import { attempt, capture, type Result } from "../../base/exec";

/** What the tests read of `docker inspect`. */
export interface Inspected {
  readonly Id: string;
  readonly Name: string;
  readonly State: { readonly Pid: number };
  /** The file on this machine that says which name servers it asks. */
  readonly ResolvConfPath: string;
  readonly Config: {
    readonly User: string;
    readonly Image: string;
    readonly Labels: Readonly<Record<string, string>>;
  };
  readonly HostConfig: {
    readonly Privileged: boolean;
    readonly ReadonlyRootfs: boolean;
    readonly CapAdd: readonly string[] | null;
    readonly CapDrop: readonly string[] | null;
    readonly SecurityOpt: readonly string[] | null;
    readonly PidsLimit: number | null;
    readonly Memory: number;
    readonly PidMode: string;
    readonly IpcMode: string;
    readonly UTSMode: string;
    readonly NetworkMode: string;
    readonly Devices: readonly unknown[] | null;
    readonly LogConfig: { readonly Type: string; readonly Config: Readonly<Record<string, string>> };
    readonly PortBindings: Readonly<
      Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[]>
    > | null;
  };
  readonly Mounts: readonly {
    readonly Type: string;
    readonly Source: string;
    readonly Destination: string;
    readonly RW: boolean;
  }[];
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>> };
}

export async function inspect(id: string): Promise<Inspected> {
  const [found] = JSON.parse(await capture(["docker", "inspect", id])) as Inspected[];
  if (!found) throw new Error(`there is no container ${id}`);
  return found;
}

/** Runs a command in a container as the container's own user. */
export function execIn(id: string, command: readonly string[], input?: string): Promise<Result> {
  return attempt(["docker", "exec", ...(input === undefined ? [] : ["-i"]), id, ...command], { input });
}

/** Runs a PHP script, without its opening tag, in a php container and gives what it prints; fails when it does. */
export async function runPhp(id: string, script: string): Promise<string> {
  const result = await execIn(id, ["php", "-d", "display_errors=stderr"], `<?php ${script}`);
  if (result.code !== 0) throw new Error(`php ended with ${result.code}: ${result.stderr}${result.stdout}`);
  return result.stdout;
}

/** The address at which containers reach this machine: a daemon that has only just made its bridge doesn't name it. */
export async function bridgeAddress(): Promise<string> {
  const format = "{{with index .IPAM.Config 0}}{{.Gateway}},{{.Subnet}}{{end}}";
  const found = await capture(["docker", "network", "inspect", "bridge", "--format", format]);
  const [gateway, subnet = ""] = found.split(",");
  return gateway || subnet.replace(/\.0\/\d+$/, ".1");
}
