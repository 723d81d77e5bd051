import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { type HostConfig, resolveConfig } from "../stacks/config";
import { checkConfig, ConfigError } from "../stacks/problems";
import { UserError } from "./errors";
import { attempt, lastLines, type Result, type RunOptions } from "./exec";
import type { VerbOptions } from "./options";
import { stateFiles } from "./recover/fileBackend";
import { refuseDamaged } from "./recover/guard";
import { openWorkspace, type Workspace } from "./workspace";

/** A stack that a verb works on: its checked configuration and the engine to drive it with. */
export interface Stack {
  readonly name: string;
  readonly config: HostConfig;
  /** The stack file. */
  readonly file: string;
  readonly workspace: Workspace;
  /** Runs the engine in the project's folder on this stack. */
  pulumi(args: readonly string[], options?: RunOptions): Promise<Result>;
}

/** Opens a stack for a verb: the configuration is checked before anything is touched. */
export async function openStack({ stack, configFile }: VerbOptions): Promise<Stack> {
  const workspace = await openWorkspace();
  const { repo } = workspace.paths;
  const file = configFile ?? join(repo, `Pulumi.${stack}.yaml`);
  const config = readStackFile(stack, file);
  return {
    name: stack,
    config,
    file,
    workspace,
    pulumi: (args, options) =>
      attempt(["pulumi", ...args, "-s", stack, ...(readsConfig(args) ? ["--config-file", file] : [])], {
        cwd: repo,
        env: workspace.env,
        ...options,
      }),
  };
}

// The only commands of the engine that know the flag.
function readsConfig([command = ""]: readonly string[]): boolean {
  return ["up", "preview", "destroy", "refresh"].includes(command);
}

/** A stack file's checked configuration, with its kind's defaults. */
export function readStackFile(stack: string, file: string): HostConfig {
  if (!existsSync(file)) {
    throw new UserError(
      `${file}: there is no such stack file`,
      "Copy one of Pulumi.local.yaml, Pulumi.prod.yaml and Pulumi.rpi.yaml.",
    );
  }
  const document = parseDocument(readFileSync(file, "utf8"));
  if (document.errors.length > 0) throw new UserError(`${file}: ${document.errors[0]?.message}`);
  const { config = {} } = (document.toJS() ?? {}) as { config?: Record<string, unknown> };
  const own = Object.entries(config).filter(([key]) => key.startsWith("varvol:"));
  try {
    return resolveConfig(
      stack,
      checkConfig(stack, Object.fromEntries(own.map(([key, value]) => [key.slice("varvol:".length), value]))),
    );
  } catch (error) {
    if (error instanceof ConfigError)
      throw new UserError(`${file}:\n${error.problems.map((line) => `  ${line}`).join("\n")}`);
    throw error;
  }
}

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

/** The line of a stack file that the state's secrets are encrypted with, beside the passphrase; "" for none. */
export function saltOf(stackFile: string): string {
  return /^encryptionsalt:.*$/m.exec(stackFile)?.[0] ?? "";
}

/** A stack file with that line in place of its own. */
export function withSalt(stackFile: string, salt: string): string {
  const text = stackFile.replace(/^encryptionsalt:.*(\n|$)/m, "").trimEnd();
  return `${text}\n${salt && `${salt}\n`}`;
}

/** Writes a file of the user's all at once: cut off, it is the old one or the new one. */
export function replaceFile(file: string, text: string): void {
  const target = realpathSync(file);
  const { mode } = statSync(target);
  writeFileSync(`${target}.new`, text, { mode });
  renameSync(`${target}.new`, target);
}

/** A stack's outputs; undefined where it has never been brought up. */
export async function outputs(
  stack: Stack,
  showSecrets = false,
): Promise<Record<string, unknown> | undefined> {
  const result = await stack.pulumi([
    "stack",
    "output",
    "--json",
    ...(showSecrets ? ["--show-secrets"] : []),
  ]);
  if (result.code !== 0) {
    if (/no stack named|not found/.test(result.stderr)) return undefined;
    throw new UserError(`The outputs of ${stack.name} can't be read: ${lastLines(result.stderr, 3)}`);
  }
  const values = JSON.parse(result.stdout) as Record<string, unknown>;
  return Object.keys(values).length > 0 ? values : undefined;
}
