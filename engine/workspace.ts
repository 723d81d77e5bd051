import { randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { parse } from "yaml";
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
  const login = findLogin(engine, env);
  const set: Record<string, string> = {
    PATH: [...first, ...others].join(delimiter),
    PULUMI_HOME: engine.home,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
    NODE_COMPILE_CACHE: join(at.cache, "node"),
  };
  if (!env.PULUMI_BACKEND_URL) {
    set.PULUMI_BACKEND_URL = projectBackend(at) ?? login?.url ?? ownBackend(at);
  }
  if (login && login.folder !== engine.home) set.PULUMI_CREDENTIALS_PATH = login.folder;
  if (!ownPassphrase(env)) set.PULUMI_CONFIG_PASSPHRASE_FILE = at.passphrase;
  if (engine.source === "build") set.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION = "true";
  return set;
}

/** The backend in the project's own folder, for whoever has logged in to none. */
export function ownBackend(at: Paths): string {
  return `file://${at.state}`;
}

/** The backend that Pulumi.yaml names. */
function projectBackend({ repo }: Paths): string | undefined {
  const { backend } = parse(readFileSync(join(repo, "Pulumi.yaml"), "utf8")) as {
    backend?: { url?: string };
  };
  return backend?.url || undefined;
}

/** What `pulumi login` has left: the backend, and the folder with its credentials. An engine of Varvol's has another home. */
function findLogin(
  engine: Pick<Engine, "home">,
  env: NodeJS.ProcessEnv,
): { url: string; folder: string } | undefined {
  const usual = env.PULUMI_HOME || join(env.HOME || homedir(), ".pulumi");
  const folders = env.PULUMI_CREDENTIALS_PATH ? [env.PULUMI_CREDENTIALS_PATH] : [usual, engine.home];
  for (const folder of folders) {
    const file = join(folder, "credentials.json");
    if (!existsSync(file)) continue;
    const { current } = JSON.parse(readFileSync(file, "utf8")) as { current?: string };
    if (current) return { url: current, folder };
  }
  return undefined;
}

function ownPassphrase(env: NodeJS.ProcessEnv): boolean {
  return env.PULUMI_CONFIG_PASSPHRASE !== undefined || env.PULUMI_CONFIG_PASSPHRASE_FILE !== undefined;
}

/** Stacks in the project's own folder whose passphrase has gone. */
export function unreadable(at: Paths = paths(), env: NodeJS.ProcessEnv = process.env): string[] {
  return ownPassphrase(env) || existsSync(at.passphrase) ? [] : stackFiles(at);
}

/** Makes the folder for state and the passphrase where they are missing; what is there is never overwritten. */
export function ensureWorkspace(at: Paths = paths(), env: NodeJS.ProcessEnv = process.env): void {
  mkdirSync(at.state, { recursive: true, mode: 0o700 });
  chmodSync(at.folder, 0o700);
  if (ownPassphrase(env) || existsSync(at.passphrase)) return;
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

/** What every command that runs the engine begins with. Installs nothing and writes nothing. */
export async function openWorkspace(): Promise<Workspace> {
  const at = paths();
  const engine = await findEngine(at);
  if (!engine) throw new UserError("The engine (pulumi) is not installed yet.", "Run: npm start");
  const env = { ...process.env, ...pulumiEnv(engine, at) };
  const lost = env.PULUMI_BACKEND_URL === ownBackend(at) ? unreadable(at) : [];
  if (lost.length > 0) {
    throw new UserError(
      `${at.passphrase} is missing, and without it the secrets of ${lost.join(", ")} can't be read`,
      "Put the file back from your backup, or set PULUMI_CONFIG_PASSPHRASE.",
    );
  }
  return { paths: at, engine, env };
}
