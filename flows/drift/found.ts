import { z } from "zod";
import { askHost } from "../../machine/scripts";
import type { HostConfig } from "../../stacks/config";

const strings = z.array(z.string()).nullish();
const words = z.record(z.string(), z.string()).nullish();

const container = z.object({
  Id: z.string(),
  Name: z.string(),
  Image: z.string(),
  State: z.object({ Status: z.string(), ExitCode: z.number().optional() }),
  Config: z.object({
    Image: z.string(),
    Env: strings,
    Cmd: strings,
    Labels: words,
    User: z.string().optional(),
    StopSignal: z.string().optional(),
    StopTimeout: z.number().nullish(),
  }),
  HostConfig: z.object({
    Memory: z.number(),
    ReadonlyRootfs: z.boolean(),
    Privileged: z.boolean(),
    RestartPolicy: z.object({ Name: z.string() }),
    CapAdd: strings,
    CapDrop: strings,
    SecurityOpt: strings,
    Tmpfs: words,
    PidsLimit: z.number().nullish(),
    LogConfig: z.object({ Type: z.string(), Config: words }),
    PortBindings: z
      .record(z.string(), z.array(z.object({ HostIp: z.string(), HostPort: z.string() })).nullable())
      .nullish(),
    Mounts: z
      .array(z.object({ Source: z.string(), Target: z.string(), ReadOnly: z.boolean().optional() }))
      .nullish(),
  }),
  NetworkSettings: z.object({ Networks: z.record(z.string(), z.object({ Aliases: strings })).nullish() }),
});

const image = z.object({ Id: z.string(), Config: z.object({ Env: strings, Labels: words }) });

export type FoundContainer = z.infer<typeof container>;
export type FoundImage = z.infer<typeof image>;

/** What is on the host. */
export interface Found {
  readonly containers: readonly FoundContainer[];
  readonly images: ReadonlyMap<string, FoundImage>;
  /** Ids of networks by name. */
  readonly networks: ReadonlyMap<string, string>;
  /** What containers may reach that they should not, in sentences. */
  readonly open: readonly string[];
  /** Hashes of the files that are looked at, by their path below the volume root. */
  readonly files: ReadonlyMap<string, string>;
  /** What gateway/conf/current points to. */
  readonly current: string;
  /** Sites and modules that were stopped on purpose. */
  readonly off: ReadonlySet<string>;
}

/** Looks at the host; changes nothing. */
export async function lookForDrift(config: HostConfig): Promise<Found> {
  const text = await askHost(config, "drift", [config.volumeRoot, `varvol/${config.stack}`]);
  return readFound(text);
}

/** Reads what the host was asked for. */
export function readFound(text: string): Found {
  const lines = text.split("\n");
  const all = (key: string) =>
    lines.flatMap((line) => (line.startsWith(`${key} `) ? [line.slice(key.length + 1)] : []));
  const images = all("image").map((line) => image.parse(JSON.parse(line)));
  return {
    containers: all("container").map((line) => container.parse(JSON.parse(line))),
    images: new Map(images.map((one) => [one.Id, one])),
    networks: new Map(all("network").map((line) => [line.slice(65), line.slice(0, 64)])),
    open: all("open"),
    files: new Map(
      all("file").map((line) => [
        line
          .slice(66)
          .replace(/^\.\/(?=[^.])|^\.\//, "")
          .replaceAll("//", "/"),
        line.slice(0, 64),
      ]),
    ),
    current: all("current")[0] ?? "",
    off: new Set(all("off")),
  };
}
