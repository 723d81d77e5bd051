import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";

/** A folder of the host inside a container. */
export interface Mount {
  readonly source: string;
  readonly target: string;
  /** Defaults to false. */
  readonly readOnly?: boolean;
}

/** What one of Varvol's containers says about itself; everything else is the same for all. */
export interface ContainerSpec {
  readonly image: string;
  readonly command?: readonly string[];
  /** Instead of the image's own. */
  readonly entrypoint?: readonly string[];
  /** uid:gid. Defaults to 33:33, Debian's www-data. */
  readonly user?: string;
  readonly env?: Readonly<Record<string, pulumi.Input<string>>>;
  readonly mounts: readonly Mount[];
  /** "none" for a container that speaks with nobody, "host" for one that listens at the host's own addresses. */
  readonly networks:
    | "none"
    | "host"
    | readonly { readonly name: pulumi.Input<string>; readonly aliases?: readonly string[] }[];
  /** Name servers for what is no container. Defaults to the host's. */
  readonly dns?: readonly string[];
  /** The kernel's settings of its network. Defaults to docker's. */
  readonly sysctls?: Readonly<Record<string, string>>;
  /** What root may do in it, as CAP_CHOWN: docker gives the names back so, and another spelling is a change. Defaults to nothing. */
  readonly capabilities?: readonly string[];
  /** Memory limit in MiB; there is no swap beyond it. */
  readonly memory: number;
  /** Size of /tmp in MiB, part of the memory. Defaults to 16. */
  readonly tmp?: number;
  /** More folders in memory, as docker's --tmpfs takes them. */
  readonly tmpfs?: Readonly<Record<string, string>>;
  /** Signal that asks for a graceful stop. */
  readonly stopSignal: "SIGQUIT" | "SIGTERM";
  /** Seconds that a graceful stop may take before the kernel ends it. */
  readonly grace: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly logs: { readonly files: number; readonly size: number };
  readonly ports?: readonly { readonly internal: number; readonly external: number; readonly ip: string }[];
}

/** The docker arguments of a container: least privilege, limits, log rotation, back after a restart of the daemon. */
export function containerArgs(spec: ContainerSpec): docker.ContainerArgs {
  return {
    image: spec.image,
    command: spec.command && [...spec.command],
    ...(spec.entrypoint && { entrypoints: [...spec.entrypoint] }),
    user: spec.user ?? "33:33",
    envs: Object.entries(spec.env ?? {}).map(([key, value]) => joinEnv(key, value)),
    mounts: spec.mounts.map(({ source, target, readOnly }) => ({
      type: "bind",
      source,
      target,
      readOnly: readOnly ?? false,
    })),
    ...(typeof spec.networks === "string"
      ? { networkMode: spec.networks }
      : {
          networksAdvanced: spec.networks.map(({ name, aliases }) => ({
            name,
            aliases: aliases && [...aliases],
          })),
        }),
    dns: spec.dns && [...spec.dns],
    sysctls: spec.sysctls,
    ports: spec.ports?.map((port) => ({ ...port, protocol: "tcp" })),
    readOnly: true,
    tmpfs: { "/tmp": `rw,nosuid,nodev,noexec,mode=1777,size=${spec.tmp ?? 16}m`, ...spec.tmpfs },
    capabilities: { drops: ["ALL"], ...(spec.capabilities && { adds: [...spec.capabilities] }) },
    securityOpts: ["no-new-privileges:true"],
    memory: spec.memory,
    memorySwap: spec.memory,
    restart: "unless-stopped",
    logDriver: "json-file",
    logOpts: { "max-file": String(spec.logs.files), "max-size": `${spec.logs.size}m` },
    labels: Object.entries(spec.labels).map(([label, value]) => ({ label: `varvol.${label}`, value })),
    stopSignal: spec.stopSignal,
    // The provider stops with this value, and with 0 (an immediate SIGKILL) where it is unset.
    destroyGraceSeconds: spec.grace,
    // Docker's own stop (a restart of the daemon) uses this one.
    stopTimeout: spec.grace,
    wait: false,
  };
}

function joinEnv(key: string, value: pulumi.Input<string>): pulumi.Input<string> {
  return typeof value === "string"
    ? `${key}=${value}`
    : (value as pulumi.Output<string>).apply((text) => `${key}=${text}`);
}

// The provider changes some of these in place and, worse, records others without changing the container.
const NEVER_IN_PLACE = [
  "healthcheck",
  "tmpfs",
  "init",
  "cpuPeriod",
  "cpuQuota",
  "cpuShares",
  "cpuSet",
  "memory",
  "memorySwap",
  "mounts",
  "restart",
];

/** Name servers of a container that asks for other containers alone: none answers there. */
export const CONTAINERS_ONLY: readonly string[] = ["127.0.0.1"];

/** For a container whose old and new generation run side by side until the new one has taken over. */
export function overlapping(): pulumi.CustomResourceOptions {
  return { deleteBeforeReplace: false, replaceOnChanges: NEVER_IN_PLACE };
}

/** For a container that owns something only one process can have: a port, a data directory. */
export function exclusive(): pulumi.CustomResourceOptions {
  return { deleteBeforeReplace: true, replaceOnChanges: NEVER_IN_PLACE };
}
