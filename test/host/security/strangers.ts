import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { capture } from "../../../base/exec";
import { runPhp } from "../../support/docker";
import { restic } from "../../support/restic";
import { filesOf, sql } from "../../support/siteData";
import { tar } from "../../support/tar";
import type { TestHost } from "../../support/testHost";

/** What a site's archive, dump, snapshot and the names in its database may hold that is a command elsewhere. */
export function strangerCases(host: TestHost, sites: readonly Record<string, unknown>[]): void {
  const repository = path.join(host.folder, "repository");
  const file = (name: string) => path.join(host.folder, name);
  const configure = (...more: Record<string, unknown>[]) =>
    host.configure([...sites, ...more], { backup: { repository } });

  /** Who has which rights on the server, and what lies there that nobody made. */
  const rights = async () => ({
    grants: await Promise.all(["one", "two"].map((user) => sql(host, `SHOW GRANTS FOR '${user}'@'%'`))),
    users: await sql(host, "SELECT user, host FROM mysql.user ORDER BY user, host"),
    temporary: (await capture(["docker", "exec", `${host.namespace}mysql`, "ls", "-A", "/tmp"])).split("\n"),
  });

  const ok = async (...args: string[]) => {
    const { code, stdout, stderr } = await host.varvol(...args);
    assert.equal(code, 0, stderr);
    return stdout;
  };

  it("IMPORT-2, IMPORT-3: an archive's names are no commands, and only its files, folders and links inside come", async () => {
    const canary = file("canary");
    fs.writeFileSync(canary, "alive");
    const long = `x\n${canary}`;
    fs.writeFileSync(
      file("evil.tar"),
      tar([
        { name: "index.html", content: "a page" },
        { name: "$(touch owned)`touch owned`.html", content: "a name" },
        ...long
          .split("/")
          .slice(0, -1)
          .map((_, i, all) => ({
            name: `${all.slice(0, i + 1).join("/")}/`,
            type: "5" as const,
            mode: 0o755,
          })),
        { name: long, type: "2", target: "/etc/passwd" },
        { name: "line\nend.html", content: "two lines" },
        { name: "null", type: "3", mode: 0o666 },
        { name: "pipe", type: "6" },
        { name: "root", content: "#!/bin/sh\n", mode: 0o6755 },
        { name: "up", type: "2", target: "../../../canary" },
        { name: "shadow", type: "1", target: "../../canary" },
        { name: "../escaped", content: "out" },
        { name: "inside", type: "2", target: "index.html" },
      ]),
    );
    configure({ name: "tarred", kind: "static", domains: ["tarred.localhost"], import: file("evil.tar") });
    await host.up();
    assert.equal(fs.readFileSync(canary, "utf8"), "alive");
    assert.equal((await host.get("tarred.localhost", "/inside")).body, "a page");
    const names = filesOf(host, "tarred").map((line) => line.split(" 1")[0]);
    assert.deepEqual(
      names.filter((name) => /null|pipe|shadow|escaped|owned$|up$/.test(name ?? "")),
      [],
    );
    assert.ok(names.some((name) => name?.includes("line\nend.html")));
    const mode = fs.statSync(path.join(host.root, "tarred/site/root")).mode;
    assert.equal(mode & 0o7000, 0);
    for (const place of [host.root, path.join(host.root, "tarred"), host.folder])
      assert.ok(!fs.readdirSync(place).some((name) => ["escaped", "owned"].includes(name)), place);
  });

  it("IMPORT-1: a dump reaches nothing but its own database, and the client's own commands are none", async () => {
    const before = await rights();
    const row = "INSERT INTO t VALUES ('\\\\! touch /tmp/owned\n\\! touch /tmp/owned');";
    const harmless = [
      ...["-- MariaDB dump 10.19", "CREATE DATABASE `two`;", "USE `two`;", "CREATE TABLE t (v TEXT);", row],
      ...[
        "GRANT ALL PRIVILEGES ON *.* TO 'dumped'@'%';",
        "DROP DATABASE one;",
        "SET GLOBAL max_connections = 1;",
      ],
      "-- Dump completed",
    ];
    const hostile = [
      ["\\! touch /tmp/owned"],
      ["source /var/lib/mysql/data/one/wp_users.frm"],
      ["DROP TABLE `two`.`wp_posts`;"],
      ["SELECT 1 INTO OUTFILE '/tmp/owned';"],
      ["CREATE DEFINER=`mysql`@`localhost` FUNCTION f() RETURNS INT SQL SECURITY DEFINER RETURN 1;", "x;"],
    ];
    const dump = (lines: readonly string[]) => fs.writeFileSync(file("dump.sql"), `${lines.join("\n")}\n`);
    const dumped = {
      ...{ name: "dumped", kind: "wordpress", domains: ["dumped.localhost"] },
      import: { database: file("dump.sql") },
    };
    configure(dumped);
    for (const lines of hostile) {
      dump(["-- MariaDB dump 10.19", "CREATE TABLE t (v TEXT);", ...lines, "-- Dump completed"]);
      const { code, stderr } = await host.varvol("up");
      assert.equal(code, 1, lines.join());
      assert.match(stderr, /dump\.sql can't be read into the database/);
      assert.deepEqual(await sql(host, "SHOW TABLES FROM dumped"), []);
    }
    dump(harmless);
    await host.varvol("up");
    assert.equal((await sql(host, "SELECT COUNT(*) FROM dumped.t"))[0], "1");
    assert.ok(
      (await sql(host, "SHOW GRANTS FOR dumped@'%'")).every((line) => !/ALL PRIVILEGES ON \*/.test(line)),
    );
    const after = await rights();
    assert.deepEqual({ ...after, users: before.users }, before);
    assert.equal((await host.get("two.localhost")).status, 200);
    assert.ok((await sql(host, "SHOW TABLES FROM two")).includes("wp_posts"));
  });

  describe("DB-R1, DB-R2, DB-B1: what a site names and defines in its database", () => {
    const trigger = "t`;GRANT ALL ON *.* TO one@'%';-- x";
    const views = ["--result-file=/tmp/owned", "--databases", "-e", "v`;DROP DATABASE two;-- x"];
    const quoted = (name: string) => `\`${name.replaceAll("`", "``")}\``;
    let rightsBefore: Awaited<ReturnType<typeof rights>>;

    const asOne = async (...statements: string[]) =>
      runPhp(
        await host.container("one/php"),
        `$db = new mysqli(getenv('DB_HOST'), getenv('DB_USER'), trim(file_get_contents('/run/secrets/database')), getenv('DB_NAME'));
         foreach (json_decode(base64_decode('${Buffer.from(JSON.stringify(statements)).toString("base64")}')) as $one) $db->query($one);`,
      );

    before(async () => {
      configure();
      await host.up();
    });

    it("is in its snapshot, alone, and comes back, and is no command there", async () => {
      rightsBefore = await rights();
      await asOne(
        `CREATE TRIGGER ${quoted(trigger)} BEFORE INSERT ON wp_links FOR EACH ROW SET NEW.link_name = 'x'`,
        ...views.map((view) => `CREATE VIEW ${quoted(view)} AS SELECT 1 AS one`),
        "CREATE TABLE `a``b;DROP DATABASE two;-- x` (id INT)",
        "CREATE PROCEDURE p() BEGIN SELECT 'DELIMITER ;\nDROP DATABASE two;'; END",
      );
      await ok("backup", "one");
      const [{ run = "" } = {}] = JSON.parse(await ok("snapshots", "one", "--json")) as { run: string }[];
      const { stdout } = await restic(host, repository, [
        ...["dump", "--no-lock", "--tag", `site=one,run=${run},part=database`, "latest", "/database.sql"],
      ]);
      assert.match(stdout, /^-- varvol: complete$/m);
      assert.doesNotMatch(stdout, /two\.localhost/);
      await asOne(...views.map((view) => `DROP VIEW ${quoted(view)}`), `DROP TRIGGER ${quoted(trigger)}`);
      await ok("restore", "one", "--yes");
      const names = await sql(
        host,
        "SELECT table_name FROM information_schema.views WHERE table_schema = 'one'",
      );
      assert.deepEqual(names.sort(), [...views].sort());
      const triggers = "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = 'one'";
      assert.deepEqual(await sql(host, triggers), [trigger]);
      assert.deepEqual(await rights(), rightsBefore);
      assert.equal((await host.get("two.localhost")).status, 200);
    });

    it("and what a snapshot says is said by the site's own user", async () => {
      const forged = async (run: string, ...definitions: string[]) => {
        const keep = async (part: string, words: readonly string[], input?: string) => {
          const tags = `site=one,run=${run},part=${part}`;
          const made = await restic(host, repository, ["backup", "--tag", tags, ...words], { input });
          assert.equal(made.code, 0, made.stderr);
        };
        const dump = ["-- varvol: definitions", ...definitions, "-- varvol: complete", ""].join("\n");
        await keep("database", ["--stdin", "--stdin-filename", "/database.sql"], dump);
        await keep("files", ["/vol/one/content"]);
        const manifest = JSON.stringify({ site: "one", kind: "wordpress", run });
        const words = [
          "--stdin",
          "--stdin-filename",
          "/manifest.json",
          "--tag",
          `complete,site=one,run=${run}`,
        ];
        await keep("manifest", words, manifest);
      };
      const evil = [
        "UPDATE mysql.global_priv SET Priv = '{\"access\":18446744073709551615}' WHERE User = 'one';",
        "DROP TABLE `two`.`wp_posts`;",
        "\\! touch /tmp/owned",
      ];
      for (const [i, statement] of evil.entries()) {
        const run = `20200101t00000${i}-0001`;
        await forged(run, statement);
        const { code, stderr } = await host.varvol("restore", "one", "--snapshot", run, "--yes");
        assert.equal(code, 1, statement);
        assert.match(stderr, /the dump can't be read: .*Nothing was changed/s);
      }
      assert.deepEqual(await rights(), rightsBefore);
      assert.equal((await host.get("one.localhost")).status, 200);
    });
  });
}
