import type { HostConfig } from "../../stacks/config";
import { scheduleOf } from "../../stacks/schedule";
import { readResults, type Result } from "./results";
import type { Run } from "./runs";

/** What there is to prove that a site, module or the host itself can be restored. */
export interface Evidence {
  readonly name: string;
  /** Seconds between backups and between drills; 0 for never, undefined for the host's own. */
  readonly every?: number;
  readonly drillEvery?: number;
  /** Whole snapshots in the repository, and the oldest and newest of them. */
  readonly snapshots: number;
  readonly oldest?: string;
  readonly newest?: string;
  /** Bytes that the newest one holds. */
  readonly size?: number;
  /** What came of the last backups and drills, the newest first. */
  readonly backups: readonly Result[];
  readonly drills: readonly Result[];
}

/** What the repository and the host know of each site, of mysql and of the host itself. */
export function evidenceOf(config: HostConfig, runs: readonly Run[], output: string): Evidence[] {
  const subjects = [...config.sites.map(({ name }) => name), "mysql", "host"];
  return subjects.flatMap((name): Evidence[] => {
    const site = config.sites.find((one) => one.name === name);
    const own = runs.filter((run) => run.complete && (run.site ?? "host") === name);
    const { backup, drill } = readResults(output, name);
    if (!site && own.length === 0 && backup.length === 0) return [];
    const schedule = site && config.backup && scheduleOf(config.backup, site);
    return [
      {
        name,
        ...(schedule && { every: schedule.every, drillEvery: schedule.drill }),
        snapshots: own.length,
        ...(own[0] && { newest: own[0].time, oldest: own.at(-1)?.time, size: own[0].size }),
        backups: [...backup].reverse(),
        drills: [...drill].reverse(),
      },
    ];
  });
}
