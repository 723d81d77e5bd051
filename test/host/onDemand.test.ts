import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { attempt, capture } from "../../base/exec";
import { asleep, burst, howIs, memoryOf, wakes } from "../support/sleep";
import { TestHost } from "../support/testHost";
import { until } from "../support/until";

const MIB = 1024 * 1024;

describe("a site that sleeps", function () {
  this.timeout(300_000);
  const host = new TestHost("sleep", 18840);
  const backup = { repository: path.join(host.folder, "repository") };
  const code = path.join(host.folder, "code");
  const blog = {
    ...{ name: "blog", kind: "wordpress", domains: ["blog.localhost", "www.blog.localhost"] },
    ...{ onDemand: { idle: "2s" }, cache: { time: "10h" } },
  };
  const app = {
    ...{ name: "app", kind: "php", domains: ["app.localhost"], import: { content: code } },
    ...{ onDemand: { idle: "1s" }, front: "index.php" },
  };
  let n = 0;

  before(async () => {
    fs.mkdirSync(code);
    fs.writeFileSync(path.join(code, "index.php"), "<?php usleep(20000); echo 'hello';");
    fs.writeFileSync(path.join(code, "page.css"), "body {}");
    host.configure([blog, app], { backup });
    await host.up();
  });

  const many = (count: number) => burst(host, "app.localhost", count);
  const page = async (target: string, domain = "blog.localhost") => (await host.get(domain, target)).status;

  it("takes next to no memory, and is well", async () => {
    for (const target of ["/", "/robots.txt", "/wp-login.php"]) assert.equal(await page(target), 200);
    const awake = await memoryOf(host, "blog");
    await asleep(host, "blog", "app");
    const takes = await memoryOf(host, "blog");
    console.log(`      ${(takes / MIB).toFixed(1)} MiB asleep, ${(awake / MIB).toFixed(1)} awake`);
    assert.ok(takes <= 8 * MIB, `${takes} bytes`);
    // It has been asked for what is due just before.
    const php = await host.container("blog/php");
    const next = await until("a moment", () => capture(["docker", "exec", php, "cat", "/tmp/cron-next"]));
    assert.ok(Number(next) > Date.now() / 1000 - 60 && Number(next) < Date.now() / 1000 + 3700, next);
  });

  it("is not woken by what needs no PHP, nor by a look at it", async () => {
    const before = [await wakes(host, "blog"), await wakes(host, "app")];
    assert.equal(await page("/"), 200);
    assert.equal(await page("/robots.txt"), 200);
    assert.equal(await page("/wp-includes/css/buttons.css"), 200);
    assert.equal(await page("/.env"), 404);
    assert.equal(await page("/", "www.blog.localhost"), 301);
    assert.equal(await page("/page.css", "app.localhost"), 200);
    const [status, top] = await Promise.all([host.varvol("status"), host.varvol("top", "--json")]);
    const drift = await host.varvol("drift");
    const refresh = await host.pulumi("preview", "--refresh", "--expect-no-changes");
    assert.match(status.stdout, /blog .* ok, asleep/, status.stdout);
    for (const { code: ended, stdout } of [status, drift, refresh, top]) assert.equal(ended, 0, stdout);
    assert.deepEqual([await wakes(host, "blog"), await wakes(host, "app")], before);
  });

  it("is backed up as it sleeps", async () => {
    const before = await wakes(host, "blog");
    const backedUp = await host.varvol("backup", "blog");
    assert.equal(backedUp.code, 0, backedUp.stdout + backedUp.stderr);
    assert.equal(await wakes(host, "blog"), before);
  });

  it("holds a request for a page until it is awake", async () => {
    const took: number[] = [];
    for (let i = 0; i < 3; i++) {
      await asleep(host, "blog");
      const start = performance.now();
      assert.equal(await page(`/?fresh=${n++}`), 200);
      took.push(Math.round(performance.now() - start));
    }
    console.log(`      first answers after a sleep: ${took.join(", ")} ms`);
    // Other tests share the machine.
    assert.ok(Math.max(...took) <= 2400, `${took.join(", ")} ms`);
  });

  it("is woken once by 50 requests at once, and answers them all", async () => {
    await asleep(host, "app");
    const before = await wakes(host, "app");
    assert.deepEqual(await many(50), []);
    assert.equal(await wakes(host, "app"), before + 1);
  });

  it("loses none of 500 requests around the moment when it falls asleep", async () => {
    const before = await wakes(host, "app");
    const failed: string[] = [];
    for (let i = 0; i < 14; i++) {
      failed.push(...(await many(36)));
      await pause(700 + ((i * 370) % 1500));
    }
    const woken = (await wakes(host, "app")) - before;
    console.log(`      ${woken} sleeps`);
    assert.deepEqual(failed, []);
    assert.ok(woken >= 3, `${woken} wakes`);
  });

  it("is replaced in its sleep without being woken, and without a failed request around it", async () => {
    await asleep(host, "app");
    const old = await host.container("app/php");
    let said = "";
    const follow = spawn("docker", ["logs", "--follow", "--since", "0s", old]);
    for (const stream of [follow.stdout, follow.stderr])
      stream.on("data", (text: Buffer) => (said += text.toString()));
    host.configure([blog, { ...app, php: { workers: 3 } }], { backup });
    await host.up();
    assert.notEqual(await host.container("app/php"), old);
    assert.doesNotMatch(said, /awake/);

    host.configure([blog, app], { backup });
    const failed: string[] = [];
    let sent = 0;
    const done = host.up().finally(() => (sent = -sent));
    for (let i = 0; sent >= 0; i++) {
      const these = await many(5);
      failed.push(...these);
      if (sent >= 0) sent += 5;
      await pause((i * 430) % 2600);
    }
    await done;
    console.log(`      ${-sent} requests around it`);
    assert.deepEqual(failed, []);
  });

  it("says that it can't answer where it does not wake, is red then, and well with the next wake", async () => {
    await asleep(host, "app");
    const php = await host.container("app/php");
    await capture(["docker", "exec", php, "mkdir", "/tmp/php-fpm.pid"]);
    const { status, headers, body } = await host.get("app.localhost", "/?last");
    assert.deepEqual([status, headers["retry-after"]], [503, "10"], body);
    assert.match(await howIs(host, "app"), /^failed: php-fpm has ended with exit code 78/);
    const red = await host.varvol("status");
    assert.equal(red.code, 1);
    assert.match(red.stdout, /app .* does not wake/);
    await capture(["docker", "exec", php, "rmdir", "/tmp/php-fpm.pid"]);
    await pause(2100);
    assert.deepEqual(await many(5), []);
    assert.equal((await attempt(["docker", "inspect", php])).code, 0);
    assert.equal((await host.varvol("status")).code, 0);
  });
});
