import { askHost } from "../machine/scripts";
import { baseImage } from "../machine/setup/base-image";
import type { HostConfig } from "../stacks/config";
import { filledFolders } from "../stacks/kinds";

/** What a look at the host finds. */
export interface HostFacts {
  /** Version of the docker daemon; undefined where none answers. */
  readonly docker?: string;
  /** Why no daemon answers. */
  readonly dockerProblem?: string;
  /** Why the host can't keep containers from each other; undefined where it can. */
  readonly unfiltered?: string;
  /** Whether docker has the image that all others are built on. */
  readonly baseImage: boolean;
  /** Free space in MiB where the volumes and where docker's images are. */
  readonly free: { readonly volumes: number; readonly docker: number };
  /** Who listens on the gateway's ports, by port; "docker" where it is this stack's own gateway. */
  readonly listeners: ReadonlyMap<number, string>;
  /** Names under the volume root. */
  readonly volumes: readonly string[];
  /** Databases that MySQL's data has. */
  readonly databases: ReadonlySet<string>;
  /** Sites that have been filled, and so need no import any more. */
  readonly filled: ReadonlySet<string>;
  /** Of these the ones that an import filled within the last day and that nobody has seen whole yet: it may be begun anew. */
  readonly unproven: ReadonlySet<string>;
  /** Sites that were given another name, each with that. */
  readonly renamed: ReadonlyMap<string, string>;
  /** Sites that are in the middle of that, by the name that they get. */
  readonly renaming: ReadonlySet<string>;
  /** Sites and modules that were stopped on purpose, and are to stay so. */
  readonly off: ReadonlySet<string>;
  /** Sites that the gateway routes. */
  readonly routed: ReadonlySet<string>;
  /** This stack's containers that run, as owner/role. */
  readonly running: ReadonlySet<string>;
  /** What the pullers there pull, as their environment says it (GIT_SOURCE), each as site and that. */
  readonly pulls: ReadonlySet<string>;
  /** What each site's puller pulled last, as it wrote that down (servedSource). */
  readonly serves: ReadonlyMap<string, string>;
  /** The volume root that this stack's containers use, where it is another one and still has their data. */
  readonly rootSoFar?: string;
  /** Version of MariaDB that the data is of. */
  readonly mariadb?: string;
  /** Hours since the newest dump in <volume root>/mysql/dumps. */
  readonly dumpAge?: number;
}

/** Looks at the host; changes nothing. */
export async function lookAtHost(config: HostConfig): Promise<HostFacts> {
  const ports = [config.http, config.https].map(String);
  const text = await askHost(config, "look", [
    config.volumeRoot,
    `${config.namespace}gateway-net`,
    `varvol/${config.stack}`,
    baseImage,
    filledFolders().join(" "),
    ...ports,
  ]);
  const lines = text.split("\n").map((line) => /^(\S+) ?(.*)$/.exec(line)?.slice(1) ?? []);
  const all = (key: string) => lines.filter(([name]) => name === key).map(([, value = ""]) => value);
  const listeners = all("listener").map((line): [number, string] => [
    Number(line.split(" ")[0]),
    line.slice(line.indexOf(" ") + 1),
  ]);
  const dump = all("dump")[0];
  return {
    docker: all("docker")[0],
    dockerProblem: all("docker-problem")[0],
    unfiltered: all("unfiltered")[0],
    baseImage: all("base-image").length > 0,
    free: { volumes: Number(all("free-volumes")[0]), docker: Number(all("free-docker")[0]) },
    listeners: new Map(listeners),
    // A disk of its own has a lost+found there, which is no site's.
    volumes: all("volume").filter((name) => /^[a-z][a-z0-9-]*$/.test(name)),
    databases: new Set(all("database")),
    filled: new Set(all("filled")),
    unproven: new Set(all("unproven")),
    renamed: new Map(all("renamed").map((line) => line.split(" ") as [string, string])),
    renaming: new Set(all("renaming")),
    off: new Set(all("off")),
    routed: new Set(all("routed")),
    running: new Set(
      all("container").flatMap((line) => (line.endsWith(" running") ? [line.split(" ")[0] ?? ""] : [])),
    ),
    pulls: new Set(all("pulls")),
    serves: new Map(all("serves").map((line) => line.split(" ") as [string, string])),
    rootSoFar: all("root-so-far")[0],
    mariadb: all("mariadb")[0] || undefined,
    dumpAge: dump === undefined ? undefined : Number(dump),
  };
}
