import { existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../base/errors";
import { attempt, lastLines } from "../../base/exec";
import type { Stack } from "../../engine/stack";
import { backupOf } from "./repository";

/** Milliseconds between two words about the same trouble: the host tries again after that time, too. */
const PAUSE = 3_600_000;

/**
 * Tells whom the stack file names what this machine alone can know: that the host can't be reached, or that its
 * snapshots could not be removed here. Throws where that fails as well.
 */
export async function notify(stack: Stack, error: string): Promise<void> {
  const { hook } = backupOf(stack.config);
  const stamp = stampOf(stack);
  if (!hook || (existsSync(stamp) && Date.now() - statSync(stamp).mtimeMs < PAUSE)) return;
  const message = JSON.stringify({ host: stack.name, name: "host", what: "backup", run: "", error });
  if ("command" in hook) {
    const { code, stderr } = await attempt(["sh", "-c", hook.command], {
      input: `${message}\n`,
      timeout: 60_000,
    });
    if (code !== 0) throw failure(error, lastLines(stderr, 1) || `exit code ${code}`);
  } else {
    await post(hook.webhook, message).catch((reason: unknown) => {
      throw failure(error, reason instanceof Error ? reason.message : "no answer");
    });
  }
  writeFileSync(stamp, "");
}

/** The trouble is over: the next one is told at once. */
export function forgetNotified(stack: Stack): void {
  rmSync(stampOf(stack), { force: true });
}

function stampOf({ name, workspace }: Stack): string {
  return join(workspace.paths.folder, `notified-${name}`);
}

async function post(address: string, body: string): Promise<void> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(address, { method: "POST", headers, body, signal: AbortSignal.timeout(20_000) });
  if (!answer.ok) throw new Error(`it answered ${answer.status}`);
}

function failure(error: string, reason: string): UserError {
  return new UserError(`${error}\nThe hook failed, too: ${reason}`, "Correct varvol:backup.hook.");
}
