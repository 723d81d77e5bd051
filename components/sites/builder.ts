import type * as pulumi from "@pulumi/pulumi";
import type { Mount } from "../container";
import { scriptText } from "../../machine/scripts";
import { Generation } from "../generation";
import type { Host } from "../host";
import { imageOn } from "../image";
import type { Networks } from "../networks";
import { OWN_PORTS } from "../ports";
import type { Folder, Volume } from "../volume";

/** A generator that makes the site of what a commit has. */
export interface BuildArgs {
  /** Image with the generator and a shell, pinned by digest. */
  readonly image: string;
  /** A line of shell, run in the repository, or in its folder where one is named. */
  readonly command: string;
  /** Folder below it that the command fills, and that is served. */
  readonly output: string;
  /** Seconds that it may take. */
  readonly timeout: number;
  /** Memory limit in MiB. */
  readonly memory: number;
  /** Whether it reaches the network, for packages. */
  readonly network: boolean;
}

const FOLDER = "build";

/** Where a commit is built: the puller puts it there, and takes the output from there. */
export const buildFolder: Folder = { name: FOLDER };

export function buildMount(volume: Volume): Mount {
  return volume.mount(FOLDER, "/srv/build", "rw");
}

/** What the puller is told of a build; with another one of these a commit is built anew. */
export function buildEnv({ image, command, output, timeout }: BuildArgs): Record<string, string> {
  return { BUILD_COMMAND: command, BUILD_OUTPUT: output, BUILD_IMAGE: image, BUILD_SECONDS: String(timeout) };
}

/** The container that runs a site's generator whenever the puller asks. It has the commit, and no secret. */
export function createBuilder(
  site: string,
  args: {
    readonly host: Host;
    readonly networks: Networks;
    readonly build: BuildArgs;
    /** Folder of the repository that the command runs in; empty for the repository itself. */
    readonly folder: string;
    readonly volume: Volume;
  },
  parent: pulumi.Resource,
): Generation {
  const { host, networks, build, folder, volume } = args;
  return new Generation(
    host.scoped(`${site}-build`),
    {
      host,
      image: imageOn(host, { pinned: build.image }, `${site}-build`),
      owner: site,
      role: "build",
      probe: { by: "running" },
      after: [volume, ...(build.network ? [networks.firewall] : [])],
      container: {
        entrypoint: ["sh", "-c", scriptText("builder")],
        env: { BUILD_FOLDER: folder, BUILD_COMMAND: build.command, BUILD_SECONDS: String(build.timeout) },
        mounts: [buildMount(volume)],
        ...(build.network
          ? { networks: [{ name: networks.abroad }], sysctls: OWN_PORTS }
          : { networks: "none" }),
        memory: build.memory,
        tmp: Math.floor(build.memory / 4),
        stopSignal: "SIGTERM",
        grace: 10,
      },
    },
    { parent },
  );
}
