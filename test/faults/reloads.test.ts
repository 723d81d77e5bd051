import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { attempt, capture } from "../../cli/exec";
import { execIn } from "../support/docker";
import { describeLoad, SiteLoad, staticContent } from "../support/siteLoad";
import { TestHost } from "../support/testHost";
import { until } from "../support/until";

const RELOADS = 100;
/** The gateway's worker_shutdown_timeout, and a little more. */
const DRAIN = 95;

describe(`${RELOADS} reloads of the gateway in a minute under load`, function () {
  this.timeout(600_000);
  const host = new TestHost("reloads", 18550);

  before(async () => {
    const folder = staticContent(path.join(host.folder, "hello"));
    host.configure([{ name: "hello", kind: "static", domains: ["hello.localhost"], import: folder }]);
    await host.up();
  });

  it("loses no request, and its memory comes back", async () => {
    const gateway = await host.container("gateway/gateway");
    const load = new SiteLoad(host, { static: "hello" });
    try {
      await sleep(5000);
      const before = await memoryOf(gateway);
      let most = 0;
      for (let i = 0; i < RELOADS; i++) {
        const started = Date.now();
        await reload(host, gateway, i);
        if (i % 10 === 0) most = Math.max(most, await memoryOf(gateway));
        await sleep(Math.max(0, 600 - (Date.now() - started)));
      }
      const workers = await until(
        "the end of the old workers",
        async () => {
          const count = await workersOf(gateway);
          return count.leaving === 0 && count;
        },
        DRAIN,
      );
      const after = await memoryOf(gateway);
      console.log(
        `      memory of the gateway: ${before.toFixed(1)} MiB before, ${most.toFixed(1)} during, ${after.toFixed(1)} after; ${workers.all} workers`,
      );
      assert.ok(after <= before * 1.3, `${after} MiB after ${before} MiB`);
    } finally {
      const result = await load.stop();
      console.log(`      ${RELOADS} reloads: ${describeLoad(result)}`);
      assert.deepEqual(result.failures.slice(0, 20), []);
    }
  });
});

/** A generation of the routes that differs in nothing but its id, switched to as any other. */
async function reload(host: TestHost, gateway: string, n: number): Promise<void> {
  const manifest = fs.readFileSync(path.join(host.root, "gateway/conf/current/manifest"), "utf8");
  const id = n.toString(16).padStart(12, "0");
  const { code, stderr } = await attempt([`${host.root}/.varvol/bin/routes`, id, gateway], {
    input: manifest,
  });
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

async function workersOf(container: string): Promise<{ all: number; leaving: number }> {
  const { stdout } = await execIn(container, ["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"]);
  return {
    all: stdout.split("nginx: worker process").length - 1,
    leaving: stdout.split("worker process is shutting down").length - 1,
  };
}
