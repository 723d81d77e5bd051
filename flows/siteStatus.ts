import type { Stack } from "../engine/stack";
import { askHost } from "../machine/scripts";
import { shapeOf } from "../stacks/kinds";
import { scheduleOf } from "../stacks/schedule";
import { type BackupHealth, judgeBackups, readResults } from "./backup/results";

/** What the puller of a site that comes from git last did. */
export interface GitStatus {
  readonly served: string | null;
  readonly lastTry: string | null;
  readonly lastSuccess: string | null;
  readonly error: string | null;
}

export interface SiteStatus {
  readonly name: string;
  readonly kind: string;
  readonly urls: readonly string[];
  readonly domains: readonly string[];
  /** ok; or what is wrong: down (no answer), error NNN (its answer), stopped. */
  readonly state: string;
  readonly problem?: string;
  readonly data: string;
  readonly containers: readonly { readonly name: string; readonly role: string; readonly state: string }[];
  readonly git?: GitStatus;
  /** Undefined where the host has no backups. */
  readonly backup?: BackupHealth;
}

/** Asks the host how its sites are. */
export async function statusOf(stack: Stack): Promise<SiteStatus[]> {
  const { config } = stack;
  const asked = [
    `${config.namespace}gateway-net`,
    `varvol/${stack.name}`,
    ...config.sites.flatMap((site) => {
      const { health, status } = shapeOf(site);
      return [site.name, site.domains[0] ?? site.name, health.path, status?.role ?? "", status?.file ?? ""];
    }),
  ];
  const [text, results] = await Promise.all([
    askHost(config, "status", asked),
    config.backup ? askHost(config, "results", [config.volumeRoot]) : "",
  ]);
  const lines = text.split("\n").map((line) => line.split(" "));
  return config.sites.map((site): SiteStatus => {
    const { name, kind, domains } = site;
    const of = (what: string) => lines.filter(([key, owner]) => key === what && owner === name);
    const containers = of("container").map(([, , role = "", container = "", state = ""]) => ({
      name: container,
      role,
      state,
    }));
    const code = of("http")[0]?.[2] ?? "000";
    const git = parseGit(of("git")[0]?.slice(2).join(" "));
    const stopped = containers.filter(({ state }) => state !== "running");
    return {
      name,
      kind,
      urls: (["http", "https"] as const).map((scheme) => address(scheme, domains[0] ?? name, config[scheme])),
      domains,
      state: shapeOf(site).health.answers.test(code)
        ? "ok"
        : code === "000"
          ? containers.length === 0
            ? "not deployed"
            : "down"
          : `error ${code}`,
      ...(stopped.length > 0 && {
        problem: `not running: ${stopped.map((one) => `${one.name} (${one.state})`).join(", ")}`,
      }),
      data: `${config.volumeRoot}/${name}`,
      containers,
      ...(git && { git }),
      ...(config.backup && {
        backup: judgeBackups(scheduleOf(config.backup, site), readResults(results, name), new Date()),
      }),
    };
  });
}

function address(scheme: "http" | "https", domain: string, port: number): string {
  return `${scheme}://${domain}${port === (scheme === "http" ? 80 : 443) ? "" : `:${port}`}`;
}

function parseGit(text: string | undefined): GitStatus | undefined {
  try {
    return text ? (JSON.parse(text) as GitStatus) : undefined;
  } catch {
    return undefined;
  }
}
