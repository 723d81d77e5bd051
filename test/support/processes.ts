import * as fs from "node:fs";

/** Ids of the processes with such a command line. */
export function processes(pattern: RegExp): number[] {
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        const line = fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        return pattern.test(line);
      } catch {
        // It has ended in the meantime.
        return false;
      }
    })
    .map(Number);
}
