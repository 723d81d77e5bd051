import { colors, json, table } from "../../base/output";
import { bytes } from "../../base/words";
import { openStack } from "../../engine/stack";
import { diskUse, type Room } from "../../flows/daily/disk";
import * as texts from "../options";

export const options: texts.OptionsOf<texts.JsonOption> = { json: texts.json };

/** Prints what takes the disk, by site; of a site that is named, by folder. */
export async function run(options: texts.JsonOption, names: readonly string[] = []): Promise<void> {
  const { config } = await openStack(options);
  const { rooms, size, free } = await diskUse(config, names);
  if (options.json) return json({ size, free, rooms });
  const some = (count: number | undefined) => (count ? bytes(count) : "");
  const head = ["", "Files", "Database", "Logs", ...(config.backup ? ["Snapshots"] : []), "Limit"];
  const row = ({ name, what, files, database, logs, backups, limit }: Room) => [
    what === "none" ? `${name} ${colors.yellow("(no site any more)")}` : name,
    some(files),
    some(database),
    some(logs),
    ...(config.backup ? [some(backups)] : []),
    limit === undefined ? "" : `${bytes(files + database)} of ${bytes(limit)}`,
  ];
  const inner = ({ folders }: Room) =>
    Object.entries(folders)
      .sort(([, one], [, other]) => other - one)
      .map(([folder, count]) => head.map((_, i) => [`  ${folder}`, bytes(count)][i] ?? ""));
  const rows = rooms.flatMap((room) => [row(room), ...(names.length > 0 ? inner(room) : [])]);
  process.stdout.write(`${table(head, rows)}\n\n${bytes(free)} of ${bytes(size)} are free.\n`);
}
