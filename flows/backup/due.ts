import { Interrupted } from "../../base/errors";
import type { Stack } from "../../engine/stack";
import { scriptOnHost } from "../../machine/host";
import { archiveOf } from "./archive";
import { backupTool } from "./repository";
import { expiredRuns, forgetRuns } from "./retention";
import { forgetNotified, notify } from "./notify";

/** Has the host do what is due, and says nothing when all is well. */
export async function runDue(stack: Stack): Promise<void> {
  const { config } = stack;
  const tool = `${config.volumeRoot}/.varvol/bin/due`;
  const kept: string[] = [];
  let notified = false;
  const onLine = (line: string): void => {
    if (line.startsWith("kept ")) kept.push(line.slice("kept ".length));
    if (line.startsWith("told ")) notified = true;
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
    forgetNotified(stack);
  } catch (error) {
    if (!notified && !(error instanceof Interrupted)) await notify(stack, (error as Error).message);
    throw error;
  }
}
