import { moment } from "../agent/moments";
import type { Notify } from "../agent/protocol";
import type { ImageLock } from "../components/imageLock";
import { PULLED } from "./kinds/git";
import { imagesOf, shapeOf, type SiteConfig } from "./kinds";
import { lookedUp } from "./lookedUp";
import type { HookKeys, NotifyKeys } from "./notifySchema";
import type { HostConfig } from "./config";

/** Who is told, and how the sites are watched for that. */
export type NotifyConfig = Pick<Notify, "to" | "every" | "slow">;

const DEFAULTS = { every: 60, slow: 5 };
const NOBODY: NotifyConfig = { to: [], every: 0, slow: DEFAULTS.slow };

/** Who is told, by `notify` or by its older form, for which no site is watched; undefined where nobody is. */
export function resolveNotify(keys?: NotifyKeys, hook?: HookKeys): NotifyConfig | undefined {
  if (!keys) return hook && { to: [hook], every: 0, slow: DEFAULTS.slow };
  const { apprise = [], webhook, command, every = DEFAULTS.every, slow = DEFAULTS.slow } = keys;
  return {
    to: [
      ...apprise.map((one) => ({ apprise: one })),
      ...(webhook === undefined ? [] : [{ webhook }]),
      ...(command === undefined ? [] : [{ command }]),
    ],
    every,
    slow,
  };
}

/** Whether the host needs what apprise is in. */
export function needsApprise(config: NotifyConfig | undefined): boolean {
  return config?.to.some((to) => "apprise" in to) ?? false;
}

/** What the agent is told of it: also where nobody is told any more. A status page has the sites watched as well. */
export function notifyPlan({
  notify = NOBODY,
  statusPage,
  sites,
  tls,
  lock,
}: Pick<HostConfig, "notify" | "statusPage" | "sites" | "tls" | "lock">): Omit<
  Notify,
  "stack" | "namespace" | "image" | "apprise"
> {
  const page = statusPage !== undefined;
  return {
    ...notify,
    ...(page && notify.every === 0 && { every: DEFAULTS.every }),
    page,
    sites: sites.map((site) => watched(site, tls[site.name] === "acme", lock)),
  };
}

function watched(site: SiteConfig, renewed: boolean, lock: ImageLock): Notify["sites"][number] {
  const { containers, database, health, status } = shapeOf(site);
  const packages = packagesOf(site, lock);
  return {
    ...{ name: site.name, kind: site.kind, domain: site.domains[0] ?? site.name, path: health.path },
    database,
    // Of a site without php the gateway keeps pages.
    fresh: !containers.some(({ role }) => role === "php"),
    answers: health.answers.source,
    ...(status?.role === PULLED.role && { pulls: { role: status.role, file: status.file } }),
    ...(!renewed && { certificate: `gateway/conf/current/tls/${site.name}.pem` }),
    ...(packages !== undefined && { packages }),
  };
}

/** When what a site runs was last the newest; undefined of images of its own, and of those rolled back to. */
function packagesOf(site: SiteConfig, lock: ImageLock): string | undefined {
  if (lock.pins[site.name]) return undefined;
  const at = lookedUp(lock, site.name, imagesOf(site));
  return at === undefined ? undefined : moment(at);
}
