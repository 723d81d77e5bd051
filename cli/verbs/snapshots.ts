import { colors, json, table } from "../../base/output";
import { bytes } from "../../base/words";
import { openStack } from "../../engine/stack";
import { backupOf, listRuns } from "../../flows/backup/repository";
import * as texts from "../options";

export const options: texts.OptionsOf<texts.JsonOption> = { json: texts.json };

/** Lists the snapshots of all sites, or of those named. */
export async function run(options: texts.JsonOption, names: readonly string[] = []): Promise<void> {
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
