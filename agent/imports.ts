import * as path from "node:path";
import { read, remove, state, write } from "./place";
import type { LeftOut } from "./protocol";
import { say } from "./say";

/**
 * Writes down that a site's data is an import's that nobody has seen whole yet: it may be begun anew. Whoever finds it well
 * takes that away (machine/scripts/proven.sh).
 */
export function beginImport(name: string): void {
  write(unproven(name), "");
}

/** Whether a site was filled by an import that nobody has seen whole. */
export function isUnproven(name: string): boolean {
  return read(unproven(name)) !== undefined;
}

function unproven(name: string): string {
  return path.join(state, "imports", `${name}.unproven`);
}

/** Says what an import left out, and writes it down: a job that the engine starts is heard by nobody. */
export function tellLeftOut(left: LeftOut): void {
  const file = path.join(state, "imports", `${left.name}.${left.what}`);
  if (left.count === 0) return remove(file);
  say(left);
  write(file, `${JSON.stringify(left)}\n`);
}
