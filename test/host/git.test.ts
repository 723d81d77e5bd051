import assert from "node:assert/strict";
import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as http from "node:http";
import * as path from "node:path";
import { attempt, capture } from "../../base/exec";
import type { Status } from "../../flows/siteStatus";
import { Forge } from "../support/forge";
import { commitTo, gitIn } from "../support/puller";
import { Registry } from "../support/registry";
import { TestHost } from "../support/testHost";
import { until } from "../support/until";

const TOKEN = "glpat-Only4tests_0123456789";

describe("a site from a private repository", function () {
  this.timeout(300_000);
  const host = new TestHost("git", 18990);
  const picture = crypto.randomBytes(48_213);
  let forge: Forge;
  let address: string;
  let registry: Registry | undefined;

  const site = (git: Record<string, unknown> = {}) => ({
    ...{ name: "docs", kind: "static-git", domains: ["docs.localhost"] },
    git: { url: `${forge.address}/docs`, folder: "public", token: TOKEN, every: "1h", hook: true, ...git },
  });

  async function refuses(sites: Record<string, unknown>[], message: RegExp): Promise<void> {
    host.configure(sites);
    const { code, stdout, stderr } = await host.varvol("up");
    assert.equal(code, 1, stdout);
    assert.match(stderr, message);
    assert.doesNotMatch(stdout + stderr, /Only4tests/);
  }

  async function status(): Promise<Status> {
    return JSON.parse((await host.varvol("status", "--json")).stdout) as Status;
  }

  before(async () => {
    forge = await Forge.start(path.join(host.folder, "git"), TOKEN);
    await commitTo(forge.at("theme"), { "style.css": "the theme" });
    await forge.open("theme");
    await commitTo(forge.at("docs"), {
      "public/index.html": "<h1>first</h1>",
      "public/boat.png": forge.keep(picture),
      "public/shared": "-> ../shared",
      "shared/beside.txt": "beside the folder",
    });
    await gitIn(
      forge.at("docs"),
      "-c",
      "core.hooksPath=/dev/null",
      "submodule",
      "-q",
      "add",
      forge.at("theme"),
      "public/theme",
    );
    await gitIn(forge.at("docs"), "config", "-f", ".gitmodules", "submodule.public/theme.url", "../theme");
    await gitIn(forge.at("docs"), "commit", "-qam", "A theme");
  });

  after(async () => {
    forge?.stop();
    await registry?.stop();
  });

  it("is refused before anything is made where its puller gets nothing, whatever the user's own git gets", async () => {
    const config = path.join(host.folder, "gitconfig");
    fs.writeFileSync(config, `[url "${forge.at("")}/"]\n\tinsteadOf = ${forge.address}/\n`);
    process.env.GIT_CONFIG_GLOBAL = config;
    try {
      await refuses([site({ token: undefined })], /sites\[0\]\.git\.url: \S+ wants a login .*git\.token/);
      await refuses([site({ token: `${TOKEN}x` })], /sites\[0\]\.git\.token: \S+ refuses it/);
      await refuses([site({ branch: "next" })], /git\.branch: \S+ has no branch or tag "next"; .* main/);
    } finally {
      delete process.env.GIT_CONFIG_GLOBAL;
    }
    assert.ok(!fs.existsSync(host.root));
    assert.equal((await host.containers()).size, 0);
  });

  it("has its pages, what Git LFS keeps, its submodule, and what links lead to beside the folder", async () => {
    // The stack comes first, for there to be something to encrypt with.
    host.configure([]);
    await host.up();
    host.configure([site({ token: undefined })]);
    const where = ["--path", "varvol:sites[0].git.token", TOKEN, "--config-file", host.configFile];
    const set = await host.pulumi("config", "set", "--secret", ...where);
    assert.equal(set.code, 0, set.stderr);
    assert.doesNotMatch(await host.up(), /clear text/);
    assert.match((await host.get("docs.localhost")).body, /first/);
    const file = path.join(host.root, "docs/site/current/boat.png");
    assert.ok(fs.readFileSync(file).equals(picture));
    assert.equal((await host.get("docs.localhost", "/boat.png")).headers["content-length"], "48213");
    assert.equal((await host.get("docs.localhost", "/theme/style.css")).body, "the theme");
    assert.equal((await host.get("docs.localhost", "/shared/beside.txt")).body, "beside the folder");
    assert.equal((await status()).sites[0]?.state, "ok");
    assert.ok(forge.sent.has(`oauth2:${TOKEN}`));
  });

  it("GIT-2: shows its token nowhere, and no drift", async () => {
    const drift = await host.varvol("drift");
    assert.equal(drift.code, 0, drift.stdout);
    const ids = [...(await host.containers()).values()];
    const logs = await Promise.all(ids.map((id) => attempt(["docker", "logs", id])));
    const shown = [
      ...[await capture(["docker", "inspect", ...ids]), JSON.stringify(logs), drift.stdout],
      ...[await capture(["grep", "-rl", TOKEN, path.join(host.folder, "state")]).catch(() => "")],
      (await host.varvol("plan")).stdout,
    ].join();
    assert.doesNotMatch(shown, /Only4tests/);
    assert.equal(
      shown.includes(`${host.folder}/state`),
      false,
      "the state and its history have it encrypted",
    );
  });

  it("GIT-3: is pulled at once when its hook is called, and by no other address or method", async () => {
    address = /^hook: (\S+)$/m.exec((await host.varvol("secret", "docs")).stdout)?.[1] ?? "";
    const target = new URL(address).pathname;
    await commitTo(forge.at("docs"), { "public/index.html": "<h1>second</h1>" });
    assert.equal(await post(target), 204);
    await until(
      "the second commit",
      async () => (await host.get("docs.localhost")).body.includes("second"),
      15,
    );
    assert.equal((await host.get("docs.localhost", target)).status, 405);
    for (const other of [`${target.slice(0, -1)}x`, "/.varvol/pull/", `${target}/`, "/.varvol/health"])
      assert.equal(await post(other), 404, other);
    const answers = await Promise.all(Array.from({ length: 40 }, () => post(target)));
    assert.ok(answers.includes(429) && answers.includes(204));
    const ids = [...(await host.containers()).values()];
    const logs = await Promise.all(ids.map((id) => attempt(["docker", "logs", id])));
    const shown = (await capture(["docker", "inspect", ...ids])) + JSON.stringify(logs);
    assert.ok(!shown.includes(target.split("/").pop() ?? ""), "the address is shown nowhere");
  });

  it("says what can't be had, and has all else", async () => {
    await commitTo(forge.at("docs"), {
      "public/index.html": "<h1>third</h1>",
      "public/lost.png": forge.keep(crypto.randomBytes(999), true),
    });
    await capture(["docker", "kill", "-s", "USR1", await host.container("docs/git")]);
    await until(
      "the third commit",
      async () => (await host.get("docs.localhost")).body.includes("third"),
      15,
    );
    assert.equal((await host.get("docs.localhost", "/lost.png")).status, 404);
    assert.ok(fs.existsSync(path.join(host.root, "docs/site/current/boat.png")));
    const { code, stdout } = await host.varvol("status");
    assert.equal(code, 1);
    assert.match(stdout, /docs: it is served without what can't be had: lost\.png \(Git LFS: /);
  });

  it("may be built of each commit by a generator, and keeps the previous tree where that fails", async () => {
    registry = await Registry.start("debian:trixie-slim", ["/bin/cat", "/bin/mkdir", "/bin/mv", "/bin/rm"]);
    const build = {
      image: registry.add("generator", "exit 1"),
      command:
        "mkdir out && { echo built of; cat index.html theme/style.css; } > out/index.html && [ ! -e stop ]",
      ...{ output: "out", timeout: "30s", memory: 64 },
    };
    host.configure([{ ...site(), build }]);
    await host.up();
    assert.match((await host.get("docs.localhost")).body, /^built of\n<h1>third<\/h1>\s*the theme/);
    const builder = await capture(["docker", "inspect", await host.container("docs/build")]);
    assert.doesNotMatch(builder, /Only4tests/);
    const [{ Mounts, HostConfig }] = JSON.parse(builder) as [
      { Mounts: { Source: string }[]; HostConfig: { NetworkMode: string; Memory: number } },
    ];
    assert.deepEqual(
      Mounts.map(({ Source }) => path.relative(host.root, Source)),
      ["docs/build"],
    );
    assert.deepEqual([HostConfig.NetworkMode, HostConfig.Memory], ["none", 64 * 2 ** 20]);
    await commitTo(forge.at("docs"), { "public/index.html": "<h1>fourth</h1>", "public/stop": "" });
    assert.equal(await post(new URL(address).pathname), 204);
    const failed = await until("a failed build", async () => {
      const { problems = [] } = (await status()).sites[0] ?? {};
      return problems.find((text) => /pulls have failed/.test(text));
    });
    assert.match(failed, /the build ended with 1/);
    assert.match((await host.get("docs.localhost")).body, /third/);
  });

  it("is checked anew when its branch or address changes, and serves on where that is refused", async () => {
    const puller = await host.container("docs/git");
    await refuses([site({ branch: "gone" })], /git\.branch: \S+ has no branch or tag "gone"/);
    await refuses(
      [site({ url: `${forge.address}/nothing` })],
      /git\.url: \S+\/nothing can't be reached \(.*not found/,
    );
    assert.equal(await host.container("docs/git"), puller);
    assert.match((await host.get("docs.localhost")).body, /third/);
  });

  it("fails at once where only a pull can tell that it is of no use", async () => {
    const started = Date.now();
    await refuses(
      [site({ folder: "nowhere" })],
      /will not be healthy: commit \w+ has no folder nowhere; it has public, shared/,
    );
    assert.ok(Date.now() - started < 60_000);
    assert.match((await host.get("docs.localhost")).body, /third/);
  });

  it("has a key of its own over ssh, which is printed before the first up", async () => {
    host.configure([site(), { ...site(), name: "more", git: { url: "ssh://git@127.0.0.2:2222/docs" } }]);
    const refused = await host.varvol("up");
    assert.match(refused.stderr, /sites\[1\]\.git\.url: .*names the puller's own container/);
    host.configure([
      site(),
      { ...site(), name: "more", domains: ["more.localhost"], git: { url: "git@git.example.org:docs" } },
    ]);
    const { stdout, stderr } = await host.varvol("git-key", "more");
    assert.match(stdout, /^ssh-ed25519 \S+ varvol-more\n$/, stderr);
    assert.equal((await host.varvol("git-key", "more")).stdout, stdout);
    assert.equal(fs.statSync(path.join(host.root, "more/access/ssh")).mode & 0o777, 0o400);
    assert.match(
      (await host.varvol("git-key", "docs")).stderr,
      /docs is no site that is pulled from an ssh:/,
    );
  });

  function post(target: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const options = {
        ...{ host: "127.0.0.1", port: host.http, path: target, method: "POST" },
        headers: { host: "docs.localhost", "content-type": "application/json", "x-github-event": "push" },
      };
      http
        .request(options, (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        })
        .on("error", reject)
        .end(JSON.stringify({ ref: "refs/heads/main" }));
    });
  }
});
