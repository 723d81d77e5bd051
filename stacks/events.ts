import type * as pulumi from "@pulumi/pulumi";
import { Backup, type Host, type Repository, Restore } from "../components";
import { imageTag } from "../components/imageSource";
import type { HostConfig } from "./config";
import { imagesOf, type SiteConfig, siteSubjectOf, subjectOf } from "./kinds";
import { scheduleOf } from "./schedule";

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
  const { mode } = scheduleOf(backup, site);
  const trigger = imagesNow(site, lock);
  return new Backup(site.name, { host, repository, subject: subjectOf(site), mode, trigger });
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
  site: SiteConfig,
  { host, repository }: Modules,
  dependsOn: pulumi.Resource[],
): void {
  const { name, restore } = site;
  if (!restore || !repository) return;
  new Restore(name, { host, repository, site: siteSubjectOf(site), ...restore }, { dependsOn });
}
