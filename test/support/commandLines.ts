import * as fs from "node:fs";

/** Looks again and again at the command lines of all processes, which everybody on the machine can read. */
export class CommandLines {
  private readonly seen = new Set<string>();
  private timer?: NodeJS.Timeout;

  watch(): void {
    this.timer = setInterval(() => this.look(), 25);
  }

  /** All that were seen. */
  stop(): string {
    clearInterval(this.timer);
    return [...this.seen].join("\n");
  }

  private look(): void {
    for (const pid of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        this.seen.add(fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " "));
      } catch {
        // It has ended in the meantime.
      }
    }
  }
}
