import type { Notify } from "../agent/protocol";
import { PULLED } from "./kinds/git";
import { shapeOf, type SiteConfig } from "./kinds";
import type { HookKeys, NotifyKeys } from "./notifySchema";
import type { HostConfig } from "./config";

/** Who is told, and how the sites are watched for that. */
export type NotifyConfig = Pick<Notify, "to" | "every" | "slow">;

const DEFAULTS = { every: 60, slow: 5 };

/** Who is told, by `notify` or by its older form, for which no site is watched; undefined where nobody is. */
export function resolveNotify(keys?: NotifyKeys, hook?: HookKeys): NotifyConfig | undefined {
  if (!keys) return hook && { to: [hook], every: 0, slow: DEFAULTS.slow };
  const { apprise = [], webhook, command, every, slow } = keys;
  return {
    to: [
      ...apprise.map((one) => ({ apprise: one })),
      ...(webhook === undefined ? [] : [{ webhook }]),
      ...(command === undefined ? [] : [{ command }]),
    ],
    every: every ?? DEFAULTS.every,
    slow: slow ?? DEFAULTS.slow,
  };
}

/** Whether the host needs what apprise is in. */
export function needsApprise(config: NotifyConfig | undefined): boolean {
  return config?.to.some((to) => "apprise" in to) ?? false;
}

/** What the agent is told of it: also where nobody is told any more. */
export function notifyPlan({
  notify = { to: [], every: 0, slow: DEFAULTS.slow },
  sites,
  tls,
}: Pick<HostConfig, "notify" | "sites" | "tls">): Pick<Notify, "to" | "every" | "slow" | "sites"> {
  return { ...notify, sites: sites.map((site) => watched(site, tls[site.name] === "acme")) };
}

function watched(site: SiteConfig, renewed: boolean): Notify["sites"][number] {
  const { containers, health, status } = shapeOf(site);
  return {
    ...{ name: site.name, domain: site.domains[0] ?? site.name, path: health.path },
    // Of a site without php the gateway keeps pages.
    fresh: !containers.some(({ role }) => role === "php"),
    answers: health.answers.source,
    ...(status?.role === PULLED.role && { pulls: { role: status.role, file: status.file } }),
    ...(!renewed && { certificate: `gateway/conf/current/tls/${site.name}.pem` }),
  };
}
