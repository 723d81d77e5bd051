import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { HostTools } from "../support/hostTool";

describe("the scripts that are sent to a host", () => {
  let host: HostTools;
  beforeEach(() => {
    host = new HostTools();
    host.standIn("docker", "");
  });
  afterEach(() => host.remove());

  it("prune keeps what is named, what a container is of, and each role's last two images on every stack", async () => {
    const other = path.join(host.root, "other");
    host.file(".varvol/generations/blog-php", "varvol/php:1\nvarvol/php:2\nvarvol/php:3\nvarvol/php:2\n");
    host.file(".varvol/backup/host", "local t- varvol/agent:1\n");
    host.file("other/.varvol/generations/web", "varvol/web:9\n");
    host.file(".varvol/proven/id-of-varvol/php:1");
    const there = ["php:1", "php:2", "php:3", "agent:1", "agent:2", "web:9", "web:8", "web:7"];
    host.standIn(
      "docker",
      `case "$*" in
        images*) printf 'varvol/%s 9MB\\n' ${there.join(" ")} ;;
        *role=gateway*) echo gateway ;;
        *Mounts*) echo '${other}/gateway/conf' ;;
        ps*) echo container ;;
        *Config.Image*) echo varvol/web:8 ;;
        "image inspect"*) echo sha256:id ;;
      esac`,
    );
    const { code, stdout } = await host.script("prune", host.root, "varvol/web:7");
    assert.equal(code, 0);
    assert.equal(stdout, "varvol/php:1 9MB\nvarvol/agent:2 9MB\n");
    assert.deepEqual(
      host.words("docker").filter(([verb]) => verb === "rmi"),
      [
        ["rmi", "varvol/php:1"],
        ["rmi", "varvol/agent:2"],
      ],
    );
  });

  it("restoring remembers the snapshot that a host comes back to, until it has", async () => {
    const ask = async (...words: string[]) => (await host.script("restoring", host.root, ...words)).stdout;
    assert.equal(await ask("which"), "");
    await ask("begin", "20261121t135501-3fa9");
    assert.equal(await ask("which"), "20261121t135501-3fa9\n");
    await ask("end");
    assert.equal(await ask("which"), "");
  });

  it("move-aside moves no volume root that containers use", async () => {
    host.file("vol it's/blog/page");
    const root = path.join(host.root, "vol it's");
    host.standIn("docker", "echo blog-web");
    const refused = await host.script("move-aside", root, "varvol/local");
    assert.deepEqual([refused.code, fs.existsSync(root)], [1, true]);
    assert.match(refused.stderr, /containers still use .*vol it's: blog-web; remove them first/);
    host.standIn("docker", "");
    const { code, stdout } = await host.script("move-aside", root, "varvol/local");
    assert.equal(code, 0);
    assert.ok(stdout.startsWith(`${root}.before-`) && fs.existsSync(`${stdout.trim()}/blog/page`));
  });

  it("left-undone says nothing of a host that has no agent, or no volume root", async () => {
    host.file("vol/.varvol/backup/stopped/run");
    const ask = (root: string) => host.script("left-undone", path.join(host.root, root));
    for (const root of ["vol", "missing"])
      assert.deepEqual([(await ask(root)).code, (await ask(root)).stdout], [0, ""]);
    host.file("vol/.varvol/bin/agent");
    fs.chmodSync(path.join(host.root, "vol/.varvol/bin/agent"), 0o755);
    assert.equal((await ask("vol")).stdout, "backup/stopped/run\n");
  });

  it("look finds a bare machine, and one whose volumes are there", async () => {
    host.standIn("docker", "echo Cannot connect >&2; exit 1");
    const look = async (root: string) =>
      (await host.script("look", root, "net", "varvol/local", "base", "site content", "1")).stdout;
    const bare = await look(path.join(host.root, "missing/deep"));
    assert.match(bare, /^docker-problem Cannot connect\nfree-volumes \d+\nmariadb \n$/);
    host.standIn("docker", "echo 28");
    assert.doesNotMatch(await look(path.join(host.root, "missing")), /^unfiltered/m);
    host.standIn("docker", "echo Cannot connect >&2; exit 1");
    host.file("vol/hello/site/page");
    host.file("vol/blog/content/x");
    fs.rmSync(path.join(host.root, "vol/blog/content/x"));
    host.file("vol/gateway/conf/current/manifest", "_main 1\nhello 2\n");
    host.file("vol/mysql/data/data/mariadb_upgrade_info", "11.8.3-MariaDB\n");
    const lines = (await look(path.join(host.root, "vol"))).split("\n").slice(2);
    assert.deepEqual(lines, [
      ...["volume blog", "volume gateway", "volume hello", "filled hello", "volume mysql"],
      ...["mariadb 11.8.3-MariaDB", "routed _main", "routed hello", ""],
    ]);
  });
});
