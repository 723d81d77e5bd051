import {
  type Gateway,
  type Host,
  type Mysql,
  type Networks,
  type Repository,
  type Site,
  StaticGitSite,
  StaticSite,
  WordPressSite,
} from "../components";
import type { HostConfig } from "./config";
import { snapshotBefore } from "./events";
import type { SiteConfig } from "./schema";

/** The modules that sites stand on. */
export interface Modules {
  readonly host: Host;
  readonly networks: Networks;
  readonly gateway: Gateway;
  /** There when a site needs it. */
  readonly mysql?: Mysql;
  /** There when the host has backups. */
  readonly repository?: Repository;
}

/** Whether a site of the host needs MySQL. */
export function needsMysql(config: HostConfig): boolean {
  return config.sites.some(({ kind }) => kind === "wordpress");
}

/** Builds a site of the kind that its configuration names. */
export function createSite(site: SiteConfig, config: HostConfig, modules: Modules): Site {
  const { limits } = config;
  const { name, domains, image } = site;
  const snapshot = snapshotBefore(site, config, modules);
  const common = { ...modules, domains, image, after: snapshot ? [snapshot] : [] };
  switch (site.kind) {
    case "static":
      return new StaticSite(name, { ...common, memory: site.memory ?? limits.web, import: site.import });
    case "static-git":
      return new StaticGitSite(name, {
        ...common,
        memory: site.memory ?? limits.web,
        git: site.git,
        gitMemory: limits.git,
      });
    case "wordpress": {
      if (!modules.mysql) throw new Error(`${name}: a wordpress site needs the mysql module`);
      return new WordPressSite(name, {
        ...common,
        mysql: modules.mysql,
        memory: limits.web,
        title: site.title ?? name,
        admin: site.admin,
        email: site.email ?? `admin@${domains[0]}`,
        phpWorkers: config.phpWorkers,
        phpMemory: site.memory ?? limits.php,
        import: site.import,
      });
    }
  }
}
