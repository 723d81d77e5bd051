import type { Message } from "../../agent/protocol";
import { Interrupted } from "../../base/errors";
import type { Stack } from "../../engine/stack";
import { archiveOf } from "./archive";
import { askAgent, somethingIsDue } from "./repository";
import { expiredRuns, forgetRuns } from "./retention";
import { forgetNotified, notify } from "./notify";

/** Has the host do what is due, and says nothing when all is well. */
export async function runDue(stack: Stack): Promise<void> {
  const { config } = stack;
  const kept: string[] = [];
  let notified = false;
  const onMessage = (message: Message): void => {
    if (message.type === "kept") kept.push(message.name);
    if (message.type === "told") notified = true;
  };
  const happen = async (): Promise<void> => {
    // No need to give the archive out for nothing.
    if (archiveOf(config) && !(await somethingIsDue(config))) return;
    try {
      await askAgent(config, { job: "due" }, { onMessage });
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
