import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, linkSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { UserError } from "../base/errors";
import { paths, type Paths } from "../base/paths";
import { findEngine, type Engine } from "../machine/setup/engine";

/**
 * The variables that `pulumi` needs beside those of `env`, for this project and engine. A backend or passphrase that
 * the user has set already is left out, and so wins.
 */
export function pulumiEnv(
  engine: Engine,
  at: Paths = paths(),
  env: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const first = [engine.bin, at.bin];
  const others = (env.PATH ?? "").split(delimiter).filter((folder) => folder && !first.includes(folder));
  const set: Record<string, string> = {
    PATH: [...first, ...others].join(delimiter),
    PULUMI_HOME: engine.home,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
    NODE_COMPILE_CACHE: join(at.cache, "node"),
  };
  if (env.PULUMI_BACKEND_URL === undefined) set.PULUMI_BACKEND_URL = `file://${at.state}`;
  if (!ownPassphrase(env)) set.PULUMI_CONFIG_PASSPHRASE_FILE = at.passphrase;
  if (engine.source === "build") set.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION = "true";
  return set;
}

function ownPassphrase(env: NodeJS.ProcessEnv): boolean {
  return env.PULUMI_CONFIG_PASSPHRASE !== undefined || env.PULUMI_CONFIG_PASSPHRASE_FILE !== undefined;
}

/** Makes the folder for state and the passphrase where they are missing; what is there is never overwritten. */
export function ensureWorkspace(at: Paths = paths(), env: NodeJS.ProcessEnv = process.env): void {
  mkdirSync(at.state, { recursive: true, mode: 0o700 });
  chmodSync(at.folder, 0o700);
  if (ownPassphrase(env) || existsSync(at.passphrase)) return;
  const stacks = stackFiles(at);
  if (env.PULUMI_BACKEND_URL === undefined && stacks.length > 0) {
    throw new UserError(
      `${at.passphrase} is missing, and without it the secrets of ${stacks.join(", ")} can't be read`,
      "Put the file back from your backup, or set PULUMI_CONFIG_PASSPHRASE.",
    );
  }
  const temporary = `${at.passphrase}.${process.pid}`;
  writeFileSync(temporary, randomBytes(32).toString("base64url") + "\n", { mode: 0o600 });
  try {
    // Unlike rename, link never replaces: of two that run at once, one passphrase stays.
    linkSync(temporary, at.passphrase);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(temporary);
  }
}

function stackFiles(at: Paths): string[] {
  const root = join(at.state, ".pulumi", "stacks");
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json"));
}

export interface Workspace {
  paths: Paths;
  engine: Engine;
  /** The whole environment to run `pulumi` with. */
  env: NodeJS.ProcessEnv;
}

/** What every command that runs the engine begins with. Installs nothing. */
export async function openWorkspace(): Promise<Workspace> {
  const at = paths();
  const engine = await findEngine(at);
  if (!engine) throw new UserError("The engine (pulumi) is not installed yet.", "Run: npm start");
  ensureWorkspace(at);
  return { paths: at, engine, env: { ...process.env, ...pulumiEnv(engine, at) } };
}
