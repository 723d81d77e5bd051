import { join } from "node:path";
import { UserError } from "../base/errors";
import { attempt, lastLines, type Result, type RunOptions } from "../base/exec";
import type { HostConfig } from "../stacks/config";
import { readStackFile } from "./stackFile";
import { openWorkspace, type Workspace } from "./workspace";

/** A stack to work on: its checked configuration and the engine to drive it with. */
export interface Stack {
  readonly name: string;
  readonly config: HostConfig;
  /** The stack file. */
  readonly file: string;
  readonly workspace: Workspace;
  /** Runs the engine in the project's folder on this stack. */
  pulumi(args: readonly string[], options?: RunOptions): Promise<Result>;
}

/** What says which stack is meant. */
export interface StackChoice {
  readonly stack: string;
  /** The stack file, where it is not Pulumi.<stack>.yaml. */
  readonly configFile?: string;
}

/** Opens a stack: the configuration is checked before anything is touched. */
export async function openStack({ stack, configFile }: StackChoice): Promise<Stack> {
  const workspace = await openWorkspace();
  const file = configFile ?? join(workspace.paths.repo, `Pulumi.${stack}.yaml`);
  return stackOf(stack, await configIn(file, stack, workspace), file, workspace);
}

/** The checked configuration in a stack file, or in a draft of one. */
export function configIn(file: string, stack: string, workspace: Workspace): Promise<HostConfig> {
  return readStackFile(stack, file, pulumiOn(stack, file, workspace));
}

/** A stack whose configuration has been read. */
export function stackOf(name: string, config: HostConfig, file: string, workspace: Workspace): Stack {
  return { name, config, file, workspace, pulumi: pulumiOn(name, file, workspace) };
}

/** Runs the engine on a stack and its file. */
export function pulumiOn(stack: string, file: string, { paths, env }: Workspace): Stack["pulumi"] {
  return (args, options) =>
    attempt(["pulumi", ...args, "-s", stack, ...(readsConfig(args) ? ["--config-file", file] : [])], {
      cwd: paths.repo,
      env,
      ...options,
    });
}

// The only commands of the engine that know the flag.
function readsConfig([command = ""]: readonly string[]): boolean {
  return ["up", "preview", "destroy", "refresh", "config"].includes(command);
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
    if (/no stack named|not found|unable to open state directory/.test(result.stderr)) return undefined;
    throw new UserError(`The outputs of ${stack.name} can't be read: ${lastLines(result.stderr, 3)}`);
  }
  const values = JSON.parse(result.stdout) as Record<string, unknown>;
  return Object.keys(values).length > 0 ? values : undefined;
}
