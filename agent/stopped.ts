import * as fs from "node:fs";
import * as path from "node:path";
import { ownerOf, startContainer, stop } from "./containers";
import { stoppedOnPurpose } from "./off";
import { list, read, remove, settings } from "./place";

const folder = path.join(settings, "stopped");

/** Files that name the containers which a backup has stopped, a line each. */
export function stoppedFiles(): string[] {
  return list(folder).map((name) => path.join(folder, name));
}

/** Stops containers, and writes down beforehand which, so that whatever becomes of this job they are started again. */
export async function stopAll(run: string, ids: readonly string[]): Promise<string> {
  const file = path.join(folder, run);
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  fs.writeFileSync(file, "");
  for (const id of ids) {
    fs.appendFileSync(file, `${id}\n`);
    await stop(id);
  }
  return file;
}

/** Minutes for which one that does not start is tried again: by then it is broken by something else than the stop. */
const PATIENCE = 10;

/**
 * Starts them again. A killed job's own stop may still be at work: a start before its end would be undone by it. What docker
 * can't start now stays written down, for the agent to try again.
 */
export async function startAgain(file: string): Promise<void> {
  const down: string[] = [];
  for (const id of (read(file) ?? "").split("\n").filter(Boolean)) {
    await stop(id);
    if (stoppedOnPurpose().has(await ownerOf(id))) continue;
    if (!(await startContainer(id))) down.push(id);
  }
  const { mtimeMs } = fs.statSync(file);
  if (down.length === 0 || Date.now() - mtimeMs > PATIENCE * 60_000) remove(file);
}
