import { colors, json, step, table } from "../../base/output";
import { age, bytes } from "../../base/words";
import { openStack } from "../../engine/stack";
import { evidenceOf } from "../../flows/backup/evidence";
import { listRuns, backupOf } from "../../flows/backup/repository";
import { askHost } from "../../machine/scripts";
import * as texts from "../options";

export const options: texts.OptionsOf<texts.JsonOption> = { json: texts.json };

/** Prints what an auditor asks for: what is kept, how old it is, and when it was last proven to restore. */
export async function run(options: texts.JsonOption): Promise<void> {
  const { name, config } = await openStack(options);
  const { repository } = backupOf(config);
  const runs = await step("Snapshots", () => listRuns(config));
  const results = await askHost(config, "results", [config.volumeRoot]);
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
