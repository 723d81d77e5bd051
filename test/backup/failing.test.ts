import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { attempt, capture } from "../../cli/exec";
import { KeptHost } from "../support/keptHost";
import { filesOf, rowsOf, sql } from "../support/siteData";
import { until } from "../support/until";

describe("a host that fails in the middle of a backup or restore", function () {
  this.timeout(900_000);
  const host = new KeptHost("failing", 18770, ["hello", "blog"]);
  const staging = path.join(host.root, ".varvol/restore");
  const mysql = `${host.namespace}mysql`;

  before(async () => {
    host.keep();
    // A file system of its own, that can be filled.
    fs.mkdirSync(host.root);
    await capture(["mount", "-t", "tmpfs", "-o", "size=900m", "tmpfs", host.root]);
    await host.up();
    // About 40 MB of dump, of which a good part is still to come when it is met half-way.
    await sql(
      host,
      "USE blog; CREATE TABLE large (id INT PRIMARY KEY AUTO_INCREMENT, text VARCHAR(1000)); INSERT INTO large (text) SELECT HEX(RANDOM_BYTES(400)) FROM seq_1_to_50000",
    );
    await host.ok("backup");
  });

  after(async () => {
    const ids = [...(await host.containers()).values()];
    if (ids.length > 0) await attempt(["docker", "rm", "-fv", ...ids]);
    await attempt(["umount", host.root]);
  });

  it("keeps no complete snapshot when the database is killed in the middle of its dump; the next one is clean", async () => {
    const before = await host.complete();
    const run = host.varvol("backup", "blog");
    await until("the dump", async () => {
      const dumping =
        "SELECT 1 FROM information_schema.processlist WHERE info LIKE 'SELECT /*!40001 SQL_NO_CACHE%large%'";
      return (await sql(host, dumping)).length > 0;
    });
    await capture(["docker", "kill", "-s", "KILL", mysql]);
    const { code, stderr } = await run;
    assert.equal(code, 1, stderr);
    assert.match(stderr, /blog: database could not be kept[\s\S]*There is no snapshot of this run/);
    await capture(["docker", "start", mysql]);
    await until("the database", () => sql(host, "SELECT 1"), 120);
    assert.deepEqual(await host.complete(), before);
    await host.ok("backup", "blog");
    await host.checked();
  });

  it("changes nothing when there is no room to restore to, and leaves no staging behind", async () => {
    const [files, rows, before] = [filesOf(host, "blog"), await rowsOf(host, "blog"), await host.snapshots()];
    const filler = path.join(host.root, "filler");
    const free = async () =>
      Number((await capture(["df", "--output=avail", "-k", host.root])).split("\n")[1]);
    // Room for nothing; then for the dump but not for the database that is made of it.
    for (const room of [5_000, 60_000]) {
      await capture(["fallocate", "-l", String(((await free()) - room) * 1024), filler]);
      const states = await host.states();
      const said = await host.refused("restore", "blog", "--yes");
      assert.match(said, /no space|full|free/i);
      assert.match(said, /Nothing was changed/);
      assert.deepEqual(await host.states(), states);
      fs.rmSync(filler);
      assert.deepEqual(fs.existsSync(staging) ? fs.readdirSync(staging) : [], []);
      assert.deepEqual(
        (await sql(host, "SHOW DATABASES")).filter((name) => name.startsWith("varvol")),
        [],
      );
      assert.deepEqual(filesOf(host, "blog"), files);
      assert.deepEqual(await rowsOf(host, "blog"), rows);
    }
    assert.deepEqual(await host.snapshots(), before);
    assert.equal((await host.get("blog.localhost")).status, 200);
    await host.ok("restore", "blog", "--yes");
    assert.deepEqual(await rowsOf(host, "blog"), rows);
  });
});
