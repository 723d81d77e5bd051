import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestHost } from "./testHost";

/** Random numbers from 0 to 1 that are the same for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** When a command is killed: after so many writes of the state (none: from its start), and then so many milliseconds. */
export interface KillPoint {
  readonly writes: number;
  readonly delay: number;
  /** Whether the tools that the engine started on the host are killed too; over ssh they would not be. */
  readonly tools: boolean;
}

export interface Run {
  /** Undefined where it was killed. */
  readonly code?: number;
  readonly output: string;
  readonly writes: number;
  readonly milliseconds: number;
}

/** Runs the command line and, with a point, kills it there: it, the engine and all plugins, at once and for good. */
export async function runAndKill(host: TestHost, args: readonly string[], point?: KillPoint): Promise<Run> {
  const folder = path.join(host.folder, "state/.pulumi/stacks/varvol");
  fs.mkdirSync(folder, { recursive: true });
  const started = Date.now();
  let writes = 0;
  let output = "";
  let reached: () => void = () => undefined;
  const atPoint = new Promise<void>((resolve) => (reached = resolve));
  const watcher = fs.watch(folder, (_, name) => {
    // Each write is renamed into place, which is one event of that name.
    if (name === `${host.stack}.json` && ++writes === point?.writes) reached();
  });
  const command = spawn(process.execPath, ["cli/varvol.cjs", ...args, "--config-file", host.configFile], {
    env: host.env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  for (const stream of [command.stdout, command.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  const ended = new Promise<number | undefined>((resolve) =>
    command.on("exit", (code) => resolve(code ?? undefined)),
  );
  if (point?.writes === 0) reached();

  if (point && (await Promise.race([atPoint, ended.then(() => "ended")])) !== "ended") {
    await Promise.race([sleep(point.delay), ended]);
    killAll(host, point.tools);
  }
  const code = await ended;
  watcher.close();
  return { code, output, writes, milliseconds: Date.now() - started };
}

/** Processes that a command line of this host started, whoever their parent is by now. */
export function processesOf(host: TestHost): { pid: number; command: string }[] {
  const mark = `PULUMI_BACKEND_URL=file://${host.folder}/state\0`;
  return fs.readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      if (!fs.readFileSync(`/proc/${name}/environ`, "utf8").includes(mark)) return [];
      return [
        {
          pid: Number(name),
          command: fs.readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " "),
        },
      ];
    } catch {
      return [];
    }
  });
}

function killAll(host: TestHost, tools: boolean): void {
  // Until none is left: one may start another in the meantime.
  for (let round = 0; round < 20; round++) {
    const left = processesOf(host).filter(({ pid }) => tools || !isTool(pid));
    if (left.length === 0) return;
    for (const { pid } of left) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended.
      }
    }
  }
}

/** Whether a process is a tool of host/ or was started by one. */
function isTool(pid: number): boolean {
  for (let id = pid; id > 1;) {
    try {
      if (/\/\.varvol\/bin\//.test(fs.readFileSync(`/proc/${id}/cmdline`, "utf8"))) return true;
      const stat = fs.readFileSync(`/proc/${id}/stat`, "utf8");
      id = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    } catch {
      return false;
    }
  }
  return false;
}
