import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../base/errors";
import type { Stack } from "../stack";
import { stillRuns } from "./process";

/** A file that is there while the engine changes a stack, and stays when that ended badly. */
interface Mark {
  readonly pid: number;
  readonly time: number;
  /** Stacks of the same name in two backends are two. */
  readonly backend: string;
}

function markFile(stack: Stack): string {
  return join(stack.workspace.paths.folder, "running", `${stack.name}.json`);
}

/** Whether an earlier run was cut off. Throws where one still runs. */
export function wasCutOff(stack: Stack): boolean {
  const mark = read(stack);
  if (!mark || mark.backend !== stack.workspace.env.PULUMI_BACKEND_URL) return false;
  if (mark.pid !== process.pid && stillRuns({ ...mark, program: /varvol/ })) {
    throw new UserError(
      `${stack.name} is being changed by another command: process ${mark.pid} on this machine.`,
      `Wait for it, or end it: kill -INT ${mark.pid}`,
    );
  }
  return true;
}

export function setMark(stack: Stack): void {
  const file = markFile(stack);
  const mark: Mark = {
    pid: process.pid,
    time: Date.now(),
    backend: stack.workspace.env.PULUMI_BACKEND_URL ?? "",
  };
  mkdirSync(join(file, ".."), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, JSON.stringify(mark));
  renameSync(`${file}.new`, file);
}

export function clearMark(stack: Stack): void {
  rmSync(markFile(stack), { force: true });
}

function read(stack: Stack): Mark | undefined {
  const file = markFile(stack);
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Mark;
  } catch {
    return { pid: 0, time: 0, backend: stack.workspace.env.PULUMI_BACKEND_URL ?? "" };
  }
}
