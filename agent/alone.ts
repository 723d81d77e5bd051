import * as path from "node:path";
import { lock, type Lock } from "./lock";
import { list, type Place, settings } from "./place";
import { removeLeft } from "./restic";
import { startAgain, stoppedFiles } from "./stopped";
import { Switch } from "./switch";

/** One job at a time writes to the repository or to sites; what a killed one left is put right first. */
export async function aloneWithRepository(place: Place, who: string): Promise<Lock> {
  const held = await lock("backup", who);
  await putRight(place);
  return held;
}

/** Whether a killed job left something to put right. */
export function hasLeft(): boolean {
  return stoppedFiles().length > 0 || switchedSites().length > 0;
}

/** Starts what a killed backup stopped, and brings back the data that a killed restore had begun to switch. */
export async function putRight(place: Place): Promise<void> {
  await removeLeft(place);
  for (const file of stoppedFiles()) await startAgain(file);
  for (const site of switchedSites()) await new Switch(place, site).putBack();
}

function switchedSites(): string[] {
  return list(path.join(settings, "switched"));
}
