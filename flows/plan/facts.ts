import { askHost } from "../../machine/scripts";
import type { HostConfig } from "../../stacks/config";
import type { KnownImages } from "./images";

/** What a plan needs to know beside the engine's preview. */
export interface PlanFacts {
  readonly stack: string;
  readonly volumeRoot: string;
  /** The sites that the stack file describes. */
  readonly sites: readonly PlannedSite[];
  /** Whether the host has backups at all. */
  readonly backups: boolean;
  /** Containers, as owner/role, that should run on the host and don't. */
  readonly missing: readonly string[];
  /** What is in the images that the host runs from now on. */
  readonly images: KnownImages;
  readonly host: HostMemory;
  /** Hours since the newest dump of MariaDB. */
  readonly dumpAge?: number;
}

export interface PlannedSite {
  readonly name: string;
  /** The name that it had before, by its stack file. */
  readonly formerly?: string;
  readonly database: boolean;
  readonly domains: readonly string[];
  /** Whether it is backed up by a schedule. */
  readonly scheduled: boolean;
}

/** What the host remembers of earlier updates. */
export interface HostMemory {
  /** Seconds that a container was away when it was last replaced, by container. */
  readonly measured: ReadonlyMap<string, number>;
  /** Names and digests of the images on the host. */
  readonly images: ReadonlySet<string>;
}

/** Asks the host what it remembers; changes nothing. */
export async function rememberedBy(config: HostConfig): Promise<HostMemory> {
  const lines = (await askHost(config, "remembered", [config.volumeRoot])).split("\n");
  const all = (key: string) =>
    lines.flatMap((line) => (line.startsWith(`${key} `) ? [line.slice(key.length + 1)] : []));
  return {
    images: new Set(all("image")),
    measured: new Map(
      all("measured")
        .map((line): [string, number] => [line.split(" ")[0] ?? "", Number(line.split(" ")[1])])
        .filter(([, seconds]) => Number.isFinite(seconds)),
    ),
  };
}
