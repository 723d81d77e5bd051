import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { Failure, lastLines } from "./failure";
import { ended, start } from "./process";

/** A connection to a database server that stays open: what one statement locks or begins, the next one has. */
export class Session {
  private out = "";
  private errors = "";
  private heard: () => void = () => undefined;
  private readonly over: Promise<number>;
  private isOver = false;

  constructor(private readonly client: ChildProcess) {
    client.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.out += text;
      this.heard();
    });
    client.stderr?.setEncoding("utf8").on("data", (text: string) => (this.errors += text));
    // A client that has ended says so by its code.
    client.stdin?.on("error", () => undefined);
    this.over = ended(client).finally(() => {
      this.isOver = true;
      this.heard();
    });
    this.over.catch(() => undefined);
  }

  /** By the words that start a client which reads statements and answers each at once. */
  static open(words: readonly string[]): Session {
    return new Session(start([...words, "-N", "-B", "--unbuffered"], ["pipe", "pipe", "pipe"]));
  }

  /** Runs statements and gives the rows of the answers; one that fails ends the session. */
  async query(statements: string): Promise<string[][]> {
    const mark = `-- ${randomBytes(8).toString("hex")}`;
    this.client.stdin?.write(`${statements};\nSELECT '${mark}';\n`);
    while (!this.out.endsWith(`${mark}\n`)) {
      if (this.isOver) {
        await this.over;
        throw new Failure(lastLines(this.errors, 1) || "the database server closed the connection");
      }
      await new Promise<void>((resolve) => (this.heard = resolve));
    }
    const text = this.out.slice(0, -mark.length - 1);
    this.out = "";
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => line.split("\t"));
  }

  /** Ends it, and with it what it locked. */
  async close(): Promise<void> {
    this.client.stdin?.end();
    await this.over.catch(() => undefined);
  }
}
