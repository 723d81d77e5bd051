import { Failure } from "./failure";
import { labelled } from "./labels";
import { type Place } from "./place";
import { output, run } from "./process";

/** What the agent reads of `docker inspect`. */
export interface Container {
  readonly Id: string;
  readonly Name: string;
  readonly Image: string;
  readonly State: { readonly Running: boolean; readonly Pid: number };
  readonly Config: {
    readonly User: string;
    readonly Env: readonly string[] | null;
    readonly Cmd: readonly string[] | null;
  };
  readonly HostConfig: {
    readonly Memory: number;
    readonly MemorySwap: number;
    readonly PidsLimit: number | null;
    readonly ReadonlyRootfs: boolean;
    readonly Tmpfs: Readonly<Record<string, string>> | null;
    readonly SecurityOpt: readonly string[] | null;
    readonly CapDrop: readonly string[] | null;
    readonly CapAdd: readonly string[] | null;
    readonly Sysctls?: Readonly<Record<string, string>> | null;
  };
  readonly Mounts: readonly { readonly Source: string; readonly Destination: string; readonly RW: boolean }[];
}

/** A site's containers, or those of one role, the newest first. */
export async function containersOf(
  { stack }: Pick<Place, "stack">,
  owner: string,
  role?: string,
): Promise<Container[]> {
  const filters = labelled({ stack, owner, role });
  const ids = (await output(["docker", "ps", "-aq", "--no-trunc", ...filters])).split("\n").filter(Boolean);
  return ids.length === 0 ? [] : inspect(ids);
}

export async function inspect(ids: readonly string[]): Promise<Container[]> {
  return JSON.parse(await output(["docker", "inspect", "--type", "container", ...ids])) as Container[];
}

export async function one(id: string): Promise<Container> {
  const [found] = await inspect([id]);
  if (!found) throw new Failure(`there is no container ${id}`);
  return found;
}

/** The site or module that a container belongs to; empty for one that has gone. */
export async function ownerOf(id: string): Promise<string> {
  const format = '{{index .Config.Labels "varvol.owner"}}';
  return (await run(["docker", "inspect", "-f", format, id], { always: true })).stdout.trim();
}

/** Stops a container as its image wants it; one that has gone meanwhile is no failure. */
export async function stop(id: string): Promise<void> {
  await run(["docker", "stop", id], { always: true });
}

/** The same within so many seconds: a request may last for minutes, and what it writes is not kept. */
export async function stopWithin(id: string, seconds: number, always = false): Promise<void> {
  await run(["docker", "stop", "-t", String(seconds), id], { always });
}

/** Starts a container, at the third try at the latest; gives whether it runs or is not there any more. */
export async function startContainer(id: string): Promise<boolean> {
  for (let tries = 3; ; tries--) {
    const { code, stderr } = await run(["docker", "start", id], { always: true });
    if (code === 0 || stderr.includes("No such container")) return true;
    if (tries === 1) return false;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** What a site answers that is closed: by itself, since neither the gateway nor a site's nginx ever say so. */
export const CLOSED = 503;

/** What visitors of a site get now, by the gateway; 0 for no answer. */
export async function liveAnswer({ namespace }: Place, domain: string): Promise<number> {
  const address = ["--resolve", `${domain}:8443:127.0.0.1`, `https://${domain}:8443/`];
  const curl = ["curl", "-sk", "-o", "/dev/null", "-m", "20", "-w", "%{http_code}", ...address];
  const { stdout } = await run(["docker", "exec", `${namespace}gateway-net`, ...curl]);
  return Number(stdout) || 0;
}

/** What docker is told for a container with the limits, user and variables of that one. */
export function likeOptions({ HostConfig: host, Config: config }: Container): string[] {
  return [
    ...["--memory", String(host.Memory), "--memory-swap", String(host.MemorySwap)],
    ...(host.PidsLimit ? ["--pids-limit", String(host.PidsLimit)] : []),
    ...(host.ReadonlyRootfs ? ["--read-only"] : []),
    ...(config.User ? ["--user", config.User] : []),
    ...Object.entries(host.Tmpfs ?? {}).flatMap(([folder, how]) => ["--tmpfs", `${folder}:${how}`]),
    ...Object.entries(host.Sysctls ?? {}).flatMap(([key, value]) => ["--sysctl", `${key}=${value}`]),
    ...each("--security-opt", host.SecurityOpt),
    ...each("--cap-drop", host.CapDrop),
    ...each("--cap-add", host.CapAdd),
    ...each("--env", config.Env),
  ];
}

function each(option: string, values: readonly string[] | null): string[] {
  return (values ?? []).flatMap((value) => [option, value]);
}
