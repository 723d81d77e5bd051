import * as path from "node:path";
import { remove, state, write } from "./place";
import type { LeftOut } from "./protocol";
import { say } from "./say";

/** Says what an import left out, and writes it down: a job that the engine starts is heard by nobody. */
export function tellLeftOut(left: LeftOut): void {
  const file = path.join(state, "imports", `${left.name}.${left.what}`);
  if (left.count === 0) return remove(file);
  say(left);
  write(file, `${JSON.stringify(left)}\n`);
}
