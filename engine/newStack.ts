import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { UserError } from "../base/errors";
import { lastLines } from "../base/exec";
import { hostName } from "../machine/host";
import { stateFiles } from "./recover/fileBackend";
import { refuseDamaged } from "./recover/guard";
import { type Stack, stackOf } from "./stack";
import { hasSecrets, replaceFile, saltOf, withSalt } from "./stackFile";
import { ensureWorkspace, ownBackend } from "./workspace";

type Running = ReadonlySet<string>;

/** Makes the stack in the backend where it is missing. Refuses where its containers run: then it is in another one. */
export async function ensureStack(stack: Stack, running: Running = new Set()): Promise<void> {
  if (await isThere(stack, running)) return;
  ensureWorkspace(stack.workspace.paths);
  // In a folder of its own, because it writes the salt of the stack's secrets into a stack file there.
  const folder = mkdtempSync(join(tmpdir(), "varvol-stack-"));
  try {
    const salt = saltOf(readFileSync(await initIn(folder, stack), "utf8"));
    if (salt) replaceFile(stack.file, withSalt(readFileSync(stack.file, "utf8"), salt));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Hands a look ahead the stack with a copy of its file, because the engine may write into that, and where the backend
 * doesn't have the stack yet, one in a backend that is thrown away: looking writes nothing.
 */
export async function lookingAhead<T>(
  stack: Stack,
  running: Running,
  look: (stack: Stack) => Promise<T>,
): Promise<T> {
  const there = await isThere(stack, running);
  const folder = mkdtempSync(join(tmpdir(), "varvol-ahead-"));
  const { name, config, workspace } = stack;
  try {
    const file = join(folder, `Pulumi.${name}.yaml`);
    copyFileSync(stack.file, file);
    if (there) return await look(stackOf(name, config, file, workspace));
    mkdirSync(join(folder, "state"));
    const env: NodeJS.ProcessEnv = { ...workspace.env, PULUMI_BACKEND_URL: `file://${folder}/state` };
    if (!existsSync(env.PULUMI_CONFIG_PASSPHRASE_FILE ?? "")) {
      delete env.PULUMI_CONFIG_PASSPHRASE_FILE;
      env.PULUMI_CONFIG_PASSPHRASE ??= "";
    }
    const ahead = stackOf(name, config, file, { ...workspace, env });
    await initIn(folder, ahead);
    return await look(ahead);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Whether the backend has the stack. Throws where its state was lost, or must be in another backend. */
async function isThere(stack: Stack, running: Running): Promise<boolean> {
  // A new stack in place of one whose state was lost would make all of its containers once more.
  refuseDamaged(stack, stateFiles(stack));
  if (await exists(stack)) return true;
  if (running.size === 0) return false;
  const { env, paths } = stack.workspace;
  const own = ownBackend(paths);
  const inOwn = stateFiles(stack, own);
  const where =
    env.PULUMI_BACKEND_URL !== own && inOwn && existsSync(inOwn.state) ? own : "<the backend that it is in>";
  throw new UserError(
    `${hostName(stack.config)} runs ${running.size} containers of ${stack.name}, and there is no such stack in ${env.PULUMI_BACKEND_URL}`,
    `Use the one that made them: pulumi login ${where}, or set PULUMI_BACKEND_URL. If its state was lost there: npx varvol recover -s ${stack.name}`,
  );
}

async function exists(stack: Stack): Promise<boolean> {
  const files = stateFiles(stack);
  if (files && existsSync(files.state)) return true;
  // Asked about an empty folder, the engine would write its settings there.
  if (files && !existsSync(dirname(files.settings))) return false;
  const { code, stderr } = await stack.pulumi(["stack", "--show-name"]);
  if (code === 0) return true;
  if (/no stack named/.test(stderr)) return false;
  throw new UserError(
    `${stack.workspace.env.PULUMI_BACKEND_URL} does not say whether it has ${stack.name}: ${lastLines(stderr, 3)}`,
  );
}

/** Makes the stack by a project file in a folder; gives the stack file there. */
async function initIn(folder: string, stack: Stack): Promise<string> {
  const file = join(folder, `Pulumi.${stack.name}.yaml`);
  const text = readFileSync(stack.file, "utf8");
  copyFileSync(join(stack.workspace.paths.repo, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
  // A salt that nothing was encrypted with may be another passphrase's.
  writeFileSync(file, hasSecrets(text) ? text : withSalt(text, ""));
  const made = await stack.pulumi(["stack", "init", "--no-select"], { cwd: folder });
  if (made.code === 0) return file;
  throw new UserError(`The stack ${stack.name} can't be made: ${lastLines(made.stderr, 3)}`);
}
