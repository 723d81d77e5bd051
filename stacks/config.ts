import * as fs from "node:fs";
import type { ImageLock } from "../components/imageLock";
import { TIME_LIMITS, type TimeLimits, timeLimits } from "../components/timeLimits";
import type { SshArgs } from "../machine/ssh";
import { readCredentials } from "./credentials";
import { DEFAULT_SCHEDULE, type Schedule } from "./defaultSchedule";
import type { Hsts } from "../components/gateway/nginx";
import type { Requests } from "../components/gateway/requests";
import type { SiteTls } from "../components/gateway/vhost";
import { absolute, readText } from "./files";
import type { HostProfile } from "./hostProfile";
import { kindOf, type SiteConfig } from "./kinds";
import { readLock } from "./lock";
import { type MailConfig, resolveMail } from "./mail";
import type { PolicyName } from "./policies";
import { PROFILES } from "./profiles";
import { type NotifyConfig, resolveNotify } from "./notify";
import type { StackConfig } from "./schema";
import { requestsOf } from "./requests";
import { pageRequests, STATUS_PAGE, type StatusPageConfig } from "./statusPage";
import { type AcmeConfig, readTls, tlsOf } from "./tls";
import { isServer } from "./values";
import { resolveTunnel, type TunnelConfig } from "./wireguard";

/** Where backups go, and how sites are backed up that say nothing of their own. Who is told of them stands in `notify`. */
export interface BackupConfig extends Schedule {
  /** An absolute folder, or an address as restic writes it. */
  readonly repository: string;
  /** What the repository's server asks for: lines NAME=VALUE. */
  readonly credentials?: string;
  /** Whether a snapshot of a site precedes containers of other images. */
  readonly beforeReplace?: boolean;
}

/** A stack's configuration, checked and with its kind's defaults filled in. */
export interface HostConfig extends Omit<HostProfile, "tls"> {
  readonly stack: string;
  readonly namespace: string;
  readonly volumeRoot: string;
  /** What images are built from. */
  readonly lock: ImageLock;
  /** Proxies before the gateway that are believed who a visitor is. */
  readonly trustedProxies: readonly string[];
  readonly ssh?: SshArgs;
  readonly sites: readonly SiteConfig[];
  /** Undefined where the host has no backups. */
  readonly backup?: BackupConfig;
  /** The phar of WP-CLI that it has of its own. */
  readonly wpCli?: string;
  /** Policies that the stack turns off. */
  readonly policiesOff: readonly PolicyName[];
  /** Where each site's certificate comes from. */
  readonly tls: Readonly<Record<string, SiteTls>>;
  /** For how long each site tells browsers to come by HTTPS alone. */
  readonly hsts: Readonly<Record<string, Hsts>>;
  /** What becomes of sites' requests before they are asked. */
  readonly requests: Readonly<Record<string, Requests>>;
  /** Names and passwords of who may come, of sites that are not for everybody. */
  readonly users: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Lines of sites' own for the servers of their nginx. */
  readonly snippets: Readonly<Record<string, string>>;
  /** How certificates are asked for at a public authority. */
  readonly acme: AcmeConfig;
  /** Undefined where there is none to the control node. */
  readonly tunnel?: TunnelConfig;
  /** Undefined where no mail leaves the host. */
  readonly mail?: MailConfig;
  /** Undefined where there is none. */
  readonly statusPage?: StatusPageConfig;
  /** Undefined where nobody is told of anything. */
  readonly notify?: NotifyConfig;
  /** How long the site that takes longest may take for a request. */
  readonly times: TimeLimits;
  /** The most php-fpm processes that any site may have. */
  readonly mostPhpWorkers: number;
}

/** Fills in the kind's defaults and makes paths absolute. */
export function resolveConfig(stack: string, config: StackConfig): HostConfig {
  const profile: HostProfile = PROFILES[config.kind];
  const { host, acme } = config;
  const tunnel = resolveTunnel(config.wireguard, stack);
  if (tunnel && !host)
    throw new Error("varvol:wireguard: leads to another machine (varvol:host); leave it out on this one");
  const { status: page } = config;
  const notify = resolveNotify(config.notify, config.backup?.hook);
  return {
    ...profile,
    stack,
    namespace: config.namespace,
    volumeRoot: config.volumeRoot,
    http: config.gateway.http ?? profile.http,
    https: config.gateway.https ?? profile.https,
    addresses: config.gateway.addresses ?? profile.addresses,
    trustedProxies: config.gateway.trustedProxies ?? [],
    accessLog: config.gateway.accessLog ?? profile.accessLog,
    objects: config.objectCache?.memory ?? profile.objects,
    gateTimeout: config.healthTimeout ?? profile.gateTimeout,
    sites: config.sites.map((site) => kindOf(site.kind).located(site)),
    lock: readLock(),
    ...(config.wpCli !== undefined && { wpCli: absolute(config.wpCli) }),
    policiesOff: Object.keys(config.policies) as PolicyName[],
    tls: Object.fromEntries([
      ...config.sites.map(({ name, tls, domains }) => [
        name,
        readTls(tlsOf(tls, config.tls, profile.tls, domains)),
      ]),
      ...(page ? [[STATUS_PAGE, readTls(tlsOf(undefined, config.tls, profile.tls, [page.domain]))]] : []),
    ]) as Record<string, SiteTls>,
    hsts: bySite(config.sites, ({ hsts }) => hsts),
    requests: { ...bySite(config.sites, requestsOf), ...(page && { [STATUS_PAGE]: pageRequests(page) }) },
    users: {
      ...bySite(config.sites, ({ auth }) => auth?.users),
      ...(page?.auth && { [STATUS_PAGE]: page.auth.users }),
    },
    snippets: bySite(config.sites, ({ nginx }) => (nginx === undefined ? undefined : readText(nginx))),
    times: timeLimits(
      Math.max(TIME_LIMITS.request, ...config.sites.map((site) => ("php" in site ? site.php.time : 0))),
    ),
    mostPhpWorkers: Math.max(
      profile.phpWorkers,
      ...config.sites.map((site) => ("php" in site ? (site.php.workers ?? 0) : 0)),
    ),
    acme: { ...acme, ...(acme.authority !== undefined && { authority: readText(acme.authority) }) },
    ...(tunnel && { tunnel }),
    ...(config.mail && { mail: resolveMail(config.mail, config.sites) }),
    ...(notify && { notify }),
    ...(page && { statusPage: { domain: page.domain } }),
    ...(config.backup && { backup: resolveBackup(config.backup) }),
    ...(host && { ssh: { ...host, privateKeyFile: readableKey(host.privateKeyFile) } }),
  };
}

function resolveBackup(backup: NonNullable<StackConfig["backup"]>): BackupConfig {
  const { repository, credentials, ...rest } = backup;
  const needed = readCredentials(repository, credentials && absolute(credentials));
  return {
    ...DEFAULT_SCHEDULE,
    ...rest,
    repository: isServer(repository) ? repository : absolute(repository),
    ...(needed !== undefined && { credentials: needed }),
  };
}

function readableKey(file: string): string {
  const key = absolute(file);
  try {
    fs.accessSync(key, fs.constants.R_OK);
    return key;
  } catch (error) {
    throw new Error(
      `varvol:host.privateKeyFile: ${key} can't be read (${(error as Error).message}); name the file of a private ssh key`,
    );
  }
}

/** What a key comes to, by the names of the sites that have it. */
function bySite<Value>(
  sites: StackConfig["sites"],
  of: (site: StackConfig["sites"][number]) => Value | undefined,
): Record<string, Value> {
  const all = sites.map((site) => [site.name, of(site)] as const);
  return Object.fromEntries(all.filter((one): one is readonly [string, Value & {}] => one[1] !== undefined));
}
