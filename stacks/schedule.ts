import type { BackupConfig, HostConfig } from "./config";
import type { Schedule } from "./defaultSchedule";
import type { Keep, SiteConfig } from "./schema";
import { isOnControlNode } from "./values";

/** A site's own schedule, with the host's where it says nothing. */
export function scheduleOf(host: BackupConfig, { backup: own = {} }: Pick<SiteConfig, "backup">): Schedule {
  return {
    every: own.every ?? host.every,
    at: own.at ?? host.at,
    drill: own.drill ?? host.drill,
    keep: own.keep ?? host.keep,
    mode: own.mode ?? host.mode,
  };
}

/** What is kept, as restic's options say it. */
export function keepOptions(keep: Keep): string {
  return Object.entries(keep)
    .map(([period, count]) => `--keep-${period}=${count}`)
    .join(",");
}

/**
 * What a host's schedule is made of. It asks by itself for what is due unless that is never anything, or the repository
 * is a folder of the machine that varvol runs on, which the host reaches only when called from there.
 */
export function scheduleOn(config: HostConfig): { lines: string; scheduled: boolean; byItself: boolean } {
  const { backup, sites, ssh } = config;
  const reachable = backup !== undefined && !isOnControlNode(backup.repository, ssh);
  const schedules = backup ? sites.map((site) => scheduleOf(backup, site)) : [];
  const scheduled = schedules.some(({ every, drill }) => every > 0 || drill > 0);
  return { lines: scheduleLines(config), scheduled, byItself: reachable && scheduled };
}

/**
 * The schedule as host/schedule reads it. The databases that no site owns have the host's own; the copies of the host
 * itself are made by `up`, and only expire by it.
 */
export function scheduleLines({ backup, sites }: Pick<HostConfig, "backup" | "sites">): string {
  if (!backup) return "";
  const line = (kind: string, name: string, domain: string, schedule: Schedule): string => {
    const { mode, every, at, drill, keep } = schedule;
    return [kind, name, domain, mode, every, at, drill, keepOptions(keep)].join(" ");
  };
  const { hook } = backup;
  const [how, whom] = Object.entries(hook ?? {})[0] ?? [];
  return [
    ...(how && whom ? [`hook ${how} ${Buffer.from(whom).toString("base64")}`] : []),
    ...sites.map((site) =>
      line(site.kind, site.name, site.domains[0] ?? site.name, scheduleOf(backup, site)),
    ),
    ...(sites.some(({ kind }) => kind === "wordpress")
      ? [line("module", "mysql", "-", { ...scheduleOf(backup, {}), mode: "hot", drill: 0 })]
      : []),
    line("module", "host", "-", { ...scheduleOf(backup, {}), every: 0, drill: 0 }),
    "",
  ].join("\n");
}
