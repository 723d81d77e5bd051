import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, relative } from "node:path";
import { CommandError, UserError } from "../../base/errors";
import { attempt, lastLines } from "../../base/exec";
import type { Step } from "../../base/output";
import { paths, type Paths } from "../../base/paths";
import { download } from "./download";

export interface Engine {
  source: "named" | "path" | "download" | "build";
  version: string;
  /** The folder of its executables. */
  bin: string;
  /** PULUMI_HOME: where its plugins are. */
  home: string;
}

/** What an engine on PATH must at least be. */
const oldest = [3, 200, 0];
const oldestGo = [1, 25, 11];

const companions = ["pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"];

/** What decides how the engine is built; a change of any of it makes another engine. */
const sources = ["build.sh", "pulumi-resource-pulumi-nodejs", "cli", "command", "language", "plugins"];

export function toolchainHash(toolchain: string): string {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}\n`);
  const add = (path: string): void => {
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort()) add(join(path, name));
    } else {
      const text = readFileSync(path);
      hash.update(`${relative(toolchain, path)} ${text.length}\n`).update(text);
    }
  };
  for (const name of sources) add(join(toolchain, name));
  return hash.digest("hex").slice(0, 12);
}

/** The version that is downloaded or built. */
export function pinnedVersion(toolchain: string): string {
  const found = /^pulumi_version=(.+)$/m.exec(readFileSync(join(toolchain, "build.sh"), "utf8"));
  if (!found) throw new Error(`no pulumi_version in ${toolchain}/build.sh`);
  return found[1];
}

/** Whether a version (`v3.259.0`, `go1.26.8`) is at least the other. */
export function atLeast(version: string, wanted: readonly number[]): boolean {
  const parts = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(version);
  if (!parts) return false;
  const own = parts.slice(1, 4).map((part) => Number(part ?? 0));
  const differs = wanted.findIndex((part, i) => own[i] !== part);
  return differs < 0 || own[differs] > wanted[differs];
}

function executable(file: string): boolean {
  return existsSync(file) && (statSync(file).mode & 0o111) !== 0;
}

/** Asking takes a third of a second, so the answer is remembered until the file changes. */
async function versionOf(pulumi: string, at: Paths): Promise<string> {
  const { mtimeMs, size } = statSync(pulumi);
  const key = `${pulumi} ${mtimeMs} ${size}`;
  const memo = join(at.cache, "pulumi-version");
  const [known, remembered] = existsSync(memo) ? readFileSync(memo, "utf8").split("\n") : [];
  if (known === key && remembered) return remembered;
  const version = (await attempt([pulumi, "version"], { timeout: 20_000 })).stdout.trim().replace(/^v/, "");
  if (version) {
    mkdirSync(at.cache, { recursive: true });
    writeFileSync(memo, `${key}\n${version}\n`);
  }
  return version;
}

/** The one that VARVOL_ENGINE names: a folder with the executables and, as Pulumi's home has them, plugins. */
async function named(at: Paths, env: NodeJS.ProcessEnv): Promise<Engine | undefined> {
  const folder = env.VARVOL_ENGINE;
  if (!folder) return undefined;
  const [bin = folder, home = folder] = ["bin", "home"].map((part) =>
    existsSync(join(folder, part)) ? join(folder, part) : undefined,
  );
  const missing = ["pulumi", ...companions].filter((name) => !executable(join(bin, name)));
  if (missing.length > 0)
    throw new UserError(
      `VARVOL_ENGINE=${folder}: there is no ${missing.join(" and no ")}`,
      "Name a folder with Pulumi's executables; or unset it, and npm start finds or makes an engine.",
    );
  return { source: "named", version: await versionOf(join(bin, "pulumi"), at), bin, home };
}

async function onPath(at: Paths, env: NodeJS.ProcessEnv): Promise<Engine | undefined> {
  const folders = (env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder && !folder.startsWith(at.cache));
  const bin = folders.find((folder) => executable(join(folder, "pulumi")));
  if (!bin) return undefined;
  const pulumi = realpathSync(join(bin, "pulumi"));
  const places = [...folders, dirname(pulumi)];
  if (!companions.every((name) => places.some((folder) => executable(join(folder, name))))) return undefined;
  const version = await versionOf(pulumi, at);
  if (!version.startsWith("3.") || !atLeast(version, oldest)) return undefined;
  return { source: "path", version, bin, home: env.PULUMI_HOME ?? join(homedir(), ".pulumi") };
}

function cached(at: Paths): Engine | undefined {
  const folder = engineFolder(at);
  const stamp = join(folder, "engine.json");
  if (!existsSync(stamp)) return undefined;
  const { source, version } = JSON.parse(readFileSync(stamp, "utf8")) as Pick<Engine, "source" | "version">;
  return { source, version, bin: join(folder, "bin"), home: join(folder, "home") };
}

function engineFolder(at: Paths): string {
  return join(at.cache, `engine-${toolchainHash(join(at.repo, "toolchain"))}`);
}

/** The engine that is here already: the one that is named, else a fitting one on PATH, else the one in the cache. */
export async function findEngine(at = paths(), env = process.env): Promise<Engine | undefined> {
  return (await named(at, env)) ?? (await onPath(at, env)) ?? cached(at);
}

/** The engine that is here, or else is downloaded or built. */
export async function ensureEngine(step: Step, at = paths()): Promise<Engine> {
  const found = await findEngine(at);
  if (found) return found;
  const folder = engineFolder(at);
  const version = pinnedVersion(join(at.repo, "toolchain"));
  mkdirSync(at.cache, { recursive: true });

  step.part(`downloading Pulumi ${version}`);
  const reason = await download(version, folder, step);
  if (reason !== undefined) {
    step.part(`not downloaded (${reason}): building it from its Go modules instead`);
    await requireGo(at, version, reason);
    await build(at, folder, step);
  }
  const engine = cached(at);
  if (!engine) throw new Error(`${folder} is not complete`);
  return engine;
}

async function requireGo(at: Paths, version: string, reason: string): Promise<void> {
  // In a module's folder, a Go that may fetch a newer one for that module does so.
  const cwd = join(at.repo, "toolchain", "cli");
  const go = await attempt(["go", "version"], { cwd, timeout: 180_000 });
  const found = go.code === 0 ? go.stdout.trim() : undefined;
  if (found !== undefined && atLeast(found.replace(/^go version /, ""), oldestGo)) return;
  const wanted = oldestGo.join(".");
  const has = go.code === 127 ? "Go is not installed" : (found ?? lastLines(go.stderr, 1));
  throw new UserError(
    `Pulumi ${version} could neither be downloaded (${reason}) nor be built: that needs Go ${wanted} or newer (${has}).`,
    `Do one of these, then run this again:\n` +
      `- install Go ${wanted} or newer from https://go.dev/dl/ and put its bin folder on PATH\n` +
      `- install Pulumi 3.200 or newer: https://www.pulumi.com/docs/install/\n` +
      `- set VARVOL_PULUMI_URL to a mirror of https://get.pulumi.com/releases/sdk`,
  );
}

async function build(at: Paths, folder: string, step: Step): Promise<void> {
  const script = join(at.repo, "toolchain", "build.sh");
  const log = `${folder}.log`;
  let part = "";
  let packages = 0;
  const result = await attempt([script, folder], {
    log,
    onLine: (line) => {
      if (/^(building|writing|waiting)/.test(line)) {
        part = line;
        packages = 0;
        step.part(line);
      } else if (line.startsWith("go: downloading")) {
        step.detail(`${part}, ${line.slice(4)}`);
      } else {
        packages += 1;
        step.detail(`${part}, ${packages} packages compiled`);
      }
    },
  });
  if (result.code === 0) return;
  const failed = new CommandError([script], result.code, lastLines(result.stderr), result.reason);
  throw new UserError(
    `The engine could not be built.\n${failed.message}`,
    `The whole log: ${log}\nWhat is built is kept; run this again to go on.`,
  );
}
