import type * as pulumi from "@pulumi/pulumi";
import type { Mount } from "../container";
import { Generation } from "../generation";
import { imageOn } from "../image";
import type { ImageName } from "../imageSource";
import type { Volume } from "../volume";
import type { SiteArgs } from "./site";

/** A repository that a site comes from. */
export interface GitArgs {
  /** Address of the repository, or its absolute path on the host. */
  readonly url: string;
  /** Defaults to the repository's HEAD. */
  readonly branch?: string;
  /** Folder inside the repository that is served; empty for all of it. */
  readonly folder: string;
  /** Seconds between pulls. */
  readonly every: number;
}

export interface PullerArgs extends Pick<SiteArgs, "host" | "after"> {
  readonly git: GitArgs;
  /** With the folders site and repo. */
  readonly volume: Volume;
  readonly source: ImageName;
  /** Memory limit in MiB. */
  readonly memory: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly mounts?: readonly Mount[];
}

/** The container that pulls a repository on a timer into a new tree, and switches to it once that is complete. */
export function createPuller(site: string, args: PullerArgs, parent: pulumi.Resource): Generation {
  const { host, git, volume } = args;
  const isPath = git.url.startsWith("/");
  return new Generation(
    host.scoped(`${site}-git`),
    {
      host,
      image: imageOn(host, args.source, site),
      owner: site,
      role: "git",
      probe: { by: "exec" },
      after: [volume, ...(args.after ?? [])],
      container: {
        env: {
          GIT_URL: isPath ? "file:///srv/origin" : git.url,
          ...(git.branch && { GIT_BRANCH: git.branch }),
          GIT_FOLDER: git.folder,
          GIT_INTERVAL: String(git.every),
          ...args.env,
        },
        mounts: [
          volume.mount("site", "/srv/site", "rw"),
          volume.mount("repo", "/srv/repo", "rw"),
          ...(args.mounts ?? []),
          ...(isPath ? [{ source: git.url, target: "/srv/origin", readOnly: true }] : []),
        ],
        // Not on the intercontainer network: it speaks with the repository's server and with no other container.
        networks: [{ name: "bridge" }],
        memory: args.memory,
        tmp: 32,
        stopSignal: "SIGTERM",
        grace: 10,
      },
    },
    { parent },
  );
}
