import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { UserError } from "../../base/errors";
import { cutOffWrites, type StateFiles } from "./fileBackend";
import { processOf, type Running, stillRuns } from "./process";

/** Who holds a stack, as the engine writes it down. */
export interface Lock {
  readonly pid: number;
  readonly username: string;
  readonly hostname: string;
  readonly timestamp: string;
}

/**
 * Whether a lock is left over from a process of this machine that is no more. Another machine's lock never is: nothing
 * here can tell whether that process lives.
 */
export function isLeftOver(
  lock: Lock,
  here: string = hostname(),
  find: (pid: number) => Running | undefined = processOf,
): boolean {
  if (lock.hostname !== here) return false;
  const found = find(lock.pid);
  return !found || !stillRuns({ pid: lock.pid, time: Date.parse(lock.timestamp), program: /pulumi/ }, found);
}

/** Removes the locks that dead processes left, and gives their number. Throws where a live one holds the stack. */
export function breakLocks(stack: string, files: StateFiles): number {
  const locks = locksIn(files);
  const live = locks.find(({ lock }) => lock && !isLeftOver(lock))?.lock;
  if (live) throw locked(stack, live);
  const stale = [...locks.map(({ file }) => file), ...cutOffWrites(files)];
  for (const file of stale) {
    rmSync(file, { force: true });
    rmSync(`${file}.attrs`, { force: true });
  }
  return stale.length;
}

function locked(stack: string, { pid, username, hostname: host, timestamp }: Lock): UserError {
  return new UserError(
    `${stack} is being changed by another command: process ${pid} of ${username} on ${host}, since ${timestamp}.`,
    host === hostname()
      ? `Wait for it, or end it: kill -INT ${pid}`
      : `Wait for it. If that machine is gone for good: pulumi cancel -s ${stack}`,
  );
}

/** The stack's locks; one that can't be read holds nothing, because the engine moves them into place whole. */
function locksIn({ locks }: StateFiles): { file: string; lock?: Lock }[] {
  if (!existsSync(locks)) return [];
  return readdirSync(locks)
    .filter((name) => name.endsWith(".json"))
    .map((name) => {
      const file = join(locks, name);
      try {
        return { file, lock: JSON.parse(readFileSync(file, "utf8")) as Lock };
      } catch {
        return { file };
      }
    });
}
