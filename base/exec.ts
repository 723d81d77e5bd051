import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream } from "node:fs";
import { lastLines as lastOf } from "../agent/failure";
import { CommandError, Interrupted } from "./errors";

export interface RunOptions {
  cwd?: string;
  /** The whole environment; this process's own unless given. */
  env?: NodeJS.ProcessEnv;
  input?: string;
  /** `capture` (the default) returns what is printed, `inherit` shows it as it comes. */
  output?: "capture" | "inherit";
  /** Milliseconds until the command is ended. */
  timeout?: number;
  /** Milliseconds without a byte of output until the command is ended. */
  idleTimeout?: number;
  /** Called with each line of either stream. */
  onLine?: (line: string) => void;
  /** How many characters of each stream are returned at most, the last ones. Defaults to all. */
  keep?: number;
  /** A file that all output is appended to. */
  log?: string;
}

export interface Result {
  /** The exit code; 127 when there is no such command, 124 after a time-out, 128 + n when a signal ended it. */
  code: number;
  stdout: string;
  stderr: string;
  /** Why the code is what it is, where the command itself can't have said so. */
  reason?: string;
}

type Signal = Interrupted["signal"];
const live = new Set<ChildProcess>();
let interrupted: { signal: Signal; at: number } | undefined;

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // It has ended in the meantime.
  }
}

/**
 * Each child leads a process group of its own and gets a signal from here, once: a terminal, `timeout` and npm all
 * send the same signal to several processes, and the engine takes a second one for "stop at once, half done".
 */
function onSignal(signal: Signal): void {
  const now = Date.now();
  if (interrupted && now - interrupted.at < 1000) return;
  interrupted = { signal, at: now };
  for (const child of live) signalGroup(child, signal === "SIGHUP" ? "SIGTERM" : signal);
}

const handlers = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((s) => [s, () => onSignal(s)] as const);
const onExit = (): void => live.forEach((child) => signalGroup(child, "SIGTERM"));

function watch(child: ChildProcess): void {
  if (live.size === 0) {
    handlers.forEach(([signal, handler]) => process.on(signal, handler));
    process.on("exit", onExit);
  }
  live.add(child);
}

function unwatch(child: ChildProcess): void {
  live.delete(child);
  if (live.size > 0) return;
  handlers.forEach(([signal, handler]) => process.off(signal, handler));
  process.off("exit", onExit);
}

/** Runs a command and resolves to how it ended, whatever that is. Throws only `Interrupted`. */
export function attempt(command: readonly string[], options: RunOptions = {}): Promise<Result> {
  const [file, ...args] = command;
  const show = options.output === "inherit" ? "inherit" : "pipe";
  if (live.size === 0) interrupted = undefined;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: [options.input === undefined ? "ignore" : "pipe", show, show],
      detached: true,
    });
    watch(child);
    const log = options.log === undefined ? undefined : createWriteStream(options.log, { flags: "a" });
    log?.on("error", () => undefined);
    const text = { stdout: "", stderr: "" };
    let reason: string | undefined;

    const end = (why: string): void => {
      reason = why;
      signalGroup(child, "SIGTERM");
      timers.push(setTimeout(() => signalGroup(child, "SIGKILL"), 5000));
    };
    const timers: NodeJS.Timeout[] = [];
    if (options.timeout) {
      timers.push(setTimeout(() => end(`not done after ${options.timeout! / 1000} s`), options.timeout));
    }
    const idle = options.idleTimeout
      ? setTimeout(() => end(`nothing happened for ${options.idleTimeout! / 1000} s`), options.idleTimeout)
      : undefined;
    if (idle) timers.push(idle);

    for (const name of ["stdout", "stderr"] as const) {
      let rest = "";
      child[name]?.setEncoding("utf8").on("data", (chunk: string) => {
        idle?.refresh();
        log?.write(chunk);
        text[name] += chunk;
        if (options.keep !== undefined) text[name] = text[name].slice(-options.keep);
        if (!options.onLine) return;
        const lines = (rest + chunk).split(/\r\n|\r|\n/);
        rest = lines.pop() ?? "";
        lines.forEach(options.onLine);
      });
      child[name]?.on("end", () => rest && options.onLine?.(rest));
    }
    child.stdin?.on("error", () => undefined).end(options.input);

    const finish = (code: number): void => {
      timers.forEach(clearTimeout);
      unwatch(child);
      log?.end();
      if (interrupted) reject(new Interrupted(interrupted.signal));
      else resolve({ code: reason && code !== 127 ? 124 : code, ...text, reason });
    };
    child.on("error", (error: NodeJS.ErrnoException) => {
      reason = error.code === "ENOENT" ? "there is no such command" : error.message;
      finish(127);
    });
    child.on("close", (code, signal) => finish(code ?? 128 + signalNumber(signal)));
  });
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[String(signal)] ?? 0;
}

/** Runs a command and throws a `CommandError` that shows its last lines unless it ends well. */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<Result> {
  const result = await attempt(command, options);
  if (result.code !== 0) throw failure(command, result);
  return result;
}

/** Runs a command and returns what it printed on standard output, without the last line end. */
export async function capture(command: readonly string[], options: RunOptions = {}): Promise<string> {
  return (await run(command, { ...options, output: "capture" })).stdout.trimEnd();
}

export function failure(command: readonly string[], result: Result): CommandError {
  return new CommandError(command, result.code, lastLines(result.stderr || result.stdout), result.reason);
}

export function lastLines(text: string, count = 12): string {
  return lastOf(text, count);
}
