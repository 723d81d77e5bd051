import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as path from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { GitServer } from "./gitServer";
import { Load } from "./load";
import { addScripts, describeLoad, SiteLoad, staticContent } from "./siteLoad";
import type { TestHost } from "./testHost";

/** Containers that are replaced without a gap, as owner/role. */
export const OVERLAPPING = ["hello/web", "docs/web", "docs/git", "blog/web", "blog/php", "gateway/gateway"];

/** A host with a site of each kind whose containers get replaced. */
export class ReplacedHost {
  private readonly memory = new Map<string, number>();
  private git?: GitServer;

  constructor(
    readonly host: TestHost,
    private readonly gitPort: number,
  ) {}

  async start(): Promise<void> {
    this.git = await GitServer.start(path.join(this.host.folder, "git"), this.gitPort);
    await this.git.commit("docs", { "index.html": "<h1>docs</h1>" });
    staticContent(path.join(this.host.folder, "hello"));
    this.configure();
    await this.host.up();
    addScripts(this.host, "blog");
  }

  stop(): void {
    this.git?.stop();
  }

  load(options: { php?: boolean } = {}): SiteLoad {
    return new SiteLoad(this.host, { static: "hello", git: "docs", wordpress: "blog" }, options);
  }

  /**
   * Replaces containers: by another memory limit in the stack file where there is one for them, else by --replace.
   * Gives the seconds that it took.
   */
  async replace(targets: readonly string[]): Promise<number> {
    const before = await this.host.containers();
    const limited = targets.filter((target) => ["hello/web", "docs/web", "blog/php"].includes(target));
    for (const target of limited) {
      const site = target.split("/")[0] ?? "";
      this.memory.set(site, this.memory.get(site) === undefined ? (site === "blog" ? 400 : 72) : 0);
      if (this.memory.get(site) === 0) this.memory.delete(site);
    }
    this.configure();
    const others = targets.filter((target) => !limited.includes(target));
    const started = performance.now();
    const { code, stdout, stderr } = await this.host.varvol(
      ...["up", ...(others.length > 0 ? ["--replace", ...others] : [])],
    );
    assert.equal(code, 0, `${stdout}\n${stderr}`);
    const seconds = (performance.now() - started) / 1000;
    const after = await this.host.containers();
    const changed = [...after].filter(([role, id]) => before.get(role) !== id).map(([role]) => role);
    assert.deepEqual(changed.sort(), [...targets].sort(), "exactly what was asked for is replaced");
    return seconds;
  }

  private configure(): void {
    const site = (name: string, more: Record<string, unknown>) => ({
      name,
      domains: [`${name}.localhost`],
      ...(this.memory.has(name) && { memory: this.memory.get(name) }),
      ...more,
    });
    this.host.configure([
      site("hello", { kind: "static", import: path.join(this.host.folder, "hello") }),
      site("docs", { kind: "static-git", git: { url: `${this.git?.address}/docs`, every: "10s" } }),
      site("blog", { kind: "wordpress" }),
    ]);
  }
}

/** Replaces groups of containers so many times under load; no request may fail. */
export async function replaceUnderLoad(
  replaced: ReplacedHost,
  groups: readonly (readonly string[])[],
  times: number,
): Promise<number> {
  const load = replaced.load();
  const seconds: number[] = [];
  try {
    await sleep(1000);
    for (let i = 0; i < times; i++) for (const group of groups) seconds.push(await replaced.replace(group));
    await sleep(1000);
  } finally {
    const result = await load.stop();
    const mean = seconds.reduce((sum, one) => sum + one, 0) / Math.max(1, seconds.length);
    console.log(
      `      ${groups.map((group) => group.join("+")).join(", ")}: ${seconds.length} replacements, ${mean.toFixed(1)} s each; ${describeLoad(result)}`,
    );
    assert.deepEqual(result.failures.slice(0, 20), [], `${result.failures.length} of ${result.sent} failed`);
    return result.sent;
  }
}

export interface DatabaseGap {
  /** Seconds from the first failed to the last failed page. */
  readonly gap: number;
  /** What the old server logged until its end. */
  readonly log: string;
}

/** Replaces MySQL while files and cached pages are asked for, of which none may fail, and pages that need the database. */
export async function replaceDatabase(replaced: ReplacedHost): Promise<DatabaseGap> {
  const { host } = replaced;
  const log = followLog(await host.container("mysql/mysql"));
  assert.equal((await host.get("blog.localhost", "/")).status, 200, "the page to be cached");
  const files = replaced.load({ php: false });
  const cached = new Load({
    port: host.http,
    rate: 20,
    shots: [{ domain: "blog.localhost", path: () => "/" }],
  });
  const probe = probePages(host);
  try {
    await replaced.replace(["mysql/mysql"]);
    await sleep(2000);
  } finally {
    const failed = await probe();
    const results = [await files.stop(), await cached.stop()];
    const gap = failed.length > 0 ? ((failed.at(-1)?.end ?? 0) - (failed[0]?.start ?? 0)) / 1000 : 0;
    console.log(
      `      MySQL: pages that need it fail for ${gap.toFixed(1)} s; files: ${describeLoad(results[0]!)}; cached page: ${describeLoad(results[1]!)}`,
    );
    for (const { failures } of results) assert.deepEqual(failures.slice(0, 20), []);
    return { gap, log: log() };
  }
}

/** Asks for pages that PHP makes anew, several a second; stopped, it gives those that failed. */
function probePages(host: TestHost): () => Promise<{ start: number; end: number }[]> {
  const failed: { start: number; end: number }[] = [];
  let over = false;
  const run = async () => {
    for (let n = 0; !over; n++) {
      const start = performance.now();
      const status = await host.get("blog.localhost", `/?probe=${n}`).then(
        (answer) => answer.status,
        () => 0,
      );
      if (status !== 200) failed.push({ start, end: performance.now() });
      await sleep(100);
    }
    return failed;
  };
  const ended = run();
  return () => {
    over = true;
    return ended;
  };
}

/** What a container logs from now until it is deleted. */
function followLog(container: string): () => string {
  const logs = spawn("docker", ["logs", "-f", "--tail", "0", container]);
  let text = "";
  for (const stream of [logs.stdout, logs.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  return () => {
    logs.kill();
    return text;
  };
}
