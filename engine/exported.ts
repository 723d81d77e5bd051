import { UserError } from "../base/errors";
import { lastLines } from "../base/exec";
import type { Stack } from "./stack";

/** A stack's state as the engine exports it; its secrets are encrypted unless they are asked for in plain text. */
export async function exportState(stack: Stack, secrets: "encrypted" | "in plain text"): Promise<string> {
  const show = secrets === "in plain text" ? ["--show-secrets"] : [];
  const result = await stack.pulumi(["stack", "export", ...show]);
  if (result.code === 0) return result.stdout;
  throw new UserError(`The state of ${stack.name} can't be read: ${lastLines(result.stderr, 3)}`);
}

/** Puts a state in place of the stack's own. */
export async function importState(stack: Stack, state: string): Promise<void> {
  const result = await stack.pulumi(["stack", "import"], { input: state });
  if (result.code === 0) return;
  throw new UserError(`The state of ${stack.name} can't be written: ${lastLines(result.stderr, 3)}`);
}
