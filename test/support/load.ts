import * as http from "node:http";
import { performance } from "node:perf_hooks";

/** One kind of request in the mix. */
export interface Shot {
  readonly domain: string;
  /** Path of the n-th request; distinct paths keep caches from answering. */
  readonly path: (n: number) => string;
  readonly method?: "GET" | "POST";
  readonly body?: Buffer;
  /** Bytes that a complete answer must have at the least. */
  readonly atLeast?: number;
  /** The whole body of a right answer. */
  readonly expect?: string;
}

export interface LoadArgs {
  readonly port: number;
  /** Requests a second that start whatever becomes of the earlier ones (open loop). */
  readonly rate: number;
  /** The mix, one shot after the other; every second request opens a connection of its own. */
  readonly shots: readonly Shot[];
}

export interface LoadResult {
  readonly sent: number;
  readonly failures: readonly string[];
  /** Requests on a kept connection that the server closed in that moment, sent once more as every client does. */
  readonly resent: number;
  /** Milliseconds. */
  readonly slowest: number;
  readonly p50: number;
  readonly p99: number;
}

/** A load that runs until it is stopped; stopping waits for the answers still due. */
export class Load {
  private readonly keepAlive = new http.Agent({ keepAlive: true, maxSockets: 64 });
  private readonly pending = new Set<Promise<void>>();
  private readonly failures: string[] = [];
  private readonly times: number[] = [];
  private readonly timer: NodeJS.Timeout;
  private readonly started = performance.now();
  private sent = 0;
  private resent = 0;

  constructor(private readonly args: LoadArgs) {
    this.timer = setInterval(() => this.fire(), 10);
  }

  async stop(): Promise<LoadResult> {
    clearInterval(this.timer);
    await Promise.all(this.pending);
    this.keepAlive.destroy();
    const sorted = this.times.sort((a, b) => a - b);
    const at = (part: number) =>
      Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0);
    const { sent, failures, resent } = this;
    return { sent, failures, resent, slowest: at(1), p50: at(0.5), p99: at(0.99) };
  }

  private fire(): void {
    const due = Math.floor(((performance.now() - this.started) / 1000) * this.args.rate);
    while (this.sent < due) {
      const n = this.sent++;
      const shot = this.args.shots[Math.floor(n / 2) % this.args.shots.length];
      if (!shot) return;
      const one: Promise<void> = this.send(shot, n).finally(() => this.pending.delete(one));
      this.pending.add(one);
    }
  }

  private send(shot: Shot, n: number, again = false): Promise<void> {
    const start = performance.now();
    const path = shot.path(n);
    return new Promise((resolve) => {
      const done = (problem?: string) => {
        if (problem)
          this.failures.push(
            `${new Date().toISOString().slice(11, 23)} ${shot.method ?? "GET"} ${shot.domain}${path}: ${problem}`,
          );
        else this.times.push(performance.now() - start);
        resolve();
      };
      const request = http.request(
        {
          host: "127.0.0.1",
          port: this.args.port,
          path,
          method: shot.method ?? "GET",
          headers: { host: shot.domain, ...(shot.body && { "content-length": shot.body.length }) },
          agent: n % 2 === 0 ? false : this.keepAlive,
          timeout: 60_000,
        },
        (response) => {
          let length = 0;
          let text = "";
          response.on("data", (chunk: Buffer) => {
            length += chunk.length;
            if (shot.expect !== undefined) text += chunk.toString();
          });
          response.on("error", (error) => done(`broken off: ${error.message}`));
          response.on("end", () => {
            const { statusCode = 0 } = response;
            if (statusCode < 200 || statusCode >= 400) done(`status ${statusCode}`);
            else if (!response.complete || length < (shot.atLeast ?? 0)) done(`only ${length} bytes`);
            else if (shot.expect !== undefined && text !== shot.expect) done(`answered ${text.slice(0, 80)}`);
            else done();
          });
        },
      );
      request.on("timeout", () => request.destroy(new Error("no answer in 60 s")));
      request.on("error", (error: NodeJS.ErrnoException) => {
        // The server closed an idle connection in the moment that it was used again: every client sends such a
        // request once more, on a new connection, and HTTP lets it.
        if (error.code === "ECONNRESET" && request.reusedSocket && !again) {
          this.resent++;
          void this.send(shot, n - (n % 2), true).then(resolve);
        } else done(error.message);
      });
      request.end(shot.body);
    });
  }
}
