import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { attempt, capture, type Result } from "../../base/exec";

const TOOLS = path.resolve("images/git");

/** What a puller writes down of its last try. */
export interface PullStatus {
  readonly commit: string | null;
  readonly served: string | null;
  readonly missing: string | null;
  readonly leftOut: string | null;
  readonly mends: boolean;
  readonly error: string | null;
}

/** The tools of a puller, run here instead of in a container, in a folder of their own. */
export class Puller {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-puller-"));
  private readonly config = path.join(this.folder, "gitconfig");
  private readonly srv = path.join(this.folder, "srv");

  /** As whom the tools run: each container has a name of its own. */
  host = "first";

  constructor() {
    for (const one of ["srv/repo", "srv/site", "secrets", "tmp"])
      fs.mkdirSync(path.join(this.folder, one), { recursive: true });
    fs.mkdirSync(path.join(this.folder, "bin"));
    fs.writeFileSync(path.join(this.folder, "bin/hostname"), '#!/bin/sh\necho "$NAME"\n', { mode: 0o755 });
    const text = fs.readFileSync(path.join(TOOLS, "gitconfig"), "utf8");
    fs.writeFileSync(
      this.config,
      text
        .replaceAll("/usr/lib/varvol", TOOLS)
        .replaceAll("/run/secrets", path.join(this.folder, "secrets"))
        .replaceAll(/directory = .*/g, "directory = *"),
    );
  }

  /** Runs one of the tools. */
  run(
    tool: string,
    env: Readonly<Record<string, string>>,
    args: readonly string[] = [],
    input = "",
  ): Promise<Result> {
    return this.attempt([path.join(TOOLS, tool), ...args], env, input);
  }

  /** Runs a script as if it were one of them. */
  sh(script: string, env: Readonly<Record<string, string>>): Promise<Result> {
    return this.attempt(["sh", script], env);
  }

  private attempt(
    command: readonly string[],
    env: Readonly<Record<string, string>>,
    input = "",
  ): Promise<Result> {
    return attempt(command, {
      input,
      timeout: 60_000,
      env: {
        PATH: `${path.join(this.folder, "bin")}:${process.env.PATH ?? ""}`,
        NAME: this.host,
        HOME: path.join(this.folder, "tmp"),
        TMPDIR: path.join(this.folder, "tmp"),
        GIT_CONFIG_SYSTEM: this.config,
        GIT_SRV: this.srv,
        GIT_SECRETS: path.join(this.folder, "secrets"),
        ...env,
      },
    });
  }

  /** Pulls once, and gives what is written down of it. */
  async pull(env: Readonly<Record<string, string>>): Promise<PullStatus> {
    await this.run("pull-once", env);
    return JSON.parse(fs.readFileSync(path.join(this.srv, "site/status.json"), "utf8")) as PullStatus;
  }

  /** How the container's own check ends. */
  async healthy(env: Readonly<Record<string, string>>): Promise<{ code: number; says: string }> {
    const { code, stderr } = await this.run("healthy", env);
    return { code, says: stderr.trim() };
  }

  secret(name: string, content: string): void {
    fs.writeFileSync(path.join(this.folder, "secrets", name), content);
  }

  /** A file of the tree that is served; undefined where there is none. */
  served(file: string): string | undefined {
    const at = path.join(this.srv, "site/current", file);
    return fs.existsSync(at) ? fs.readFileSync(at, "utf8") : undefined;
  }

  remove(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Runs git in a repository, as one who commits. */
export function gitIn(folder: string, ...args: string[]): Promise<string> {
  const who = [
    "-c",
    "user.name=Test",
    "-c",
    "user.email=test@example.org",
    "-c",
    "protocol.file.allow=always",
  ];
  return capture(["git", "-C", folder, ...who, ...args]);
}

/** Commits files to a repository, which is made where it is missing; gives the commit. */
export async function commitTo(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  if (!fs.existsSync(folder)) {
    fs.mkdirSync(folder, { recursive: true });
    await gitIn(folder, "init", "-q", "-b", "main");
  }
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.rmSync(file, { force: true, recursive: true });
    if (content.startsWith("-> ")) fs.symlinkSync(content.slice(3), file);
    else fs.writeFileSync(file, content);
  }
  await gitIn(folder, "add", "-A");
  await gitIn(folder, "commit", "-q", "-m", "A change");
  return gitIn(folder, "rev-parse", "HEAD");
}
