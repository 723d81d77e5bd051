import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { attempt, capture } from "../../base/exec";
import { GitServer } from "../support/gitServer";
import { TestHost } from "../support/testHost";

interface Found {
  readonly drift: readonly { subject: string; what: string; differences: { key: string }[] }[];
}

describe("drift", function () {
  this.timeout(300_000);
  const host = new TestHost("drift", 18424);
  let git: GitServer;

  const drift = async (): Promise<string[]> => {
    const { code, stdout, stderr } = await host.varvol("drift", "--json");
    const found = (JSON.parse(stdout || "{}") as Found).drift;
    assert.equal(code, found.length > 0 ? 1 : 0, stderr);
    return found.map(({ subject, what, differences }) =>
      [subject, what, ...differences.map(({ key }) => key)].join(" "),
    );
  };
  const conf = (file: string) => path.join(host.root, "gateway/conf", file);

  before(async () => {
    git = await GitServer.start(path.join(host.folder, "git"));
    await git.commit("docs", { "index.html": "docs" });
    const site = (name: string) => ({
      name,
      kind: "static",
      domains: [`${name}.localhost`],
      import: path.resolve("demo/hello"),
    });
    host.configure([
      site("hello"),
      site("other"),
      { name: "docs", kind: "static-git", domains: ["docs.localhost"], git: { url: `${git.address}/docs` } },
    ]);
    await host.up();
  });

  after(() => git.stop());

  it("is none after `up`", async () => {
    const { code, stdout } = await host.varvol("drift");
    assert.equal(code, 0, stdout);
    assert.match(stdout, /as `up` left it/);
  });

  it("is found in containers that were changed, stopped, removed or added by hand", async () => {
    const [hello, docs, puller, other] = await Promise.all(
      ["hello/web", "docs/web", "docs/git", "other/web"].map((role) => host.container(role)),
    );
    const image = await capture(["docker", "inspect", "-f", "{{.Config.Image}}", hello]);
    await capture(["docker", "update", "--memory", "100m", "--memory-swap", "100m", hello]);
    await capture(["docker", "update", "--restart", "no", docs]);
    await capture(["docker", "network", "connect", "bridge", docs]);
    await capture(["docker", "stop", "-t", "1", puller]);
    await capture(["docker", "rm", "-f", other]);
    const stray = ["--name", `${host.namespace}stray`, "--label", `varvol.host=varvol/${host.stack}`];
    await capture(["docker", "run", "-d", ...stray, "--entrypoint", "sleep", image, "600"]);
    assert.deepEqual((await drift()).sort(), [
      "docs/git stopped (exit code 0)",
      "docs/web changed network bridge restart",
      "hello/web changed memory",
      "other/web removed",
      `${host.namespace}stray stray`,
    ]);
  });

  it("is found in files of the gateway and of the tools that were edited, added or removed", async () => {
    fs.appendFileSync(conf("current/vhosts/hello.conf"), "# by hand\n");
    fs.writeFileSync(conf("current/vhosts/added.conf"), "# by hand\n");
    const [part = ""] = fs.readdirSync(conf("parts")).filter((name) => name.startsWith("docs."));
    fs.rmSync(conf(`parts/${part}/vhosts/docs.conf`));
    fs.appendFileSync(path.join(host.root, ".varvol/bin/purge"), "# by hand\n");
    const found = await drift();
    assert.deepEqual(found.slice(5).sort(), [
      ".varvol/bin/purge edited",
      `gateway/conf/current/vhosts/added.conf added`,
      "gateway/conf/current/vhosts/hello.conf edited",
      `gateway/conf/parts/${part}/vhosts/docs.conf removed`,
    ]);
  });

  it("is put right by `up --repair`, which replaces what drifted and leaves the rest alone", async () => {
    const before = await host.containers();
    const repaired = await host.varvol("up", "--repair");
    assert.equal(repaired.code, 0, repaired.stdout + repaired.stderr);
    assert.match(repaired.stderr, /hello\/web is changed: memory 64 MiB -> 100 MiB/);
    assert.deepEqual(await drift(), []);
    const after = await host.containers();
    for (const role of ["gateway/gateway", "gateway/net"])
      assert.equal(after.get(role), before.get(role), role);
    for (const role of ["hello/web", "docs/web", "docs/git"])
      assert.notEqual(after.get(role), before.get(role), role);
    assert.notEqual((await attempt(["docker", "inspect", `${host.namespace}stray`])).code, 0);
    assert.ok(!fs.existsSync(conf("current/vhosts/added.conf")));
    for (const name of ["hello", "other"])
      assert.match((await host.get(`${name}.localhost`)).body, /Hello from Varvol/);
    assert.equal((await host.get("docs.localhost")).body, "docs");
  });

  it("leaves nothing behind that the next `up` would change", async () => {
    const before = await host.containers();
    assert.match(await host.up(), /Nothing changed/);
    assert.deepEqual(await host.containers(), before);
    assert.deepEqual(await drift(), []);
  });

  it("is found in a network that was removed by hand, and put right", async () => {
    const network = `${host.namespace}database`;
    await capture(["docker", "network", "rm", network]);
    assert.deepEqual(await drift(), [`${network} removed`]);
    assert.equal((await host.varvol("up", "--repair")).code, 0);
    assert.deepEqual(await drift(), []);
  });
});
