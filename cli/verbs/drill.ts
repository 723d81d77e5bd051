import { type Drilled, drillSite } from "../backup/drill";
import { backupOf, listRuns } from "../backup/repository";
import { age } from "../backup/results";
import { Exit, UserError } from "../errors";
import type { VerbOptions } from "../options";
import { colors, duration, json, table } from "../output";
import { openStack } from "../stack";

/** Proves of each site, or of those named, that a snapshot restores: in scratch containers, which are removed again. */
export async function run(options: VerbOptions, names: readonly string[] = []): Promise<void> {
  const { config } = await openStack(options);
  backupOf(config);
  const { sites } = config;
  const unknown = names.find((name) => !sites.some((site) => site.name === name));
  if (unknown !== undefined)
    throw new UserError(
      `${unknown} is no site of ${config.stack}.`,
      `There are: ${sites.map(({ name }) => name).join(", ")}`,
    );
  const chosen = sites.filter(({ name }) => names.length === 0 || names.includes(name));
  if (chosen.length === 0) throw new UserError(`${config.stack} has no sites to drill.`);
  if (options.snapshot && chosen.length > 1)
    throw new UserError("--snapshot is of one site.", "Name that site: varvol drill <name> --snapshot …");
  const runs = await listRuns(config);
  const drilled: Drilled[] = [];
  for (const site of chosen) drilled.push(await drillSite(config, site, runs, options.snapshot));
  if (options.json) json(drilled);
  else process.stdout.write(`${table(HEAD, drilled.map(row))}\n`);
  if (drilled.some(({ ok }) => !ok)) throw new Exit(1);
}

const HEAD = ["Site", "Snapshot", "Age", "Restores", "Answer", "Tables", "Rows", "Files", "Took"];

function row(one: Drilled): string[] {
  const count = (value: number | undefined) => (value === undefined ? "-" : String(value));
  return [
    one.site,
    one.snapshot ?? "none",
    one.age === undefined ? "-" : age(one.age),
    one.ok ? colors.green("yes") : colors.red("NO"),
    count(one.answer),
    count(one.tables),
    count(one.rows),
    count(one.files),
    one.seconds === undefined ? "-" : duration(one.seconds * 1000),
  ];
}
