import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { capture } from "../../base/exec";
import { bridgeAddress } from "./docker";

/** A git server on docker's bridge, where containers reach it. */
export class GitServer {
  private constructor(
    private readonly folder: string,
    private readonly daemon: ChildProcess,
    readonly address: string,
    readonly port: number,
  ) {}

  /** Starts one, on a free port unless it must be a certain one. */
  static async start(folder: string, wanted?: number): Promise<GitServer> {
    const port = wanted ?? (await freePort());
    fs.mkdirSync(folder, { recursive: true });
    const host = await bridgeAddress();
    const daemon = spawn(
      "git",
      [
        "daemon",
        "--reuseaddr",
        "--export-all",
        `--base-path=${folder}`,
        `--listen=${host}`,
        `--port=${port}`,
      ],
      { stdio: "ignore" },
    );
    // Also where the run is interrupted: what was left would answer the next run.
    process.on("exit", () => daemon.kill());
    for (let tries = 0; !(await answers(host, port)); tries++) {
      if (tries > 50) throw new Error(`git daemon does not answer on ${host}:${port}`);
      await sleep(100);
    }
    return new GitServer(folder, daemon, `git://${host}:${port}`, port);
  }

  /** Commits files (a null removes one) to a repository, which is made where it is missing; gives the commit. */
  async commit(repository: string, files: Record<string, string | null>): Promise<string> {
    const folder = path.join(this.folder, repository);
    const git = (...args: string[]) =>
      capture(["git", "-C", folder, "-c", "user.name=Test", "-c", "user.email=test@example.org", ...args]);
    if (!fs.existsSync(folder)) {
      fs.mkdirSync(folder);
      await git("init", "-q", "-b", "main");
    }
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(folder, name);
      fs.rmSync(file, { force: true, recursive: true });
      if (content === null) continue;
      fs.mkdirSync(path.dirname(file), { recursive: true });
      if (content.startsWith("-> ")) fs.symlinkSync(content.slice(3), file);
      else fs.writeFileSync(file, content);
    }
    await git("add", "-A");
    await git("commit", "-q", "-m", "A change");
    return git("rev-parse", "HEAD");
  }

  stop(): void {
    this.daemon.kill();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, host, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
