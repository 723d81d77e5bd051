import { readFileSync } from "node:fs";

const TICKS_A_SECOND = 100;

/** What a process of this machine is; undefined where there is none of that id. */
export interface Running {
  /** Its command line, words separated by spaces. */
  readonly command: string;
  /** When it started, in milliseconds since 1970; undefined where the system doesn't say. */
  readonly started?: number;
}

export function processOf(pid: number): Running | undefined {
  // To the kernel, 0 and less are groups.
  if (!(pid > 0)) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, but another user's.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return undefined;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A zombie does nothing any more.
    if (fields[0] === "Z") return undefined;
    const boot = Number(/^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1]);
    return {
      command: readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim(),
      started: (boot + Number(fields[19]) / TICKS_A_SECOND) * 1000,
    };
  } catch {
    return { command: "" };
  }
}

/**
 * Whether the process that left a record (its id, and the time when it wrote) still runs. Ids are used again: one
 * that started after the record was written, or that is another program, did not write it.
 */
export function stillRuns(
  record: { readonly pid: number; readonly time: number; readonly program: RegExp },
  found: Running | undefined = processOf(record.pid),
): boolean {
  if (!found) return false;
  if (found.command !== "" && !record.program.test(found.command)) return false;
  // The kernel's figures are whole seconds here and there.
  return found.started === undefined || found.started <= record.time + 2000;
}
