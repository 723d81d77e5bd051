import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { attempt, capture } from "../../base/exec";
import type { Status } from "../../flows/siteStatus";
import { GitServer } from "../support/gitServer";
import { TestHost } from "../support/testHost";
import { until } from "../support/until";

describe("the status", function () {
  this.timeout(300_000);
  const host = new TestHost("status", 18960);
  const disk = process.getuid?.() === 0 ? host.root : undefined;
  const sites: Record<string, unknown>[] = [
    { name: "blog", kind: "wordpress", domains: ["blog.localhost"] },
    { name: "hello", kind: "static", domains: ["hello.localhost"] },
    { name: "app", kind: "php", domains: ["app.localhost"] },
    { name: "docs", kind: "static-git", domains: ["docs.localhost"] },
  ];
  let git: GitServer;

  /** What it says as JSON, whose word and exit code are those of the table. */
  const status = async () => {
    const { code, stdout } = await host.varvol("status", "--json");
    const said = JSON.parse(stdout) as Status;
    assert.equal(code, said.ok ? 0 : 1, stdout);
    const states = Object.fromEntries(
      [...said.sites, ...said.modules].map(({ name, state }) => [name, state]),
    );
    const texts = [...said.sites, ...said.modules, said.host].flatMap(({ problems }) => problems).join("\n");
    return { ...said, states, texts };
  };
  const well = async () => {
    const { ok, texts } = await status();
    return ok || Promise.reject(new Error(texts));
  };
  /** Has the application answer with this, once php no longer knows what it was before. */
  const answer = async (text: string) => {
    fs.writeFileSync(path.join(host.root, "app/site/index.php"), text);
    await sleep(3000);
  };

  before(async () => {
    // A disk of its own, to fill.
    if (disk !== undefined) {
      fs.mkdirSync(disk);
      await capture(["mount", "-t", "tmpfs", "-o", "size=800m", "none", disk]);
    }
    git = await GitServer.start(path.join(host.folder, "git"));
    await git.commit("docs", { "index.html": "first" });
    const folder = (name: string, file: string, text: string) => {
      fs.mkdirSync(path.join(host.folder, name));
      fs.writeFileSync(path.join(host.folder, name, file), text);
      return path.join(host.folder, name);
    };
    Object.assign(sites[1] ?? {}, { import: folder("hello", "index.html", "hello") });
    Object.assign(sites[2] ?? {}, { import: { content: folder("app", "index.php", "<?php echo 'well';") } });
    Object.assign(sites[3] ?? {}, { git: { url: `${git.address}/docs`, every: "10s" } });
    host.configure(sites);
    await host.up();
  });

  after(async () => {
    git?.stop();
    if (disk !== undefined) await attempt(["umount", "-l", disk]);
  });

  it("is ok, of each site and of what they share, each container among them", async () => {
    const { ok, modules, sites: said, texts, host: itself } = await status();
    assert.ok(ok, texts);
    assert.deepEqual(
      [...modules, ...said].flatMap(({ name, containers }) =>
        containers.map(({ role, state }) => `${name}/${role} ${state}`),
      ),
      [
        ...["gateway/gateway", "gateway/net", "mysql/mysql", "blog/php", "blog/web", "hello/web"],
        ...["app/php", "app/web", "docs/web", "docs/git"],
      ].map((one) => `${one} running`),
    );
    assert.ok(itself.disks.some(({ what }) => what === "volumes"));
    const { stdout, code } = await host.varvol("status");
    assert.equal(code, 0);
    assert.match(stdout, /gateway: ok, mysql: ok, host: ok/);
  });

  it("names a MySQL that is stopped and the sites that need it, and pulls that fail", async () => {
    git.stop();
    assert.equal((await host.get("blog.localhost")).status, 200);
    await capture(["docker", "stop", `${host.namespace}mysql`]);
    const { states, texts } = await status();
    assert.equal(states.mysql, "mysql stopped");
    assert.match(states.blog ?? "", /^error 50\d$/);
    assert.equal(states.hello, "ok");
    assert.match(texts, /its database answers: .+/);
    assert.match(texts, /mysql is stopped, since \d+ s/);
    const table = await host.varvol("status");
    assert.equal(table.code, 1);
    assert.match(table.stdout, /blog +wordpress .* error 50\d[^]*mysql: mysql stopped/);
    await capture(["docker", "start", `${host.namespace}mysql`]);
    await until("the failed pull", async () => (await status()).states.docs === "pull fails", 60);
    assert.match((await status()).texts, /its pulls have failed for \d+ s: /);
    git = await GitServer.start(path.join(host.folder, "git"), git.port);
    await until("all is well", well, 60);
  });

  it("names a php that was removed, though the cache still answers", async () => {
    assert.equal((await host.get("blog.localhost")).status, 200);
    await capture(["docker", "rm", "-f", await host.container("blog/php")]);
    assert.equal((await host.get("blog.localhost")).status, 200, "the cache");
    const { states, texts, sites: said } = await status();
    assert.match(states.blog ?? "", /^error 50\d$/);
    assert.match(texts, /it has no container php: run up/);
    assert.ok(said[0]?.containers.some(({ role, state }) => role === "php" && state === "missing"));
    await host.up();
    await until("all is well", well, 60);
  });

  for (const [page, word] of [
    ["<?php http_response_code(403); echo 'no';", "error 403"],
    ["<?php http_response_code(503); echo 'closed';", "closed"],
    ["<?php echo '<html><body></body></html>';", "empty page"],
    ["<?php ini_set('display_errors', 1); echo 'head'; throw new Error('gone');", "PHP error"],
    ["<?php header('Location: /x.php');", "error 404"],
    ["<?php header('Location: https://elsewhere.example/');", "ok"],
    ["<?php ini_set('display_errors', 1); echo 'about Warning: x in /srv';", "ok"],
    ["<?php sleep(40);", "down"],
  ] as const)
    it(`calls a page ${word}: ${page}`, async () => {
      await answer(page);
      const begun = Date.now();
      const { states, texts } = await status();
      assert.equal(states.app, word, texts);
      assert.equal(states.blog, "ok", texts);
      assert.ok(Date.now() - begun < 40_000, `${Date.now() - begun} ms`);
    });

  it("tells of a process that was killed for memory, and of a container that docker started again", async () => {
    await answer("<?php echo 'well';");
    const id = await host.container("hello/web");
    await attempt(["docker", "exec", id, "perl", "-e", "my @a; push @a, 'x' x 1000000 while 1"]);
    const { states, texts } = await status();
    assert.equal(states.hello, "web out of memory", texts);
    assert.equal(states.app, "ok", texts);
    await attempt(["docker", "exec", id, "sh", "-c", "kill -TERM 1"]);
    await until("its start", async () =>
      (await status()).texts.includes("has ended, and docker has started it again"),
    );
  });

  it("opens the gate to what comes after a container that docker has started again", async () => {
    host.configure(sites.map((site) => (site.name === "hello" ? { ...site, memory: 96 } : site)));
    await host.up();
    await until("all is well", well, 60);
    assert.match(await host.up(), /Nothing changed/);
  });

  it("names a disk that is full", async function () {
    if (disk === undefined) this.skip();
    const stat = fs.statfsSync(disk);
    const filler = path.join(disk, "filler");
    await capture(["fallocate", "-l", String((stat.bavail - 2000) * stat.bsize), filler]);
    const { ok, host: itself } = await status();
    assert.equal(ok, false);
    assert.equal(itself.state, "disk full");
    fs.rmSync(filler);
    await until("all is well", well, 60);
  });
});
