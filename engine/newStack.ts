import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../base/errors";
import { lastLines } from "../base/exec";
import { stateFiles } from "./recover/fileBackend";
import { refuseDamaged } from "./recover/guard";
import type { Stack } from "./stack";
import { replaceFile, saltOf, withSalt } from "./stackFile";

/** Makes the stack in the backend where it is missing. */
export async function ensureStack(stack: Stack): Promise<void> {
  const { PULUMI_BACKEND_URL: backend = "" } = stack.workspace.env;
  const file = backend.startsWith("file://")
    ? join(backend.slice("file://".length), ".pulumi", "stacks", "varvol", `${stack.name}.json`)
    : undefined;
  // A new stack in place of one whose state was lost would make all of its containers once more.
  refuseDamaged(stack, stateFiles(stack));
  if (file && existsSync(file)) return;
  const found = await stack.pulumi(["stack", "--show-name"]);
  if (found.code === 0) return;
  // In a folder of its own, because it writes the salt of the stack's secrets into a stack file there.
  const folder = mkdtempSync(join(tmpdir(), "varvol-stack-"));
  try {
    copyFileSync(join(stack.workspace.paths.repo, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
    const made = await stack.pulumi(["stack", "init", "--no-select"], { cwd: folder });
    if (made.code !== 0)
      throw new UserError(`The stack ${stack.name} can't be made: ${lastLines(made.stderr, 3)}`);
    const salt = saltOf(readFileSync(join(folder, `Pulumi.${stack.name}.yaml`), "utf8"));
    if (salt) replaceFile(stack.file, withSalt(readFileSync(stack.file, "utf8"), salt));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
