import * as path from "node:path";
import { backup } from "./backup";
import { containersOf } from "./containers";
import { drill } from "./drill";
import { Failure } from "./failure";
import { isRestoring, read, readPlace, settings, write } from "./place";
import type { RequestOf } from "./protocol";
import { restore } from "./restore";
import { newestRun, results } from "./results";
import { nameRun } from "./runName";
import { say } from "./say";

/** What the program's resources Backup, Restore and Drill have the host do. */
export async function event(request: RequestOf<"event">): Promise<void> {
  const { run, text } = await happen(request);
  say({ type: "result", run, text });
}

async function happen(request: RequestOf<"event">): Promise<{ run: string; text: string }> {
  switch (request.what) {
    case "backup": {
      const { subject, mode } = request;
      // Nothing is kept of a site that is not there yet.
      if ((await containersOf(readPlace(), subject.name)).length === 0)
        return { run: "", text: `${subject.name} is not there yet` };
      const run = nameRun();
      await backup({ job: "backup", mode, run, subjects: [subject] });
      return { run, text: mode };
    }
    case "restore":
      return { run: request.run, text: await restoreOnce(request) };
    case "drill": {
      const { site } = request;
      const run = request.run === "latest" ? newestRun(site.name) : request.run;
      if (run === undefined) throw new Failure(`drill: ${site.name}: there is no snapshot of it yet`);
      await drill({ site, run });
      return { run, text: results(site.name, "drill").at(-1)?.text ?? "" };
    }
  }
}

/** Once, whatever becomes of the stack's state: what was written since is not to be lost to an old wish. */
async function restoreOnce({
  site,
  run,
  confirm,
}: RequestOf<"event"> & { what: "restore" }): Promise<string> {
  const { name } = site;
  if (confirm !== `replace-${name}-by-${run}`)
    throw new Failure(
      `restore: ${name}: the confirmation is not replace-${name}-by-${run}. Nothing was changed.`,
    );
  const file = path.join(settings, "restored", name);
  if (read(file)?.trim() === run) return `${name} was put back to it before`;
  // What it was put back to once is in its backups since.
  const restoring = isRestoring();
  if (!restoring) await restore({ job: "restore", site, run, source: name });
  write(file, `${run}\n`);
  return restoring ? `${name} comes back from the host's backups` : `${name} is back at ${run}`;
}
