import { moment } from "../../agent/moments";
import { existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../base/errors";
import { attempt, lastLines } from "../../base/exec";
import { appriseProblem, byApprise } from "../../agent/notify/apprise";
import type { Told } from "../../agent/protocol";
import { imageTag } from "../../components/imageSource";
import type { Stack } from "../../engine/stack";
import type { NotifyConfig } from "../../stacks/notify";
import { buildHere } from "../image";

/** Milliseconds between two words about the same trouble: the host tries again after that time, too. */
const PAUSE = 3_600_000;

/**
 * Tells whom the stack file names what this machine alone can know: that the host can't be reached, or that its
 * snapshots could not be removed here. Throws where that fails as well.
 */
export async function notify(stack: Stack, error: string): Promise<void> {
  const { to: all = [] } = stack.config.notify ?? {};
  const stamp = stampOf(stack);
  if (all.length === 0 || (existsSync(stamp) && Date.now() - statSync(stamp).mtimeMs < PAUSE)) return;
  const told: Told = { host: stack.name, name: "host", what: "backup", run: "", error, time: moment() };
  const tried = await Promise.allSettled(all.map((to) => tell(stack, to, told)));
  const failed = tried.flatMap((one) => (one.status === "rejected" ? [(one.reason as Error).message] : []));
  // Whoever was told is not told again because another one could not be.
  if (failed.length < all.length) writeFileSync(stamp, "");
  if (failed.length > 0)
    throw new UserError(
      `${error}\nThat could not be told either: ${failed.join("; ")}`,
      "Correct varvol:notify.",
    );
}

async function tell({ config }: Stack, to: NotifyConfig["to"][number], told: Told): Promise<void> {
  const message = JSON.stringify(told);
  if ("webhook" in to) return post(to.webhook, message);
  if ("command" in to) {
    const command = ["sh", "-c", to.command];
    const { code, stderr } = await attempt(command, { input: `${message}\n`, timeout: 60_000 });
    if (code !== 0) throw new Error(lastLines(stderr, 1) || `exit code ${code}`);
    return;
  }
  await buildHere(config.lock, "apprise", "agent", "Image that tells");
  const zone = { dateStyle: "short", timeStyle: "long" } as const;
  const image = imageTag("apprise", config.lock, "agent");
  const local = (at: string) => new Date(at).toLocaleString("sv-SE", zone);
  const { command, input } = byApprise(image, to.apprise, [told], local);
  const problem = appriseProblem(await attempt(command, { input, timeout: 120_000 }), to.apprise);
  if (problem !== "") throw new Error(problem);
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
