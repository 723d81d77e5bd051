import { type ChildProcess, spawn, type StdioOptions } from "node:child_process";
import type { Readable } from "node:stream";
import { Cancelled, Failure, lastLines } from "./failure";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Text, or what another program prints. */
  readonly input?: string | Readable;
  /** Variables beside the job's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called with what comes on standard output, which is not kept then. */
  readonly onData?: (data: Buffer) => void;
  /** Goes on when the job is cancelled: for what puts things right. */
  readonly always?: boolean;
}

let cancelled: Cancelled | undefined;
const live = new Set<{ child: ChildProcess; always: boolean }>();

/** Ends what runs, and has all that follows fail at once, but for what puts things right. */
export function cancel(code: number): void {
  cancelled ??= new Cancelled(code);
  for (const { child, always } of live) if (!always) child.kill("SIGTERM");
}

/** Throws once the job is cancelled. */
export function goOn(): void {
  if (cancelled) throw cancelled;
}

/** Starts a program; it ends when the job is cancelled. */
export function start(
  [file = "", ...args]: readonly string[],
  stdio: StdioOptions,
  { env, always = false }: Pick<RunOptions, "env" | "always"> = {},
): ChildProcess {
  if (!always) goOn();
  const child = spawn(file, args, { stdio, env: { ...process.env, ...env } });
  const one = { child, always };
  live.add(one);
  child.once("close", () => live.delete(one));
  child.once("error", () => live.delete(one));
  return child;
}

/** How a program ended; rejects where it can't be started, or the job was cancelled. */
export function ended(child: ChildProcess, always = false): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => (cancelled && !always ? reject(cancelled) : resolve(code ?? 137)));
  });
}

/** Runs a program to its end, whatever that is. */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { input, onData } = options;
  const child = start(command, [input === undefined ? "ignore" : "pipe", "pipe", "pipe"], options);
  const out: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout?.on("data", onData ?? ((data: Buffer) => out.push(data)));
  child.stderr?.on("data", (data: Buffer) => errors.push(data));
  // A program that ends before it has read everything says so by its code.
  child.stdin?.on("error", () => undefined);
  let unread: Error | undefined;
  if (typeof input === "string") child.stdin?.end(input);
  else if (child.stdin) {
    input?.pipe(child.stdin);
    input?.once("error", (error) => {
      unread = error;
      child.kill();
    });
  }
  const code = await ended(child, options.always);
  if (unread) throw unread;
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(errors).toString() };
}

/** Runs a program and gives what it printed; throws its last words unless it ends well. */
export async function output(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(command, options);
  if (code === 0) return stdout;
  throw new Failure(
    lastLines(stderr || stdout, 3) || `${command.slice(0, 2).join(" ")} ended with code ${code}`,
  );
}

/** Waits until both have ended, whatever becomes of either; then throws what one of them threw. */
export async function both<First, Second>(
  first: Promise<First>,
  second: Promise<Second>,
): Promise<[First, Second]> {
  const [one, other] = await Promise.allSettled([first, second]);
  if (one.status === "rejected") throw one.reason;
  if (other.status === "rejected") throw other.reason;
  return [one.value, other.value];
}

export async function sleep(milliseconds: number): Promise<void> {
  goOn();
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  goOn();
}
