import type { ChildProcess } from "node:child_process";
import { Readable, type Writable } from "node:stream";
import { Failure, lastLines, plain } from "./failure";
import { ended } from "./process";

const LAST_WORDS = 10_000;

/** A dump that has been started, and connects once it is told to. */
export class WaitingDump {
  readonly out: Readable;
  /** Once its transaction has begun, or it has ended. */
  readonly begun: Promise<void>;
  /** Rejects with its last words where it did not end well. */
  readonly ended: Promise<void>;

  constructor(private readonly child: ChildProcess) {
    this.out = child.stdout ?? Readable.from([]);
    let said = "";
    let hasBegun = false;
    this.ended = ended(child).then((code) => {
      if (code !== 0) throw new Failure(reasonIn(said) || `mariadb-dump ended with code ${code}`);
    });
    this.begun = new Promise((resolve) => {
      child.stderr?.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        hasBegun ||= said.includes("-- Setting savepoint");
        if (hasBegun) resolve();
        said = said.slice(-LAST_WORDS);
      });
      this.ended.then(resolve, () => resolve());
    });
    // A client that has ended says so by its code.
    child.stdin?.on("error", () => undefined);
  }

  /** Gives what it writes to somebody. It ends when nobody takes that any more: it would wait for ever. */
  pipeTo(into: Writable): void {
    const stop = (): void => this.stop();
    // It may have gone before there was anything to take.
    if (into.destroyed) return stop();
    into.once("close", stop);
    void this.ended.catch(() => undefined).finally(() => into.off("close", stop));
    this.out.pipe(into, { end: false });
  }

  go(): void {
    this.child.stdin?.end("\n");
  }

  stop(): void {
    this.child.stdin?.destroy();
    this.child.kill();
  }
}

const TABLE = "-- Retrieving table structure for table ";

/** Its own words of an error, without those of how far it has come. */
function reasonIn(said: string): string {
  const at = said.indexOf("mariadb-dump: ");
  if (at < 0) return lastLines(said, 3);
  const reason = said.slice(at).trim();
  const from = said.lastIndexOf(TABLE) + TABLE.length;
  const table = said.slice(from, said.indexOf("...\n", from));
  return reason.includes("Out of memory")
    ? `a row of ${plain(table)} is too large for the memory that MySQL has on this host; make it shorter, or keep the site on a host of a kind with more`
    : reason;
}
