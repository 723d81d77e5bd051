import { listRuns, backupOf } from "../backup/repository";
import { age, readResults, type Result, RESULTS_SCRIPT } from "../backup/results";
import type { Run } from "../backup/runs";
import { bytes } from "../backup/text";
import { scriptOnHost } from "../host";
import type { VerbOptions } from "../options";
import { colors, json, step, table } from "../output";
import { type HostConfig } from "../../stacks/config";
import { scheduleOf } from "../../stacks/schedule";
import { openStack } from "../stack";

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

/** Prints what an auditor asks for: what is kept, how old it is, and when it was last proven to restore. */
export async function run(options: VerbOptions): Promise<void> {
  const { name, config } = await openStack(options);
  const { repository } = backupOf(config);
  const runs = await step("Snapshots", () => listRuns(config));
  const results = await scriptOnHost(config, `root=$1\n${RESULTS_SCRIPT}`, [config.volumeRoot]);
  const evidence = evidenceOf(config, runs, results);
  const time = new Date();
  if (options.json) return json({ stack: name, time: time.toISOString(), repository, sites: evidence });
  const ago = (at: string | undefined) =>
    at ? `${age((time.getTime() - Date.parse(at)) / 1000)} ago` : "none";
  const rows = evidence.map(({ name: site, snapshots, newest, oldest, size, drills: [drill] }) => [
    site,
    String(snapshots),
    newest ? ago(newest) : colors.red("none"),
    ago(oldest),
    size === undefined ? "" : bytes(size),
    !drill ? "never" : `${drill.ok ? "" : colors.red("failed ")}${ago(drill.time)}: ${drill.text}`,
  ]);
  const head = ["Name", "Snapshots", "Newest", "Oldest", "Size", "Last drill"];
  process.stdout.write(`${table(head, rows)}\n\nRepository: ${repository}\n`);
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
