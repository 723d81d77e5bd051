import { isIPv6 } from "node:net";
import type { ImageName } from "../components/imageSource";
import type { HostConfig } from "./config";
import { needsApprise } from "./notify";
import { keepsObjects } from "./objectCache";
import { hasDatabase, type Role, type SiteConfig } from "./kinds";

type Host = Pick<HostConfig, "sites" | "backup"> &
  Partial<Pick<HostConfig, "tls" | "addresses" | "mail" | "notify" | "statusPage">>;

/** A part of a host that its sites share. */
export interface Module {
  readonly name: string;
  readonly provides: "routes" | "databases" | "mail" | "objects" | "snapshots";
  readonly containers: readonly (Role & {
    /** Its resource, but for the namespace; undefined where it is no part of the program. */
    readonly resource?: string;
    /** A further resource marks the moment when its predecessor stops. */
    readonly marked?: boolean;
    /** Whether a host has it. Defaults to every host that has the module. */
    readonly isOn?: (host: Host) => boolean;
  })[];
  /** Images that it runs for a moment, beside its containers' own. */
  readonly images?: (host: Host) => readonly ImageName[];
  /** Whether there is a snapshot of it beside those of sites. */
  readonly kept?: boolean;
  readonly isOn: (host: Host) => boolean;
}

/** The modules that there are. */
export const MODULES: readonly Module[] = [
  {
    name: "gateway",
    provides: "routes",
    // What holds sockets runs the gateway's image, and goes where the gateway goes.
    containers: [
      { role: "gateway", image: "gateway", resource: "gateway" },
      { role: "net", resource: "gateway-net" },
      {
        role: "ipv6",
        resource: "gateway-ipv6",
        isOn: ({ addresses = [] }) => addresses.some((address) => isIPv6(address)),
      },
    ],
    isOn: () => true,
  },
  {
    name: "mysql",
    provides: "databases",
    containers: [{ role: "mysql", image: "mariadb", resource: "mysql-server", marked: true }],
    kept: true,
    isOn: needsMysql,
  },
  {
    name: "mail",
    provides: "mail",
    containers: [{ role: "mail", image: "mail", resource: "mail-server", marked: true }],
    isOn: ({ mail }) => mail !== undefined,
  },
  {
    name: "valkey",
    provides: "objects",
    containers: [{ role: "valkey", image: "valkey", resource: "valkey-server", marked: true }],
    isOn: ({ sites }) => sites.some(keepsObjects),
  },
  {
    name: "agent",
    provides: "snapshots",
    containers: [{ role: "agent", image: "agent", resource: "agent" }],
    images: (host) => [
      ...(asksAuthority(host) ? (["acme"] as const) : []),
      ...(needsApprise(host.notify) ? (["apprise"] as const) : []),
    ],
    isOn: needsAgent,
  },
];

/** What no site is called: a volume of such a name is a module's. */
export const MODULE_NAMES: readonly string[] = MODULES.map(({ name }) => name);

/** Whether the host has anything to do by itself. */
export function needsAgent({
  backup,
  tls,
  notify,
  statusPage,
}: Pick<Host, "backup" | "tls" | "notify" | "statusPage">): boolean {
  return backup !== undefined || statusPage !== undefined || notify !== undefined || asksAuthority({ tls });
}

/** Whether a site's certificate comes from a public authority. */
export function asksAuthority({ tls = {} }: Pick<Host, "tls">): boolean {
  return Object.values(tls).includes("acme");
}

/** Whether a site of the host has a database. */
export function needsMysql({ sites }: { readonly sites: readonly SiteConfig[] }): boolean {
  return sites.some(hasDatabase);
}

/** The modules that a host has, with the containers that it has of them. */
export function modulesOf(host: Host): Module[] {
  return MODULES.filter(({ isOn }) => isOn(host)).map((one) => ({
    ...one,
    containers: one.containers.filter(({ isOn }) => isOn?.(host) ?? true),
  }));
}

export function moduleOf(name: string): Module | undefined {
  return MODULES.find((one) => one.name === name);
}
