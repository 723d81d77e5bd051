import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";
import { attempt, capture, type Result } from "../../base/exec";
import { GitServer } from "../support/gitServer";
import { Registry } from "../support/registry";
import { TestHost } from "../support/testHost";
import { until } from "../support/until";

describe("bad input", function () {
  this.timeout(300_000);
  const host = new TestHost("bad", 18230);
  const hello = {
    name: "hello",
    kind: "static",
    domains: ["hello.localhost"],
    import: path.resolve("demo/hello"),
  };
  const crashing = { name: "crashing", kind: "static", domains: ["crashing.localhost"], image: "" };
  const silent = { name: "silent", kind: "static", domains: ["silent.localhost"], image: "" };
  const impatient = { healthTimeout: "40s" };
  let registry: Registry;
  let git: GitServer;
  let running: Map<string, string>;
  /** An `up` with images that don't serve; it takes as long as the gate has patience. */
  let failing: Promise<Result>;

  before(async () => {
    host.configure([hello], impatient);
    await host.up();
    running = await host.containers();
    registry = await Registry.start();
    crashing.image = registry.add("crashing", "echo 'no configuration found'; exit 3");
    silent.image = registry.add(
      "silent",
      "trap exit QUIT; echo 'waiting for nothing'; while :; do sleep 1; done",
    );
    host.configure([hello, crashing, silent], impatient);
    failing = host.varvol("up");
    git = await GitServer.start(path.join(host.folder, "git"), 19430);
    await git.commit("docs", { "index.html": "docs" });
  });

  after(async () => {
    git?.stop();
    await registry?.stop();
  });

  describe("that can be told beforehand", () => {
    const fresh = new TestHost("fresh", 18235);
    const page = (more: Record<string, unknown>) => ({ ...hello, ...more });
    const docs = (address: string) => ({
      name: "docs",
      kind: "static-git",
      domains: ["docs.localhost"],
      git: { url: address },
    });

    async function refuses(message: RegExp, env: NodeJS.ProcessEnv = {}): Promise<void> {
      const args = [process.execPath, "cli/varvol.cjs", "up", "--config-file", fresh.configFile];
      const { code, stdout, stderr } = await attempt(args, { env: { ...fresh.env, ...env } });
      assert.equal(code, 1, stdout);
      assert.match(stderr, message);
      // What is wrong is said in words, not in a stack trace.
      assert.doesNotMatch(stderr, /^ +at /m);
      assert.ok(!fs.existsSync(fresh.root), "no folder is made");
      assert.equal((await fresh.containers()).size, 0);
      const networks = await capture(["docker", "network", "ls", "--format", "{{.Name}}"]);
      assert.ok(!networks.includes(fresh.namespace));
    }

    it("is an unknown key", async () => {
      fresh.configure([page({ colour: "red" })]);
      await refuses(/varvol:sites\[0\]\.colour: is not a key that Varvol knows/);
      fresh.configure([hello], { gatway: {} });
      await refuses(/varvol:gatway: is not a key that Varvol knows/);
    });

    it("is a missing key", async () => {
      fresh.configure([
        page({ domains: undefined }),
        { name: "docs", kind: "static-git", domains: ["docs.localhost"] },
      ]);
      await refuses(
        /varvol:sites\[0\]\.domains: is missing; must be an array[^]*varvol:sites\[1\]\.git: is missing/,
      );
    });

    it("is a repository that can't be reached", async () => {
      fresh.configure([docs(git.address.replace("19430", "19439") + "/docs")]);
      await refuses(
        /varvol:sites\[0\]\.git\.url: git:\/\/\S+:19439\/docs can't be reached \(.*Connection refused/,
      );
      fresh.configure([docs(`${git.address}/nothing`)]);
      await refuses(/varvol:sites\[0\]\.git\.url: git:\/\/\S+\/nothing can't be reached/);
      fresh.configure([docs("/no/such/repository")]);
      await refuses(/varvol:sites\[0\]\.git\.url: \/no\/such\/repository does not exist/);
    });

    it("is a branch that isn't there", async () => {
      fresh.configure([{ ...docs(""), git: { url: `${git.address}/docs`, branch: "releases" } }]);
      await refuses(
        /varvol:sites\[0\]\.git\.branch: git:\/\/\S+\/docs has no branch or tag "releases"; it has the branches main/,
      );
    });

    it("is a port that a container or a process holds, which is named", async () => {
      fresh.configure([hello], { gateway: { http: host.http, https: fresh.https } });
      await refuses(
        new RegExp(
          `varvol:gateway.http: port ${host.http} on this machine is in use by the container ${host.namespace}gateway-net`,
        ),
      );
      const server = net.createServer().listen(fresh.https, "127.0.0.1");
      try {
        fresh.configure([hello]);
        await refuses(
          new RegExp(`varvol:gateway.https: port ${fresh.https} .* in use by \\S+ \\(pid ${process.pid}\\)`),
        );
      } finally {
        server.close();
      }
    });

    it("is a daemon that doesn't answer", async () => {
      fresh.configure([hello]);
      await refuses(
        /this machine: docker does not answer \(.*tcp:\/\/127\.0\.0\.1:9.*\); install or start it/s,
        { DOCKER_HOST: "tcp://127.0.0.1:9" },
      );
    });

    it("is an image that isn't pinned by its digest", async () => {
      fresh.configure([page({ image: "nginx:latest" })]);
      await refuses(/varvol:sites\[0\]\.image: "nginx:latest" must be pinned by digest/);
    });
  });

  describe("that only shows when it runs", () => {
    it("is an image that ends at once or never serves: up fails with its last log lines", async () => {
      const { code, stderr } = await failing;
      assert.equal(code, 1);
      assert.match(
        stderr,
        /crashing-web-\w+ (crashes: docker has started it \d+ times again|has stopped with exit code 3)/,
      );
      assert.match(stderr, /Its last log lines:\n\s*\| no configuration found/);
      assert.match(
        stderr,
        /silent-web-\w+ is not healthy after 40 seconds: .*(Connection refused|Failed to connect)/,
      );
      assert.match(stderr, /\| waiting for nothing/);
    });

    it("leaves the other sites alone", async () => {
      for (const [role, id] of running) assert.equal((await host.containers()).get(role), id, role);
      assert.match((await host.get("hello.localhost")).body, /Hello from Varvol/);
      await assert.rejects(host.get("crashing.localhost"), /socket hang up|ECONNRESET/);
    });

    it("needs nothing by hand once it is put right", async () => {
      host.configure([
        hello,
        { ...crashing, image: undefined },
        { ...silent, image: undefined, import: path.resolve("demo/docs") },
      ]);
      await host.up();
      assert.equal((await host.get("silent.localhost")).status, 200);
      const left = await until("the containers of the bad images to be gone", async () => {
        const text = await capture(["docker", "ps", "-a", "--format", "{{.Image}}"]);
        return !text.includes(silent.image) && !text.includes(crashing.image);
      });
      assert.ok(left);
    });
  });
});
