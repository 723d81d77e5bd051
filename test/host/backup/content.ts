import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { capture } from "../../../base/exec";
import { runPhp } from "../../support/docker";
import type { KeptHost } from "../../support/keptHost";
import { Load } from "../../support/load";
import { filesOf, normalised, rowsOf, sql } from "../../support/siteData";
import { until } from "../../support/until";

/** What a snapshot holds comes back as it was: every kind of file, row and definition. */
export function contentCases(host: KeptHost): void {
  it("keeps a tree of every kind of file and gives it back unchanged", () => everyKindOfFile(host));

  it("restores a WordPress's rows, triggers, views and uploads, and fails no request while it is backed up", async () => {
    await runPhp(
      await host.container("blog/php"),
      "require '/srv/wordpress/wp-load.php'; for ($i = 0; $i < 20; $i++) wp_insert_post(['post_title' => \"Post $i\", 'post_status' => 'publish']); wp_upload_bits('a.txt', null, 'uploaded');",
    );
    await sql(
      host,
      "USE blog; SET enforce_storage_engine = NULL; CREATE TABLE counted (id INT PRIMARY KEY AUTO_INCREMENT, n INT) ENGINE=MyISAM; CREATE VIEW titles AS SELECT post_title FROM wp_posts; CREATE TRIGGER blog.twice BEFORE INSERT ON blog.counted FOR EACH ROW SET NEW.n = NEW.n * 2; CREATE FUNCTION one() RETURNS INT DETERMINISTIC RETURN 1; INSERT INTO counted (n) VALUES (1)",
    );
    const besides = path.join(host.root, "blog/root");
    fs.mkdirSync(path.join(besides, "press"), { recursive: true });
    fs.writeFileSync(path.join(besides, "ads.txt"), "beside WordPress");
    fs.writeFileSync(path.join(besides, "press/2019.html"), "an old page");
    const [rows, files] = [await rowsOf(host, "blog"), filesOf(host, "blog")];
    const body = normalised((await host.get("blog.localhost")).body);
    const load = new Load({
      port: host.http,
      rate: 50,
      shots: [
        { domain: "hello.localhost", path: (n) => `/?n=${n}` },
        { domain: "blog.localhost", path: (n) => `/?p=1&n=${Math.floor(n / 20)}` },
      ],
    });
    const taken = JSON.parse(await host.ok("backup", "--json")) as { name: string; warnings: string[] }[];
    assert.deepEqual((await load.stop()).failures, []);
    assert.match(
      taken.find(({ name }) => name === "blog")?.warnings.join() ?? "",
      /locked while dumped.*counted \(MyISAM\)/,
    );

    await sql(
      host,
      "USE blog; DELETE FROM wp_posts; DROP TABLE counted; DROP VIEW titles; CREATE TABLE later (id INT)",
    );
    fs.rmSync(path.join(host.root, "blog/content/uploads"), { recursive: true });
    for (const name of ["ads.txt", "press"]) fs.rmSync(path.join(besides, name), { recursive: true });
    await host.ok("restore", "blog", "--yes");
    assert.deepEqual(await rowsOf(host, "blog"), rows);
    assert.deepEqual(filesOf(host, "blog"), files);
    assert.equal((await host.get("blog.localhost", "/ads.txt")).body, "beside WordPress");
    assert.equal(normalised((await host.get("blog.localhost")).body), body);
    await sql(host, "INSERT INTO blog.counted (n) VALUES (5)");
    assert.deepEqual(await sql(host, "SELECT n, blog.one() FROM blog.counted ORDER BY id"), [
      "2\t1",
      "10\t1",
    ]);
    assert.notDeepEqual(await sql(host, "SELECT * FROM blog.titles"), []);
    const left = (await sql(host, "SHOW DATABASES")).filter((name) => name.startsWith("varvol"));
    assert.deepEqual(left, []);
  });

  it("keeps what a server may hold beside WordPress's tables: rows of any size, histories, sequences, odd names", async () => {
    await sql(host, ODD);
    const before = await sql(host, ASKED);
    const [taken] = JSON.parse(await host.ok("backup", "blog", "--json")) as { warnings: string[] }[];
    assert.match(taken?.warnings.join() ?? "", /left out, as these views .*: broken$/);
    await sql(host, "USE blog; DELETE FROM big; DROP TABLE history, numbered; DROP PROCEDURE nightly");
    await host.ok("restore", "blog", "--yes");
    assert.deepEqual(
      await sql(host, ASKED),
      before.filter((line) => line !== "broken"),
    );
    await sql(host, AWAY);
  });

  it("puts back a folder, a file or the database alone, while the site serves on", async () => {
    const uploads = path.join(host.root, "blog/content/uploads");
    const [kept, added] = [path.join(uploads, "kept [1]*"), path.join(uploads, "added")];
    fs.mkdirSync(kept);
    fs.writeFileSync(path.join(kept, "a\nb.txt"), "kept");
    fs.writeFileSync(path.join(uploads, "one.txt"), "kept");
    const files = filesOf(host, "blog");
    await host.ok("backup", "blog");
    const { entries } = JSON.parse(
      await host.ok("snapshots", "blog", "--list", "wp-content/uploads/kept [1]*", "--json"),
    ) as { entries: { path: string; size: number }[] };
    assert.deepEqual(
      entries.map((one) => [one.path, one.size]),
      [["wp-content/uploads/kept [1]*/a\nb.txt", 4]],
    );
    fs.rmSync(kept, { recursive: true });
    fs.writeFileSync(path.join(uploads, "one.txt"), "spoilt");
    fs.rmSync(path.join(host.root, "blog/root/ads.txt"));
    const load = new Load({
      port: host.http,
      rate: 20,
      shots: [{ domain: "blog.localhost", path: (n) => `/?p=1&n=${n}` }],
    });
    await host.ok(
      "restore",
      "blog",
      "--yes",
      "--files",
      "wp-content/uploads/kept [1]*",
      "wp-content/uploads/one.txt",
      "root/ads.txt",
    );
    assert.deepEqual((await load.stop()).failures, []);
    // Folders have the time at which something in them was last changed.
    const same = (lines: readonly string[]) => lines.filter((line) => !line.endsWith("folder"));
    assert.deepEqual(same(filesOf(host, "blog")), same(files));

    const rows = await rowsOf(host, "blog");
    await sql(host, "USE blog; DELETE FROM wp_posts; CREATE TABLE later (id INT)");
    fs.writeFileSync(added, "added since");
    await host.ok("restore", "blog", "--yes", "--database");
    assert.deepEqual(await rowsOf(host, "blog"), rows);
    assert.equal(fs.readFileSync(added, "utf8"), "added since");
    await until("it answers", async () => (await host.get("blog.localhost")).status === 200);
    for (const name of [added, kept, path.join(uploads, "one.txt")]) fs.rmSync(name, { recursive: true });

    assert.match(
      await host.refused("restore", "blog", "--yes", "--files", "wp-content/no"),
      /has no content\/no/,
    );
    assert.match(await host.refused("restore", "hello", "--yes", "--database"), /hello has no database/);
  });

  it("keeps rows and files that belong together while they are written, 50 times a second; fills another site", async () => {
    await writtenMeanwhile(host);
    const { status, body } = await host.get("copy.localhost");
    assert.equal(status, 200);
    assert.doesNotMatch(body, /blog\.localhost/);
    assert.equal((await rowsOf(host, "copy")).wp_posts, (await rowsOf(host, "blog")).wp_posts);
    assert.match(
      await host.refused("restore", "blog", "--as", "hello", "--yes"),
      /not one of a static site, which hello is/,
    );
  });
}

const NEWLINES = "`a\n(1),\nCREATE TABLE ``b`` (`";

/** What a dump's text alone does not tell, and rows that one statement can't hold. */
const ODD = `USE blog;
CREATE TABLE big (id INT PRIMARY KEY, a LONGTEXT, b LONGBLOB);
INSERT INTO big VALUES (1, REPEAT('''', 9 << 20), NULL), (2, REPEAT('ä', 1 << 20), REPEAT(x'00ff', 4 << 20)), (3, NULL, '');
CREATE TABLE counted_twice (a INT, b INT AS (a * 2) STORED, c INT AS (a + 1) VIRTUAL, hidden INT INVISIBLE DEFAULT 7);
INSERT INTO counted_twice (a, hidden) VALUES (1, 3), (2, 9);
CREATE TABLE history (id INT PRIMARY KEY, v INT) WITH SYSTEM VERSIONING;
INSERT INTO history VALUES (1, 1), (2, 2); UPDATE history SET v = 3 WHERE id = 1; DELETE FROM history WHERE id = 2;
CREATE SEQUENCE numbers START 100; DO NEXTVAL(numbers); CREATE TABLE numbered (id INT DEFAULT NEXTVAL(numbers));
INSERT INTO numbered VALUES ();
CREATE TABLE parted (y INT) PARTITION BY RANGE (y) (PARTITION a VALUES LESS THAN (2000), PARTITION b VALUES LESS THAN MAXVALUE);
INSERT INTO parted VALUES (1990), (2020);
CREATE TABLE ${NEWLINES} (id INT); INSERT INTO ${NEWLINES} VALUES (1);
CREATE TABLE Cased (id INT); CREATE TABLE cased (id INT); INSERT INTO cased VALUES (1);
CREATE TABLE found (t TEXT, g POINT NOT NULL, FULLTEXT (t), SPATIAL INDEX (g)); INSERT INTO found VALUES ('x', POINT(1, 2));
SET sql_mode = ''; CREATE TABLE zero (d DATE NOT NULL DEFAULT '0000-00-00'); INSERT INTO zero VALUES (); SET sql_mode = DEFAULT;
CREATE TABLE gone (id INT); CREATE VIEW broken AS SELECT * FROM gone; DROP TABLE gone;
DELIMITER ;;
CREATE PROCEDURE nightly()
BEGIN
DROP TABLE IF EXISTS report_day;
CREATE TABLE report_day (day date NOT NULL PRIMARY KEY, posts int NOT NULL);
END;;
DELIMITER ;
`;
const ASKED = `USE blog; SELECT id, MD5(a), MD5(b) FROM big; SELECT a, b, c, hidden FROM counted_twice;
SELECT id, v FROM history FOR SYSTEM_TIME ALL ORDER BY 1, 2; SELECT * FROM parted; SELECT t FROM found;
SELECT * FROM zero; SELECT COUNT(*) FROM ${NEWLINES}; SELECT id > 99 FROM numbered; SELECT NEXTVAL(numbers) > 100;
SELECT routine_name FROM information_schema.routines WHERE routine_schema = 'blog' ORDER BY 1; SHOW TABLES`;

const AWAY = `USE blog; DROP PROCEDURE nightly; DROP SEQUENCE numbers;
DROP TABLE big, counted_twice, history, numbered, parted, found, zero, Cased, cased, ${NEWLINES}`;

/** Keeps a tree with every kind of file that a site may hold, spoils it, and restores it. */
export async function everyKindOfFile(host: KeptHost, { attributes = false } = {}): Promise<void> {
  const site = path.join(host.root, "hello/site");
  const file = (name: string, content: string | Buffer) => fs.writeFileSync(path.join(site, name), content);
  file("empty", "");
  file("one\nline – ü 😀", "1");
  file("large", Buffer.alloc(5_000_000, "varvol"));
  file(" -rf 'quoted\" $(name)\\", "a name");
  fs.linkSync(path.join(site, "large"), path.join(site, "hard"));
  fs.symlinkSync("large", path.join(site, "soft"));
  fs.symlinkSync("nowhere\n", path.join(site, "dangling"));
  fs.mkdirSync(path.join(site, "shared"));
  fs.chownSync(path.join(site, "shared"), 999, 33);
  fs.chmodSync(path.join(site, "shared"), 0o2770);
  file("shared/33", "owned");
  fs.chownSync(path.join(site, "shared/33"), 33, 999);
  file("sparse", "begins");
  fs.truncateSync(path.join(site, "sparse"), 200_000_000);
  await capture(["touch", "-d", "1970-01-01 00:00:02.123456789 UTC", path.join(site, "empty")]);
  const words = ["user.varvol", "user.ключ 😀"];
  if (attributes)
    for (const [i, name] of words.entries())
      await capture(["setfattr", "-n", name, "-v", `0x00ff0a${i}0`, path.join(site, i ? "shared" : "large")]);
  const listed = async () =>
    attributes ? await capture(["getfattr", "-R", "-h", "-d", "-m", "user", "-e", "hex", site]) : "";
  const [before, attributesBefore] = [filesOf(host, "hello"), await listed()];
  if (attributes) assert.equal(attributesBefore.match(/0x00ff0a/g)?.length, 3);
  await host.ok("backup", "hello");
  fs.rmSync(path.join(site, "shared"), { recursive: true });
  file("index.html", "defaced");
  for (const name of ["soft", "sparse", "large"]) fs.rmSync(path.join(site, name));
  await host.ok("restore", "hello", "--yes");
  assert.deepEqual(filesOf(host, "hello"), before);
  assert.equal(await listed(), attributesBefore);
  const stat = (name: string) => fs.statSync(path.join(site, name));
  assert.equal(stat("hard").ino, stat("large").ino);
  assert.ok(stat("sparse").blocks < 5000, `a sparse file takes ${stat("sparse").blocks} blocks`);
  assert.equal((await host.get("hello.localhost")).body, fs.readFileSync("demo/hello/index.html", "utf8"));
}

/**
 * Backs blog up while something writes to it 50 times a second, a file first and then a row in each of two tables at
 * once, and fills copy from that: whatever a row names must be there. Gives how many rows the snapshot has.
 */
export async function writtenMeanwhile(host: KeptHost): Promise<number> {
  await sql(
    host,
    "USE blog; DROP TABLE IF EXISTS first_half, second_half; CREATE TABLE first_half (id INT PRIMARY KEY, sum CHAR(40)); CREATE TABLE second_half (id INT PRIMARY KEY)",
  );
  const written = path.join(host.root, "blog/content/written");
  fs.rmSync(written, { recursive: true, force: true });
  const writer = runPhp(
    await host.container("blog/php"),
    `require '/srv/wordpress/wp-load.php'; $folder = WP_CONTENT_DIR . '/written'; mkdir($folder);
     for ($id = 1; !file_exists("$folder/stop"); $id++) {
       $content = random_bytes(2000); $sum = sha1($content);
       file_put_contents("$folder/$id", $content);
       foreach (['START TRANSACTION', "INSERT INTO first_half VALUES ($id, '$sum')", "INSERT INTO second_half VALUES ($id)", 'COMMIT'] as $q) $wpdb->query($q);
       usleep(15000);
     }
     echo $id;`,
  );
  await until("it writes", () => Promise.resolve(fs.existsSync(path.join(written, "20"))));
  await host.ok("backup", "blog");
  fs.writeFileSync(path.join(written, "stop"), "");
  const total = Number(await writer) - 1;
  await host.ok("restore", "blog", "--as", "copy", "--yes");
  const ids = await sql(host, "SELECT id FROM copy.second_half ORDER BY id");
  const sums = await sql(host, "SELECT sum FROM copy.first_half ORDER BY id");
  assert.ok(ids.length >= 20 && ids.length < total, `${ids.length} of ${total} rows are in the snapshot`);
  assert.equal(sums.length, ids.length);
  assert.deepEqual(
    ids,
    ids.map((_, i) => String(i + 1)),
  );
  const php = `foreach (range(1, ${ids.length}) as $id) echo sha1_file("/srv/wordpress/wp-content/written/$id"), "\\n";`;
  const kept = (await runPhp(await host.container("copy/php"), php)).trim().split("\n");
  assert.deepEqual(kept, sums);
  return ids.length;
}
