import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { attempt, capture } from "../../base/exec";
import { KeptHost } from "../support/keptHost";
import { filesOf, rowsOf, sql } from "../support/siteData";
import { until } from "../support/until";

describe("a host that fails in the middle of a backup or restore", function () {
  this.timeout(900_000);
  const host = new KeptHost("fails", 18850, ["hello", "blog"]);
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
    const states = await host.states();
    const fill = async (room: number) => {
      // What is restored meanwhile takes room as well.
      for (let k = 0; ; k++) {
        const { code, stderr } = await attempt(["fallocate", "-l", `${(await free()) - room}K`, filler]);
        if (code === 0) return;
        assert.ok(k < 20, stderr);
      }
    };
    const refusedBecause = async (reason: RegExp, restore: Promise<string>) => {
      const said = await restore;
      fs.rmSync(filler);
      assert.match(said, reason);
      assert.match(said, /Nothing was changed/);
      assert.deepEqual(await host.states(), states);
      assert.deepEqual(fs.existsSync(staging) ? fs.readdirSync(staging) : [], []);
      assert.deepEqual(
        (await sql(host, "SHOW DATABASES")).filter((name) => name.startsWith("varvol")),
        [],
      );
      assert.deepEqual(filesOf(host, "blog"), files);
      assert.deepEqual(await rowsOf(host, "blog"), rows);
    };
    await fill(5_000);
    await refusedBecause(/needs \d+ MiB .* and \d MiB are free/, host.refused("restore", "blog", "--yes"));
    const databases = path.join(host.root, "mysql/data/data");
    const begun = {
      "the dump comes": () => fs.existsSync(path.join(staging, "blog/database.sql")),
      "the database is made of it": () =>
        fs
          .readdirSync(databases)
          .some(
            (name) => name.startsWith("varvol") && fs.existsSync(path.join(databases, name, "large.ibd")),
          ),
    };
    for (const [moment, has] of Object.entries(begun)) {
      const restore = host.refused("restore", "blog", "--yes");
      for (let k = 0; k < 6000 && !has(); k++) await sleep(10);
      assert.ok(has(), `${moment}: it was never seen`);
      await fill(4_000);
      await refusedBecause(/no space|full|write error/i, restore);
    }
    assert.deepEqual(await host.snapshots(), before);
    assert.equal((await host.get("blog.localhost")).status, 200);
    await host.ok("restore", "blog", "--yes");
    assert.deepEqual(await rowsOf(host, "blog"), rows);
  });
});
