import { backupOf, listRuns } from "../backup/repository";
import { bytes } from "../backup/text";
import type { VerbOptions } from "../options";
import { colors, json, table } from "../output";
import { openStack } from "../stack";

/** Lists the snapshots of all sites, or of those named. */
export async function run(options: VerbOptions, names: readonly string[] = []): Promise<void> {
  const { config } = await openStack(options);
  backupOf(config);
  const runs = (await listRuns(config)).filter(
    ({ site }) => names.length === 0 || names.includes(site ?? "host"),
  );
  if (options.json) {
    return json(
      runs.map(({ site, run, time, size, added, complete }) => ({ site, run, time, size, added, complete })),
    );
  }
  if (runs.length === 0) {
    process.stdout.write("There are no snapshots yet; make some: npx varvol backup\n");
    return;
  }
  const rows = runs.map(({ site, run, time, size, added, complete }) => [
    site ?? "(host)",
    complete ? run : colors.red(`${run} (cut off)`),
    time.slice(0, 16).replace("T", " "),
    bytes(size),
    bytes(added),
  ]);
  process.stdout.write(`${table(["Site", "Snapshot", "Time (UTC)", "Size", "Added"], rows)}\n`);
}
