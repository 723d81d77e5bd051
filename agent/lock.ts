import type { ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { Failure } from "./failure";
import { read, state } from "./place";
import { start } from "./process";

export interface Lock {
  release(): Promise<void>;
}

/** Seconds that a job waits for another one that works with the same thing. */
const PATIENCE = 900;

/** Waits until nobody else works on it: neither a job nor a tool of host/, which lock the same files by flock(2). */
export async function lock(name: string, who: string): Promise<Lock> {
  const held = await tryLock(name, who, PATIENCE);
  if (held) return held;
  const holder = read(fileOf(name))?.trim().replace(/^\S+ /, "");
  throw new Failure(
    `${holder ? `${holder} has` : "another job has"} been working on ${name} for ${PATIENCE / 60} minutes; wait for that`,
  );
}

/** The lock, if it can be had within so many seconds. */
export async function tryLock(name: string, who: string, seconds = 0): Promise<Lock | undefined> {
  const file = fileOf(name);
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const wait = seconds > 0 ? ["-w", String(seconds)] : ["-n"];
  // It is held for as long as the pipe to its holder is open: to the end of this process, whatever that is.
  const child = start(
    ["flock", ...wait, "-E", "75", file, "sh", "-c", "echo held; exec cat"],
    ["pipe", "pipe", "ignore"],
    { always: true },
  );
  if (!(await answered(child))) return undefined;
  // A dash in place of a process: it is one of a container's.
  fs.writeFileSync(file, `- ${who}\n`);
  return {
    release: () =>
      new Promise((resolve) => {
        child.once("close", () => resolve());
        child.stdin?.end();
      }),
  };
}

function answered(child: ChildProcess): Promise<boolean> {
  return new Promise((resolve, reject) => {
    child.stdout?.once("data", () => resolve(true));
    child.once("error", reject);
    child.once("close", () => resolve(false));
  });
}

function fileOf(name: string): string {
  return path.join(state, "locks", name);
}
