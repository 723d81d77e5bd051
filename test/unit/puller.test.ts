import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as http from "node:http";
import * as net from "node:net";
import * as path from "node:path";
import { commitTo, gitIn, Puller } from "../support/puller";
import { until } from "../support/until";

describe("a puller", function () {
  this.timeout(60_000);
  let puller: Puller;
  let base: string;
  let address: string;
  let daemon: ChildProcess;

  before(async () => {
    base = fs.mkdtempSync("/tmp/varvol-git-");
    const port = await freePort();
    address = `git://127.0.0.1:${port}`;
    const options = ["--export-all", `--base-path=${base}`, "--listen=127.0.0.1", `--port=${port}`];
    daemon = spawn("git", ["daemon", "--reuseaddr", ...options], { stdio: "ignore", detached: true });
    await until("git's server", () => answers(port));
  });
  after(() => {
    process.kill(-(daemon.pid ?? 0));
    fs.rmSync(base, { recursive: true });
  });
  beforeEach(() => (puller = new Puller()));
  afterEach(() => puller.remove());

  const at = (name: string) => path.join(base, name);

  describe("takes", () => {
    it("a branch, and with none named the one that HEAD leads to, whatever its name", async () => {
      await commitTo(at("trunk"), { "index.html": "trunk" });
      await gitIn(at("trunk"), "branch", "-m", "trunk");
      await gitIn(at("trunk"), "checkout", "-q", "-b", "next");
      await commitTo(at("trunk"), { "index.html": "next" });
      await gitIn(at("trunk"), "checkout", "-q", "trunk");
      const env = { GIT_URL: `${address}/trunk` };
      assert.equal((await puller.pull(env)).error, null);
      assert.equal(puller.served("index.html"), "trunk");
      assert.equal((await puller.pull({ ...env, GIT_BRANCH: "next" })).error, null);
      assert.equal(puller.served("index.html"), "next");
    });

    it("a tag, with a note of its own or without, but a branch of that name before it", async () => {
      await commitTo(at("tags"), { "index.html": "one" });
      await gitIn(at("tags"), "tag", "light");
      await gitIn(at("tags"), "tag", "-a", "-m", "A release", "v1");
      const commit = await commitTo(at("tags"), { "index.html": "two" });
      await gitIn(at("tags"), "branch", "light");
      const env = { GIT_URL: `${address}/tags` };
      assert.equal((await puller.pull({ ...env, GIT_BRANCH: "v1" })).error, null);
      assert.equal(puller.served("index.html"), "one");
      assert.equal((await puller.pull({ ...env, GIT_BRANCH: "light" })).commit, commit);
      assert.equal(puller.served("index.html"), "two");
    });

    it("a repository that names objects by SHA-256, also in place of one that does not", async () => {
      await commitTo(at("longer"), { "index.html": "by SHA-1" });
      const env = { GIT_URL: `${address}/longer` };
      assert.equal((await puller.pull(env)).error, null);
      fs.rmSync(at("longer"), { recursive: true });
      fs.mkdirSync(at("longer"));
      await gitIn(at("longer"), "init", "-q", "-b", "main", "--object-format=sha256");
      const commit = await commitTo(at("longer"), { "index.html": "by SHA-256" });
      const { served, error } = await puller.pull(env);
      assert.deepEqual([served, error], [commit, null]);
      assert.equal(puller.served("index.html"), "by SHA-256");
      await commitTo(at("longer"), { "index.html": "and on" });
      await puller.pull(env);
      assert.equal(puller.served("index.html"), "and on");
    });

    it("a branch that was forced to another history", async () => {
      await commitTo(at("forced"), { "index.html": "one" });
      await commitTo(at("forced"), { "index.html": "two" });
      const env = { GIT_URL: `${address}/forced`, GIT_BRANCH: "main" };
      await puller.pull(env);
      await gitIn(at("forced"), "checkout", "-q", "--orphan", "fresh");
      await commitTo(at("forced"), { "index.html": "another history" });
      await gitIn(at("forced"), "branch", "-M", "main");
      assert.equal((await puller.pull(env)).error, null);
      assert.equal(puller.served("index.html"), "another history");
    });

    it("what a server only hands out as files", async () => {
      await commitTo(at("dumb"), { "index.html": "one" });
      await commitTo(at("dumb"), { "index.html": "dumb" });
      await gitIn(at("dumb"), "update-server-info");
      const server = http.createServer((request, response) => {
        const file = path.join(base, (request.url ?? "").split("?")[0] ?? "");
        if (!fs.existsSync(file) || !fs.statSync(file).isFile()) response.writeHead(404).end();
        else response.end(fs.readFileSync(file));
      });
      const url = await listening(server);
      try {
        assert.equal((await puller.pull({ GIT_URL: `${url}/dumb/.git` })).error, null);
        assert.equal(puller.served("index.html"), "dumb");
      } finally {
        server.close();
      }
    });

    it("a worktree on this machine with its own HEAD", async () => {
      await commitTo(at("whole"), { "index.html": "main" });
      await gitIn(at("whole"), "worktree", "add", "-q", "-b", "aside", at("aside"));
      await commitTo(at("aside"), { "index.html": "aside" });
      const origin = path.join(puller.folder, "srv/origin");
      fs.symlinkSync(at("whole/.git"), origin);
      assert.equal((await puller.pull({ GIT_URL: `file://${origin}/worktrees/aside` })).error, null);
      assert.equal(puller.served("index.html"), "aside");
    });

    it("links out of the folder to what the repository has beside it, and no others", async () => {
      await commitTo(at("links"), {
        "public/index.html": "page",
        "public/pictures": "-> ../shared/pictures",
        "public/inside": "-> index.html",
        "public/out": "-> ../../../etc/passwd",
        "public/absolute": "-> /etc/passwd",
        "shared/pictures/boat.png": "-> ../originals/boat.png",
        "shared/originals/boat.png": "the boat",
        "shared/nowhere": "-> gone",
        "secret.txt": "not served",
      });
      const status = await puller.pull({ GIT_URL: `${address}/links`, GIT_FOLDER: "public" });
      assert.equal(status.error, null);
      assert.equal(puller.served("pictures/boat.png"), "the boat");
      assert.equal(puller.served("inside"), "page");
      assert.equal(puller.served("out"), undefined);
      assert.equal(puller.served("absolute"), undefined);
      assert.equal(puller.served("secret.txt"), undefined);
      assert.match(status.leftOut ?? "", /^absolute -> \/etc\/passwd; out -> /);
      assert.doesNotMatch(status.leftOut ?? "", /nowhere/);
      assert.equal(
        (await puller.pull({ GIT_URL: `${address}/links`, GIT_FOLDER: "public" })).leftOut,
        status.leftOut,
      );
    });

    it("submodules of the same server, also inside of each other", async () => {
      await commitTo(at("inner"), { "inner.txt": "inner" });
      await commitTo(at("theme"), { "style.css": "theme" });
      await gitIn(at("theme"), "submodule", "-q", "add", `${address}/inner`, "deep");
      await gitIn(at("theme"), "commit", "-q", "-m", "Inner");
      await commitTo(at("outer"), { "index.html": "page" });
      await gitIn(at("outer"), "submodule", "-q", "add", "../theme", "site/theme").catch(async () => {
        await gitIn(at("outer"), "submodule", "-q", "add", `${address}/theme`, "site/theme");
      });
      await gitIn(at("outer"), "config", "-f", ".gitmodules", "submodule.site/theme.url", "../theme");
      await gitIn(at("outer"), "commit", "-qam", "Theme");
      assert.equal((await puller.pull({ GIT_URL: `${address}/outer` })).error, null);
      assert.equal(puller.served("site/theme/style.css"), "theme");
      assert.equal(puller.served("site/theme/deep/inner.txt"), "inner");
    });
  });

  describe("refuses for good, and its check ends with 3", () => {
    const refused = async (env: Record<string, string>, error: RegExp) => {
      const status = await puller.pull(env);
      assert.match(status.error ?? "", error);
      assert.equal(status.mends, false);
      const { code, says } = await puller.healthy(env);
      assert.equal(code, 3);
      assert.match(says, error);
    };

    it("a repository that isn't there", () =>
      refused({ GIT_URL: `${address}/nothing` }, /not exported: \/nothing/));

    it("a branch that isn't there, with those that are", async () => {
      await commitTo(at("main"), { "docs/index.html": "main" });
      await refused(
        { GIT_URL: `${address}/main`, GIT_BRANCH: "master" },
        /no branch or tag "master"; it has the branches main/,
      );
    });

    it("a folder that isn't there, with those that are", async () => {
      await commitTo(at("folders"), { "docs/index.html": "main", "index.html": "x" });
      await refused(
        { GIT_URL: `${address}/folders`, GIT_FOLDER: "public" },
        /has no folder public; it has docs/,
      );
      await refused({ GIT_URL: `${address}/folders`, GIT_FOLDER: "index.html" }, /has no folder index\.html/);
    });

    it("an empty repository, and one whose HEAD leads nowhere", async () => {
      fs.mkdirSync(at("empty"));
      await gitIn(at("empty"), "init", "-q");
      await refused({ GIT_URL: `${address}/empty` }, /has no commit yet/);
      await commitTo(at("lost"), { "index.html": "x" });
      await gitIn(at("lost"), "symbolic-ref", "HEAD", "refs/heads/master");
      await refused({ GIT_URL: `${address}/lost` }, /no branch that its HEAD leads to; name one.* main/);
    });

    it("a submodule of another server, by name", async () => {
      await commitTo(at("foreign"), {
        ".gitmodules": '[submodule "x"]\n\tpath = theme\n\turl = https://other.example/x\n',
      });
      const commit = await gitIn(at("foreign"), "rev-parse", "HEAD");
      await gitIn(at("foreign"), "update-index", "--add", "--cacheinfo", `160000,${commit},theme`);
      await gitIn(at("foreign"), "commit", "-q", "-m", "Foreign");
      await refused(
        { GIT_URL: `${address}/foreign` },
        /the submodule theme comes from https:\/\/other\.example\/x/,
      );
    });
  });

  it("waits for a server that is away, and serves on what it has of the same source alone", async () => {
    const env = { GIT_URL: "git://127.0.0.1:9/docs" };
    const status = await puller.pull(env);
    assert.match(status.error ?? "", /refused/i);
    assert.equal(status.mends, true);
    assert.equal((await puller.healthy(env)).code, 1);
    await commitTo(at("served"), { "index.html": "served" });
    const served = { GIT_URL: `${address}/served` };
    await puller.pull(served);
    assert.equal((await puller.healthy(served)).code, 0);
    assert.equal((await puller.healthy({ ...served, GIT_BRANCH: "next" })).code, 1);
    await puller.pull(env);
    assert.equal(puller.served("index.html"), "served");
    assert.equal((await puller.healthy(served)).code, 0);
    assert.equal((await puller.healthy(env)).code, 1);
  });

  it("of an old generation does not bring back what a new one has taken the place of", async () => {
    await commitTo(at("turns"), { "index.html": "old" });
    await gitIn(at("turns"), "checkout", "-q", "-b", "new");
    await commitTo(at("turns"), { "index.html": "new" });
    await gitIn(at("turns"), "checkout", "-q", "main");
    const [before, after] = ["main", "new"].map((branch) => ({
      GIT_URL: `${address}/turns`,
      GIT_BRANCH: branch,
    }));
    await puller.pull(before ?? {});
    puller.host = "second";
    await puller.pull(after ?? {});
    puller.host = "first";
    await puller.pull(before ?? {});
    assert.equal(puller.served("index.html"), "new");
    // Until the new one has succeeded, the old one goes on.
    puller.host = "third";
    await puller.pull({ GIT_URL: `${address}/gone` });
    puller.host = "second";
    assert.equal((await puller.pull(after ?? {})).error, null);
  });

  describe("with a token", () => {
    const TOKEN = "glpat-aVery/odd+token.x";
    const sent: string[] = [];
    let server: http.Server;
    let url: string;

    before(async () => {
      server = http.createServer((request, response) => {
        const { authorization } = request.headers;
        sent.push(authorization ? Buffer.from(authorization.split(" ")[1] ?? "", "base64").toString() : "");
        if (!authorization) response.writeHead(401, { "www-authenticate": "Basic realm=x" }).end();
        else response.writeHead(403).end(`remote: no rights for ${TOKEN}`);
      });
      url = await listening(server);
    });
    after(() => server.close());

    it("asks with it, and never says it", async () => {
      puller.secret("token", TOKEN);
      const status = await puller.pull({ GIT_URL: `${url.replace("://", "://bot@")}/docs` });
      assert.ok(sent.includes(`bot:${TOKEN}`), sent.join());
      assert.match(status.error ?? "", /403/);
      assert.equal(status.mends, false);
      assert.doesNotMatch(JSON.stringify(status), /odd/);
      await puller.pull({ GIT_URL: `${url}/docs` });
      assert.ok(sent.includes(`oauth2:${TOKEN}`));
    });

    it("gives it to no other server", async () => {
      puller.secret("token", TOKEN);
      const asked = (protocol: string, host: string) =>
        puller.run(
          "credential",
          { GIT_URL: "https://bot@forge.example:8443/a/@evil.example/b" },
          ["get"],
          `protocol=${protocol}\nhost=${host}\n`,
        );
      assert.match((await asked("https", "forge.example:8443")).stdout, /^username=bot\npassword=glpat-/);
      for (const [protocol, host] of [
        ["http", "forge.example:8443"],
        ["https", "forge.example"],
        ["https", "evil.example"],
        ["https", "xforge.example:8443"],
      ] as const)
        assert.equal((await asked(protocol, host)).stdout, "", `${protocol} ${host}`);
    });
  });

  it("knows where a submodule comes from, and which it may take", async () => {
    const of = async (from: string, to: string) =>
      (await puller.run("submodule-url", {}, [from, to])).stdout.trim() || undefined;
    for (const [from, to, right] of [
      ["https://a.example/g/site.git", "../theme.git", "https://a.example/g/theme.git"],
      ["https://a.example/g/site", "../../other/theme", "https://a.example/other/theme"],
      ["https://a.example/g/site/", "./theme", "https://a.example/g/site/theme"],
      ["https://bot@a.example/g/site", "https://a.example/x", "https://bot@a.example/x"],
      ["https://a.example/g/site", "https://me@a.example/x", "https://a.example/x"],
      ["https://a.example/g/site", "git@a.example:g/x.git", "https://a.example/g/x.git"],
      ["https://a.example:8443/g/site", "ssh://git@a.example:2222/g/x.git", "https://a.example:8443/g/x.git"],
      ["git@a.example:g/site.git", "../theme.git", "git@a.example:g/theme.git"],
      ["git@a.example:site.git", "../theme.git", "git@a.example:theme.git"],
      ["git@a.example:g/site.git", "https://a.example/g/x", "https://a.example/g/x"],
      ["ssh://git@a.example:2222/g/site", "ssh://git@a.example:2222/g/x", "ssh://git@a.example:2222/g/x"],
      ["https://a.example/g/site", "https://b.example/x", undefined],
      ["https://a.example/g/site", "https://a.example.b.example/x", undefined],
      ["https://a.example/g/site", "https://a.example:444/x", undefined],
      ["https://a.example/g/site", "https://a.example@b.example/x", undefined],
      ["https://a.example/g/site", "http://a.example/x", undefined],
      ["https://a.example/g/site", "git://a.example/x", undefined],
      ["https://a.example/g/site", "ext::sh -c id", undefined],
      ["https://a.example/g/site", "file:///srv/repo", undefined],
      ["https://a.example/g/site", "/srv/repo", undefined],
      ["https://a.example/g/site", "--upload-pack=id", undefined],
      ["https://a.example/site", "../../../x", undefined],
      ["file:///srv/origin", "../x", undefined],
    ] as const)
      assert.equal(await of(from, to), right, `${from} ${to}`);
  });
});

async function listening(server: http.Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
}

async function freePort(): Promise<number> {
  const server = http.createServer();
  const { port } = new URL(await listening(server));
  server.close();
  return Number(port);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
