import type * as pulumi from "@pulumi/pulumi";
import { Backup, type Host, type Repository, Restore } from "../components";
import { imageTag } from "../components/imageSource";
import type { HostConfig } from "./config";
import { imagesOf } from "./images";
import { scheduleOf } from "./schedule";
import type { SiteConfig } from "./schema";

/** What backups and restores that an `up` itself makes work with. */
interface Modules {
  readonly host: Host;
  readonly repository?: Repository;
}

/** Takes a snapshot of a site before its containers are replaced by ones of other images, where that is asked for. */
export function snapshotBefore(
  site: SiteConfig,
  { backup, lock }: Pick<HostConfig, "backup" | "lock">,
  { host, repository }: Modules,
): Backup | undefined {
  if (!backup || !repository || !(site.backup?.beforeReplace ?? backup.beforeReplace)) return undefined;
  const { name, kind } = site;
  const { mode } = scheduleOf(backup, site);
  return new Backup(name, { host, repository, site: name, kind, mode, trigger: imagesNow(site, lock) });
}

/** The images of a site's containers. */
export function imagesNow(site: SiteConfig, lock: HostConfig["lock"]): string {
  const own = imagesOf(site).map(
    (image) => lock.pins[site.name]?.[image] ?? imageTag(image, lock, site.name),
  );
  return [...own, ...(site.image ? [site.image] : [])].join(" ");
}

/** Puts a site back to a snapshot where its stack file says so, once the site is there and routed. */
export function restoreAfter(
  { name, kind, domains, restore }: SiteConfig,
  { host, repository }: Modules,
  dependsOn: pulumi.Resource[],
): void {
  if (!restore || !repository) return;
  const args = { host, repository, site: name, kind, domain: domains[0] ?? name };
  new Restore(name, { ...args, ...restore }, { dependsOn });
}
