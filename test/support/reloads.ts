import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { routes, toolCommand } from "../../machine/tools";
import { setTimeout as sleep } from "node:timers/promises";
import { attempt, capture } from "../../base/exec";
import { execIn } from "./docker";
import type { LoadResult } from "./load";
import { SiteLoad, staticContent } from "./siteLoad";
import type { TestHost } from "./testHost";
import { until } from "./until";

export const RELOADS = 100;
/** The gateway's worker_shutdown_timeout, and a little more. */
const DRAIN = 95;

export interface Reloaded {
  readonly load: LoadResult & { readonly kinds?: string };
  /** MiB that the gateway's processes have for themselves: before, at most, and once the old workers have ended. */
  readonly memory: { readonly before: number; readonly most: number; readonly after: number };
}

/** Brings up a host with one static site whose gateway is reloaded a hundred times in a minute under load. */
export async function reloadUnderLoad(host: TestHost): Promise<Reloaded> {
  const folder = staticContent(path.join(host.folder, "hello"));
  host.configure([{ name: "hello", kind: "static", domains: ["hello.localhost"], import: folder }]);
  await host.up();
  const gateway = await host.container("gateway/gateway");
  const load = new SiteLoad(host, { static: "hello" });
  try {
    // Until the workers have grown to what this load needs.
    await sleep(10_000);
    const before = await memoryOf(gateway);
    let most = 0;
    for (let i = 0; i < RELOADS; i++) {
      const started = Date.now();
      await reload(host, gateway, i);
      if (i % 10 === 0) most = Math.max(most, await memoryOf(gateway));
      await sleep(Math.max(0, 600 - (Date.now() - started)));
    }
    await until("the end of the old workers", async () => (await leaving(gateway)) === 0, DRAIN);
    await sleep(10_000);
    const after = await memoryOf(gateway);
    return { load: await load.stop(), memory: { before, most, after } };
  } finally {
    await load.stop();
  }
}

/** A generation of the routes that differs in nothing but its id, switched to as any other. */
async function reload(host: TestHost, gateway: string, n: number): Promise<void> {
  const manifest = fs.readFileSync(path.join(host.root, "gateway/conf/current/manifest"), "utf8");
  const id = n.toString(16).padStart(12, "0");
  const { code, stderr } = await attempt(
    toolCommand(host.root, routes, { generation: id, container: gateway }),
    { input: manifest },
  );
  assert.equal(code, 0, stderr);
}

/** What the container's processes have for themselves, in MiB: the cache in its /tmp is load, not overhead. */
async function memoryOf(container: string): Promise<number> {
  const pids = (await capture(["docker", "top", container, "-o", "pid"])).split("\n").slice(1);
  const sizes = pids.map((pid) => {
    try {
      const text = fs.readFileSync(`/proc/${pid.trim()}/smaps_rollup`, "utf8");
      return Number(/^Pss_Anon: +(\d+) kB$/m.exec(text)?.[1] ?? 0);
    } catch {
      return 0;
    }
  });
  return sizes.reduce((sum, size) => sum + size, 0) / 1024;
}

async function leaving(container: string): Promise<number> {
  const { stdout } = await execIn(container, ["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"]);
  return stdout.split("worker process is shutting down").length - 1;
}
