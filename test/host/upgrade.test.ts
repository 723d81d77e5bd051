import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { capture } from "../../base/exec";
import type { ImageLock } from "../../components/imageLock";
import type { Checked } from "../../flows/upgrade/holes";
import { readLock, writeLock } from "../../stacks/lock";
import { TestHost } from "../support/testHost";

describe("an upgrade", function () {
  this.timeout(600_000);
  const host = new TestHost("upgrade", 18600);
  const hello = {
    name: "hello",
    kind: "static",
    domains: ["hello.localhost"],
    import: path.resolve("demo/hello"),
  };
  const blog = { name: "blog", kind: "wordpress", domains: ["blog.localhost"] };
  const lockFile = host.lockFile;

  const imageOf = async (role: string) =>
    capture(["docker", "inspect", "-f", "{{.Config.Image}}", await host.container(role)]);
  const sql = (statement: string) =>
    capture(["docker", "exec", `${host.namespace}mysql`, "mariadb", "-N", "-B", "-e", statement]);
  const varvol = async (...args: string[]) => {
    const result = await host.varvol(...args);
    assert.equal(result.code, 0, result.stdout + result.stderr);
    return result.stdout;
  };
  const setDatabaseVersion = (version: number) =>
    sql(`UPDATE blog.wp_options SET option_value = '${version}' WHERE option_name = 'db_version'`);

  before(async () => {
    // Images that hold a package too many: what an upgrade finds is always different.
    const newest = readLock();
    const netbase = {
      netbase: (
        await capture([
          "docker",
          "run",
          "--rm",
          "debian:trixie-slim",
          "sh",
          "-c",
          "apt-get -qq update && apt-cache show netbase | sed -n 's/^Version: //p' | head -n 1",
        ])
      ).trim(),
    };
    const older = (set: "web" | "php") => ({
      snapshot: "20260101T000000Z",
      packages: { ...newest.sets[set]?.packages, ...netbase },
    });
    writeLock({ ...newest, sets: { ...newest.sets, web: older("web"), php: older("php") } }, lockFile);
    host.configure([hello, blog]);
    await host.up();
  });

  it("runs nothing new before the lock has changed and `up` was said", async () => {
    const before = await host.containers();
    assert.match(await host.up(), /Nothing changed/);
    const text = await varvol("upgrade", "hello");
    assert.match(text, /hello\s+netbase\s+\S+\s+-/);
    assert.deepEqual(await host.containers(), before);
  });

  it("of one site replaces that site's containers and no others", async () => {
    const before = await host.containers();
    await host.up();
    const after = await host.containers();
    const replaced = [...after].filter(([role, id]) => before.get(role) !== id).map(([role]) => role);
    assert.deepEqual(replaced, ["hello/web"]);
    assert.match((await host.get("hello.localhost")).body, /Hello from Varvol/);
  });

  it("that WordPress's database can't follow fails, and the old generation serves on", async () => {
    await varvol("upgrade");
    const php = await host.container("blog/php");
    await setDatabaseVersion(58000);
    await sql(
      "REVOKE ALL PRIVILEGES ON blog.* FROM 'blog'@'%'; GRANT SELECT, INSERT, DELETE ON blog.* TO 'blog'@'%'",
    );
    const failed = await host.varvol("up");
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /database migration \(58000 to \d+\) failed[\s\S]*dumps\//);
    assert.equal((await host.get("blog.localhost", "/?after-failure")).status, 200);
    assert.equal(await capture(["docker", "inspect", "-f", "{{.State.Running}}", php]), "true");
    assert.equal(
      await capture(["readlink", path.join(host.root, "blog/run/fpm.sock")]),
      `php/php-${php.slice(0, 12)}.sock`,
    );
  });

  it("dumps and migrates the database between gate and switch, once it can", async () => {
    await sql("GRANT ALL PRIVILEGES ON blog.* TO 'blog'@'%'");
    const gateway = await host.container("gateway/gateway");
    await host.up();
    assert.ok(
      Number(await sql("SELECT option_value FROM blog.wp_options WHERE option_name = 'db_version'")) > 58000,
    );
    const dumps = fs.readdirSync(path.join(host.root, "blog/dumps"));
    assert.ok(
      dumps.some((name) => /before-58000-to-\d+\.sql\.gz$/.test(name)),
      dumps.join(),
    );
    assert.equal(
      await host.container("gateway/gateway"),
      gateway,
      "modules are upgraded only when they are named",
    );
    assert.equal((await host.get("blog.localhost", "/?after")).status, 200);
    assert.match(await varvol("upgrade"), /the lock did not change/);
  });

  it("is rolled back in one command", async () => {
    const upgraded = await imageOf("hello/web");
    assert.match(await varvol("rollback", "hello"), /hello: varvol\/web:\w+ -> varvol\/web:\w+/);
    const rolledBack = await imageOf("hello/web");
    assert.notEqual(rolledBack, upgraded);
    assert.match((await host.get("hello.localhost")).body, /Hello from Varvol/);
    const lock = JSON.parse(fs.readFileSync(lockFile, "utf8")) as ImageLock;
    assert.deepEqual(lock.pins, { hello: { web: rolledBack } });
    assert.match(await host.up(), /Nothing changed/);
  });

  it("is not rolled back where the database has moved on, and the dump is named", async () => {
    const version = Number(
      await sql("SELECT option_value FROM blog.wp_options WHERE option_name = 'db_version'"),
    );
    await setDatabaseVersion(version + 1000);
    const refused = await host.varvol("rollback", "blog");
    await setDatabaseVersion(version);
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /blog: no way back: WordPress's database is of version \d+[\s\S]*dumps\/\S+\.sql\.gz/,
    );
  });

  it("to packages that can't be had any more fails in the build's own words, and serves on", async () => {
    const lock = readLock(lockFile);
    const web = { snapshot: "20260101T000000Z", packages: { ...lock.sets.web?.packages, netbase: "0.0" } };
    writeLock({ ...lock, sites: { ...lock.sites, hello: { web } }, pins: {} }, lockFile);
    const { code, stderr } = await host.varvol("up");
    assert.equal(code, 1);
    assert.match(
      stderr,
      /image-web-hello said last:[^]*can't be had any more: netbase=0\.0 \. Run: npx varvol upgrade/,
    );
    assert.match((await host.get("hello.localhost")).body, /Hello from Varvol/);
    writeLock(lock, lockFile);
    assert.match(await host.up(), /Nothing changed/);
  });

  it("is asked for where the security archive has a newer version of what is locked, and by whom", async () => {
    const unknown =
      /Nothing that is locked has a security update[^]*hello: runs varvol\/web:\w+, and the lock does not say/;
    assert.match(await varvol("upgrade", "--check", "hello"), unknown, "it was rolled back");
    const lock = readLock(lockFile);
    const packages = { ...lock.sets.web?.packages, "nginx-light": "1.26.3-1" };
    const web = { snapshot: "20260101T000000Z", packages };
    writeLock({ ...lock, sites: { ...lock.sites, hello: { web } }, pins: {} }, lockFile);
    const { code, stdout } = await host.varvol("upgrade", "--check", "hello", "blog", "--json");
    const status = await host.varvol("status");
    writeLock(lock, lockFile);
    assert.equal(code, 1);
    const { holes, unknown: others } = JSON.parse(stdout) as Checked;
    assert.deepEqual(
      holes.map(({ fixed, ...hole }) => ({ ...hole, newer: fixed.startsWith("1.26.") })),
      [
        {
          ...{ package: "nginx-light", locked: "1.26.3-1", images: ["web"], owners: ["hello"] },
          newer: true,
        },
      ],
    );
    assert.deepEqual(others, []);
    assert.match(
      status.stdout,
      /packages: \d+ days old\n[^]*the packages in the images are those of \d+ days ago/,
    );
    assert.equal(status.code, 0, "it is no fault");
  });

  it("that converts all databases needs a dump of them first, and data is never left behind", async () => {
    const before = await host.containers();
    const refuses = async (message: RegExp) => {
      const { code, stderr } = await host.varvol("up");
      assert.equal(code, 1);
      assert.match(stderr, message);
      assert.deepEqual(await host.containers(), before);
    };
    host.configure([hello, blog], { volumeRoot: path.join(host.folder, "elsewhere") });
    await refuses(
      /varvol:volumeRoot: all data lies in \S+\/vol, and the sites would start empty in \S+\/elsewhere/,
    );
    host.configure([hello, blog]);
    const lock = readLock(lockFile);
    const { mariadb = { snapshot: "20260101T000000Z", packages: {} } } = lock.sets;
    const packages = { ...mariadb.packages, "mariadb-server": "1:12.3.1-1" };
    writeLock({ ...lock, sets: { ...lock.sets, mariadb: { ...mariadb, packages } } }, lockFile);
    await refuses(/images\.lock\.json: MariaDB 11\.8 -> 12\.3 converts the data for good/);
    writeLock(lock, lockFile);
    assert.match(await host.up(), /Nothing changed/);
  });

  it("leaves old images to prune, which keeps the current and the previous ones, of other stacks there, too", async () => {
    const current = await imageOf("hello/web");
    const generations = fs
      .readFileSync(path.join(host.root, ".varvol/generations/hello-web"), "utf8")
      .trim()
      .split("\n");
    const other = path.join(host.folder, "other");
    const [unused = "", oldest = "", previous = "", running = "", restic = ""] = Array.from(
      { length: 5 },
      (_, i) => `varvol/web:${String(i).padStart(12, "0")}`,
    );
    for (const image of [unused, oldest, previous, running, restic])
      await capture(["docker", "tag", current, image]);
    for (const folder of ["generations", "backup"])
      fs.mkdirSync(path.join(other, ".varvol", folder), { recursive: true });
    fs.writeFileSync(
      path.join(other, ".varvol/generations/hello-web"),
      `${[oldest, previous, running].join("\n")}\n`,
    );
    fs.writeFileSync(path.join(other, ".varvol/backup/host"), `other . ${restic}\n`);
    const gateway = ["--name", `${host.namespace}other-gateway`, "--label", "varvol.role=gateway"];
    await capture(["docker", "create", ...gateway, "-v", `${other}/gateway/conf:/etc/varvol`, current]);
    await varvol("prune");
    const list = [
      "docker",
      "images",
      "--format",
      "{{.Repository}}:{{.Tag}}",
      "--filter",
      "reference=varvol/*",
    ];
    const left = (await capture(list)).split("\n");
    for (const image of [unused, oldest]) assert.ok(!left.includes(image), image);
    for (const image of [previous, running, restic, ...generations.slice(-2)])
      assert.ok(left.includes(image), image);
    await capture(["docker", "rmi", previous, running, restic]);
  });
});
