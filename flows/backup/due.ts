import { Interrupted } from "../../base/errors";
import type { Stack } from "../../engine/stack";
import { scriptOnHost } from "../../machine/host";
import { archiveOf } from "./archive";
import { backupTool } from "./repository";
import { expiredRuns, forgetRuns } from "./retention";
import { forgetTold, tellHook } from "./told";

/** Has the host do what is due, and says nothing when all is well. */
export async function runDue(stack: Stack): Promise<void> {
  const { config } = stack;
  const tool = `${config.volumeRoot}/.varvol/bin/due`;
  const kept: string[] = [];
  let told = false;
  const onLine = (line: string): void => {
    if (line.startsWith("kept ")) kept.push(line.slice("kept ".length));
    if (line.startsWith("told ")) told = true;
  };
  const happen = async (): Promise<void> => {
    // No need to give the archive out for nothing.
    if (archiveOf(config) && (await scriptOnHost(config, `exec "$1" ask`, [tool])) === "") return;
    try {
      await backupTool(config, ["due"], { onLine });
    } finally {
      if (archiveOf(config) && kept.length > 0) await forgetRuns(stack, await expiredRuns(stack, kept));
    }
  };
  try {
    await happen();
    forgetTold(stack);
  } catch (error) {
    if (!told && !(error instanceof Interrupted)) await tellHook(stack, (error as Error).message);
    throw error;
  }
}
