import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { capture } from "../../../base/exec";
import { inspect } from "../../support/docker";
import type { KeptHost } from "../../support/keptHost";
import { filesOf, rowsOf, sql } from "../../support/siteData";

/** Where a dump or a repository's file would be asked for, were one left in reach of the web server. */
const TEMPTING = ["/SITE.sql", "/SITE.sql.gz", "/database.sql", "/dump.sql", "/.restic", "/.restic/config"];

/** What is refused, what nobody sees, and what is removed. */
export function refusalCases(host: KeptHost): void {
  it("refuses snapshots of other sites, a wrong password and a missing repository before it touches data", async () => {
    const files = filesOf(host, "hello");
    const { password, repository } = host;
    const blog = (await host.complete()).find(({ site }) => site === "blog");
    assert.match(
      await host.refused("restore", "hello", "--snapshot", blog?.run ?? "", "--yes"),
      /is a snapshot of blog, not of hello/,
    );
    const verbs = [
      ["restore", "hello", "--yes"],
      ["backup", "hello"],
    ];
    const right = fs.readFileSync(password);
    fs.writeFileSync(password, "wrong");
    for (const verb of verbs)
      assert.match(await host.refused(...verb), /has another password than this host/);
    fs.writeFileSync(password, right);
    fs.renameSync(repository, `${repository}.away`);
    for (const verb of verbs)
      assert.match(await host.refused(...verb), /the backup repository \S+ is not there/);
    fs.renameSync(`${repository}.away`, repository);
    assert.deepEqual(filesOf(host, "hello"), files);
  });

  it("refuses a snapshot of a newer WordPress than the site has", async () => {
    const version = "blog.wp_options SET option_value = option_value";
    const newer = "+ 10000 WHERE option_name = 'db_version'";
    await sql(host, `UPDATE ${version} ${newer}`);
    await host.ok("backup", "blog");
    await sql(host, `UPDATE ${version} ${newer.replace("+", "-")}`);
    const rows = await rowsOf(host, "blog");
    assert.match(
      await host.refused("restore", "blog", "--yes"),
      /is of a newer WordPress .* Nothing was changed/,
    );
    assert.match(await host.refused("drill", "blog"), /is of a newer WordPress/);
    assert.deepEqual(await rowsOf(host, "blog"), rows);
  });

  it("shows the password in no argument, no inspection and no file that others read, and no dump to visitors", async () => {
    const { password } = JSON.parse(await host.ok("recovery-kit", "--json")) as { password: string };
    const secrets = [password, fs.readFileSync(path.join(host.root, "blog/secrets/database"), "utf8").trim()];
    const seen: string[] = [];
    const answers = new Set<number>();
    let asked = 0;
    const run = host.varvol("backup");
    for (let over = false; !over;) {
      over = await Promise.race([run.then(() => true), sleep(100).then(() => false)]);
      seen.push(await capture(["ps", "-eo", "args"]));
      const ids = await capture(["docker", "ps", "-q", "--filter", `name=${host.namespace}backup-`]);
      for (const id of ids.split("\n").filter(Boolean))
        seen.push(JSON.stringify(await inspect(id).catch(() => "")));
      for (const site of ["hello", "blog"]) {
        const path = TEMPTING[asked++ % TEMPTING.length] ?? "";
        answers.add((await host.get(`${site}.localhost`, path.replace("SITE", site))).status);
      }
    }
    assert.ok(asked >= 2 * TEMPTING.length, `only ${asked} requests`);
    assert.deepEqual(
      [...answers].filter((status) => status !== 403 && status !== 404),
      [],
    );
    assert.ok(seen.some((text) => text.includes("RESTIC_PASSWORD_FILE")));
    assert.ok(!seen.some((text) => secrets.some((secret) => text.includes(secret))));
    assert.equal(fs.statSync(host.password).mode & 0o777, 0o600);
    assert.equal(fs.statSync(path.dirname(host.password)).mode & 0o777, 0o700);
  });

  it("forgets what the stack file does not keep, and what was cut off", async () => {
    host.keep({ keep: { last: 1 } });
    await host.ok("forget", "--yes");
    const left = await host.snapshots();
    assert.deepEqual(left.map(({ site }) => site).sort(), ["blog", "copy", "hello"]);
    assert.ok(left.every(({ complete }) => complete));
    await host.checked();
    await host.ok("restore", "hello", "--yes");
  });
}
