import { UserError } from "../../base/errors";
import { colors, json, table } from "../../base/output";
import { plain } from "../../agent/failure";
import { bytes } from "../../base/words";
import { openStack } from "../../engine/stack";
import { volumePath, shownPath } from "../../flows/backup/paths";
import { backupOf, entriesIn, listRuns } from "../../flows/backup/repository";
import { restoredSite } from "../../flows/backup/restore";
import { chooseRun } from "../../flows/backup/runs";
import type { HostConfig } from "../../stacks/config";
import { subjectOf } from "../../stacks/kinds";
import * as texts from "../options";

interface Options extends texts.JsonOption {
  readonly list?: string | boolean;
  readonly snapshot?: string;
}

export const options: texts.OptionsOf<Options> = {
  list: ["--list [path]", "what the snapshot of one site has in a folder, e.g. wp-content/uploads"],
  snapshot: texts.snapshot,
  json: texts.json,
};

/** Lists the snapshots of all sites, or of those named; or what is in one of a site's. */
export async function run(options: Options, names: readonly string[] = []): Promise<void> {
  const { config } = await openStack(options);
  backupOf(config);
  if (options.list !== undefined) return list(config, options, names);
  if (options.snapshot) throw new UserError("--snapshot says which one to --list.", "Add --list.");
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

async function list(config: HostConfig, options: Options, names: readonly string[]): Promise<void> {
  const [name, ...others] = names;
  if (name === undefined || others.length > 0)
    throw new UserError("--list is of one site.", "Name that: npx varvol snapshots blog --list");
  const site = restoredSite(config, name);
  const { run } = chooseRun(await listRuns(config), name, options.snapshot);
  const path = volumePath(subjectOf(site), typeof options.list === "string" ? options.list : "");
  const entries = (await entriesIn(config, name, run, path)).map((entry) => ({
    ...entry,
    path: shownPath(site, entry.path),
  }));
  if (options.json) return json({ site: name, snapshot: run, entries });
  const rows = entries.map(({ path: at, type, size, time }) => [
    plain(type === "dir" ? `${at}/` : at),
    type === "file" ? bytes(size) : "-",
    time.slice(0, 16).replace("T", " "),
  ]);
  process.stdout.write(`${table(["Path", "Size", "Changed (UTC)"], rows)}\n`);
}
