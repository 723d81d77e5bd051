import type { HostConfig } from "../../stacks/config";
import { archiveOf, forgetInArchive } from "../backup/archive";
import { keptRuns } from "../backup/keep";
import { backupOf, backupTool, listRuns } from "../backup/repository";
import type { Run } from "../backup/runs";
import { confirm } from "../confirm";
import type { VerbOptions } from "../options";
import { json, step, table } from "../output";
import { openStack } from "../stack";

/** Removes the snapshots that the stack file does not say to keep, and what a backup that was cut off left. */
export async function run(options: VerbOptions, names: readonly string[] = []): Promise<void> {
  const stack = await openStack(options);
  const { config } = stack;
  backupOf(config);
  const gone = toForget(config, await listRuns(config), names);
  if (gone.length === 0) {
    if (options.json) return json([]);
    process.stdout.write("Nothing to forget: every snapshot is one to keep.\n");
    return;
  }
  if (!options.json) {
    const rows = gone.map(({ site, run, complete }) => [
      site ?? "(host)",
      run,
      complete ? "older than what is kept" : "cut off",
    ]);
    process.stdout.write(`${table(["Site", "Snapshot", "Why"], rows)}\n`);
  }
  await confirm(options, `Remove these ${gone.length} snapshots for good?`);
  const input = [...gone.flatMap(({ last }) => last), "", ...gone.flatMap(({ parts }) => parts), ""].join(
    "\n",
  );
  const archive = archiveOf(config);
  await step(`Removing ${gone.length} snapshots`, async () => {
    if (archive) await forgetInArchive(stack, archive, input);
    else await backupTool(config, ["backups", "forget"], { input });
  });
  if (options.json) json(gone.map(({ site, run }) => ({ site, run })));
}

/** What is not kept. Snapshots of what is no site any more stay until their name is given. */
export function toForget(
  config: Pick<HostConfig, "sites" | "backup">,
  runs: readonly Run[],
  names: readonly string[],
): Run[] {
  const known = [undefined, "mysql", ...config.sites.map(({ name }) => name)];
  const subjects = names.length > 0 ? names.map((name) => (name === "host" ? undefined : name)) : known;
  return subjects.flatMap((subject) => {
    const own = runs.filter(({ site }) => site === subject);
    const keep = config.sites.find(({ name }) => name === subject)?.backup?.keep ?? config.backup?.keep;
    if (!keep) return [];
    const kept = keptRuns(own, keep);
    return own.filter((run) => !kept.has(run));
  });
}
