import type { Schedule as AgentSchedule, ScheduleEntry, Subject } from "../agent/protocol";
import type { BackupConfig, HostConfig } from "./config";
import type { Schedule } from "./defaultSchedule";
import { type SiteConfig, subjectOf } from "./kinds";
import { modulesOf } from "./modules";
import { HOST_ITSELF, moduleSubject } from "./subjects";
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

/** Whether anything is ever due on a host. */
export function isScheduled({ backup, sites }: ScheduleConfig): boolean {
  const schedules = backup ? sites.map((site) => scheduleOf(backup, site)) : [];
  return schedules.some(({ every, drill }) => every > 0 || drill > 0);
}

/**
 * What the agent reads of a host's schedule. It asks by itself for what is due unless that is never anything, or the
 * repository is a folder of the machine that varvol runs on, which the host reaches only when called from there. The
 * databases that no site owns have the host's own schedule; the copies of the host itself are made by `up`, and only
 * expire by it.
 */
export function agentSchedule(config: ScheduleConfig): AgentSchedule {
  const { backup, sites, ssh } = config;
  if (!backup) return { byItself: false, entries: [] };
  const own = scheduleOf(backup, {});
  const entries = [
    ...sites.map((site) => ({
      ...entry(subjectOf(site), scheduleOf(backup, site), site.domains[0] ?? site.name),
      disk: site.disk ?? 0,
    })),
    ...modulesOf({ backup, sites })
      .filter(({ kept }) => kept)
      .map(({ name }) => entry(moduleSubject(name), { ...own, mode: "hot", drill: 0 })),
    entry(HOST_ITSELF, { ...own, every: 0, drill: 0 }),
  ];
  const byItself = isScheduled(config) && !isOnControlNode(backup.repository, ssh);
  return { byItself, entries };
}

type ScheduleConfig = Pick<HostConfig, "backup" | "sites"> & Partial<Pick<HostConfig, "ssh">>;

function entry(subject: Subject, { mode, every, drill, at, keep }: Schedule, domain = ""): ScheduleEntry {
  return { subject, domain, mode, disk: 0, every, drill, at, keep };
}
