import * as fs from "node:fs";
import * as path from "node:path";
import { capture } from "../../base/exec";
import type { TestHost } from "./testHost";

/** What a command leaves behind, without what is chosen anew each time: ids, generated names and hashes. */
export interface EndState {
  /** Each container's settings, by owner/role; a second one of a role would be a line more. */
  readonly containers: readonly string[];
  readonly networks: readonly string[];
  /** Every name under the volume root but the sites' own data. */
  readonly files: readonly string[];
  /** Every resource in the state, and each operation that it has as begun. */
  readonly resources: readonly string[];
  /** What lies beside the state that should not. */
  readonly litter: readonly string[];
}

export async function endStateOf(host: TestHost): Promise<EndState> {
  return {
    containers: await containersOf(host),
    networks: (await capture(["docker", "network", "ls", "--format", "{{.Name}}"]))
      .split("\n")
      .filter((name) => name.startsWith(host.namespace))
      .sort(),
    files: [...new Set(walk(host.root))].sort(),
    resources: await resourcesOf(host),
    litter: litterOf(host),
  };
}

interface Inspected {
  readonly Config: Readonly<
    Record<"Image" | "Env" | "Cmd" | "User" | "Labels" | "StopSignal" | "StopTimeout", unknown>
  >;
  readonly HostConfig: Readonly<Record<string, unknown>>;
  readonly State: { readonly Status: string };
  readonly NetworkSettings: {
    readonly Networks: Readonly<Record<string, { readonly Aliases: string[] | null }>>;
  };
  readonly Id: string;
}

async function containersOf(host: TestHost): Promise<string[]> {
  const ids = (
    await capture(["docker", "ps", "-aq", "--no-trunc", "--filter", `label=varvol.host=varvol/${host.stack}`])
  ).split("\n");
  if (ids[0] === "") return [];
  const all = JSON.parse(await capture(["docker", "inspect", ...ids])) as Inspected[];
  return all
    .map(({ Config, HostConfig, State, NetworkSettings, Id }) => {
      const labels = Config.Labels as Record<string, string>;
      const { Image, Env, Cmd, User, StopSignal, StopTimeout } = Config;
      const limits = ["Memory", "PidsLimit", "ReadonlyRootfs", "CapDrop", "SecurityOpt", "PortBindings"];
      return JSON.stringify({
        role: `${labels["varvol.owner"]}/${labels["varvol.role"]}`,
        state: State.Status,
        config: { Image, Env: [...(Env as string[])].sort(), Cmd, User, StopSignal, StopTimeout, labels },
        limits: Object.fromEntries(limits.map((key) => [key, HostConfig[key]])),
        mounts: (HostConfig.Mounts as { Source: string; Target: string; ReadOnly?: boolean }[]).map(
          ({ Source, Target, ReadOnly }) => `${Source}:${Target}:${ReadOnly ?? false}`,
        ),
        networks: Object.entries(NetworkSettings.Networks)
          .map(
            ([name, { Aliases }]) =>
              `${name} ${(Aliases ?? []).filter((alias) => !Id.startsWith(alias)).join()}`,
          )
          .sort(),
      });
    })
    .sort();
}

// Data directories: what is in them is MySQL's, WordPress's and git's.
const DATA = /^(mysql\/data|[^/]+\/(content|repo|site|dumps|sessions|tmp))$/;

function walk(root: string, folder = ""): string[] {
  const at = path.join(root, folder);
  if (!fs.existsSync(at)) return [];
  return fs.readdirSync(at, { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    // What containers wrote that are gone: how often a site was switched is no part of what it came to.
    if (/^[^/]+\/logs$/.test(name)) return [];
    const plain = name
      .replace(/(generation-)([0-9a-f]{12}|first)(?=$|\/)/, "$1*")
      .replace(/(parts\/[^/.]+\.)[0-9a-f]{12}/, "$1*")
      .replace(/(run\/php\/php-)[0-9a-f]{12}/, "$1*")
      .replace(/(purge\/)[0-9a-f]{12}(?=\.sock$)/, "$1*")
      .replace(/(proven\/)[0-9a-f]{64}/, "$1*");
    return entry.isDirectory() && !DATA.test(name) ? [`${plain}/`, ...walk(root, name)] : [plain];
  });
}

async function resourcesOf(host: TestHost): Promise<string[]> {
  const { code, stdout } = await host.pulumi("stack", "export");
  if (code !== 0) return [];
  const { deployment } = JSON.parse(stdout) as {
    deployment: {
      resources?: { urn: string; delete?: boolean }[];
      pending_operations?: { type: string; resource: { urn: string } }[];
    };
  };
  return [
    ...(deployment.resources ?? []).map(({ urn, delete: gone }) => urn + (gone ? " to be deleted" : "")),
    ...(deployment.pending_operations ?? []).map(({ type, resource }) => `${type} ${resource.urn}`),
  ].sort();
}

function litterOf(host: TestHost): string[] {
  const state = path.join(host.folder, "state");
  const names = fs.readdirSync(state, { recursive: true, encoding: "utf8" });
  const locks = names.filter((name) => name.includes("/locks/") && name.endsWith(".json"));
  return [
    ...locks,
    ...names.filter((name) => name.endsWith(".tmp")),
    ...fs.readdirSync(host.folder).filter((name) => /\.(new|tmp)$/.test(name)),
  ];
}
