import type { Gateway, Host, Mail, Networks, Mysql, Repository, Site, Valkey } from "../components";
import type { HostConfig } from "./config";
import { snapshotBefore } from "./events";
import { extensionsProblem } from "./extensions";
import { kindOf, type SiteConfig } from "./kinds";

/** The modules that sites stand on. */
export interface Modules {
  readonly host: Host;
  readonly networks: Networks;
  readonly gateway: Gateway;
  /** There when a site needs it. */
  readonly mysql?: Mysql;
  /** There when the host sends mail. */
  readonly mail?: Mail;
  /** There when a site keeps objects. */
  readonly valkey?: Valkey;
  /** There when the host has backups. */
  readonly repository?: Repository;
}

/** Builds a site of the kind that its configuration names. */
export function createSite(site: SiteConfig, config: HostConfig, modules: Modules): Site {
  const { domains, image } = site;
  const problem = extensionsProblem(site, config.lock);
  if (problem) throw new Error(problem);
  const snapshot = snapshotBefore(site, config, modules);
  const args = {
    ...modules,
    domains,
    image,
    denied: site.denied,
    nginx: config.snippets[site.name],
    mail: modules.mail?.account(site.name),
    objects: modules.valkey?.cache(site.name),
    after: snapshot ? [snapshot] : [],
  };
  const { limits, phpWorkers, phpIdle } = config;
  return kindOf(site.kind).create(site, { args, mysql: modules.mysql, limits, phpWorkers, phpIdle });
}
