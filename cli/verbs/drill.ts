import { Exit, UserError } from "../../base/errors";
import { refuseUnknown } from "../../base/nearest";
import { colors, json, table } from "../../base/output";
import { age, duration } from "../../base/words";
import { openStack } from "../../engine/stack";
import { type Drilled, drillSite } from "../../flows/backup/drill";
import { backupOf, listRuns } from "../../flows/backup/repository";
import * as texts from "../options";

interface Options extends texts.JsonOption {
  readonly snapshot?: string;
}

export const options: texts.OptionsOf<Options> = { snapshot: texts.snapshot, json: texts.json };

/** Proves of each site, or of those named, that a snapshot restores: in scratch containers, which are removed again. */
export async function run(options: Options, names: readonly string[] = []): Promise<void> {
  const { config } = await openStack(options);
  backupOf(config);
  const { sites } = config;
  refuseUnknown(
    names,
    sites.map(({ name }) => name),
    `site of ${config.stack}`,
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
