import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { attempt, capture } from "../../cli/exec";
import { inspect, runPhp } from "../support/docker";
import { Load } from "../support/load";
import { filesOf, normalised, rowsOf, sql } from "../support/siteData";
import { TestHost } from "../support/testHost";
import { until } from "../support/until";

interface Listed {
  readonly site?: string;
  readonly run: string;
  readonly complete: boolean;
}

describe("backups of sites", function () {
  this.timeout(300_000);
  const host = new TestHost("kept", 18710);
  const repository = path.join(host.folder, "repository");
  const site = path.join(host.root, "hello/site");
  const sites = [
    { name: "hello", kind: "static", domains: ["hello.localhost"], import: path.resolve("demo/hello") },
    { name: "blog", kind: "wordpress", domains: ["blog.localhost"], title: "A blog" },
    { name: "copy", kind: "wordpress", domains: ["copy.localhost"], title: "A copy" },
  ];

  before(async () => {
    host.configure(sites, { backup: { repository } });
    await host.up();
  });

  async function varvol(...args: string[]): Promise<string> {
    const result = await host.varvol(...args);
    assert.equal(result.code, 0, `${args.join(" ")}: ${result.stdout}${result.stderr}`);
    return result.stdout;
  }

  async function snapshots(): Promise<Listed[]> {
    return JSON.parse(await varvol("snapshots", "--json")) as Listed[];
  }

  const states = async () =>
    (
      await capture([
        "docker",
        "ps",
        "-a",
        "--filter",
        `name=${host.namespace}`,
        "--format",
        "{{.Names}} {{.State}}",
      ])
    )
      .split("\n")
      .sort();

  it("keeps a tree of every kind of file and gives it back unchanged", async () => {
    fs.writeFileSync(path.join(site, "empty"), "");
    fs.writeFileSync(path.join(site, "one\nline – ü 😀"), "1");
    fs.writeFileSync(path.join(site, "large"), Buffer.alloc(5_000_000, "varvol"));
    fs.linkSync(path.join(site, "large"), path.join(site, "hard"));
    fs.symlinkSync("large", path.join(site, "soft"));
    fs.mkdirSync(path.join(site, "shared"));
    fs.chownSync(path.join(site, "shared"), 999, 33);
    fs.chmodSync(path.join(site, "shared"), 0o2770);
    fs.utimesSync(path.join(site, "empty"), 1.123456, 2.654321);
    const before = filesOf(host, "hello");
    await varvol("backup", "hello");
    fs.rmSync(path.join(site, "shared"), { recursive: true });
    fs.writeFileSync(path.join(site, "index.html"), "defaced");
    fs.rmSync(path.join(site, "soft"));
    await varvol("restore", "hello", "--yes");
    assert.deepEqual(filesOf(host, "hello"), before);
    const inode = (name: string) => fs.statSync(path.join(site, name)).ino;
    assert.equal(inode("hard"), inode("large"));
    assert.equal((await host.get("hello.localhost")).body, fs.readFileSync("demo/hello/index.html", "utf8"));
  });

  it("restores a WordPress's rows, triggers, views and uploads, and fails no request while it is backed up", async () => {
    await runPhp(
      await host.container("blog/php"),
      "require '/srv/wordpress/wp-load.php'; for ($i = 0; $i < 20; $i++) wp_insert_post(['post_title' => \"Post $i\", 'post_status' => 'publish']); wp_upload_bits('a.txt', null, 'uploaded');",
    );
    await sql(
      host,
      "USE blog; CREATE TABLE counted (id INT PRIMARY KEY AUTO_INCREMENT, n INT) ENGINE=MyISAM; CREATE VIEW titles AS SELECT post_title FROM wp_posts; CREATE TRIGGER twice BEFORE INSERT ON counted FOR EACH ROW SET NEW.n = NEW.n * 2; CREATE FUNCTION one() RETURNS INT DETERMINISTIC RETURN 1; INSERT INTO counted (n) VALUES (1)",
    );
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
    const taken = JSON.parse(await varvol("backup", "--json")) as { name: string; warnings: string[] }[];
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
    await varvol("restore", "blog", "--yes");
    assert.deepEqual(await rowsOf(host, "blog"), rows);
    assert.deepEqual(filesOf(host, "blog"), files);
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

  it("fills another site from a snapshot, under that one's address", async () => {
    await varvol("restore", "blog", "--as", "copy", "--yes");
    assert.equal((await rowsOf(host, "copy")).wp_posts, (await rowsOf(host, "blog")).wp_posts);
    const { status, body } = await host.get("copy.localhost");
    assert.equal(status, 200);
    assert.doesNotMatch(body, /blog\.localhost/);
    const refused = await host.varvol("restore", "blog", "--as", "hello", "--yes");
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /not one of a static site, which hello is/);
  });

  it("keeps rows and files that belong together while they are written, 50 times a second", async () => {
    await sql(
      host,
      "USE blog; CREATE TABLE first_half (id INT PRIMARY KEY); CREATE TABLE second_half (id INT PRIMARY KEY)",
    );
    const written = path.join(host.root, "blog/content/written");
    // The file first, then both rows at once: whatever a row names must be there.
    const writer = runPhp(
      await host.container("blog/php"),
      `require '/srv/wordpress/wp-load.php'; $folder = WP_CONTENT_DIR . '/written'; mkdir($folder);
       for ($id = 1; !file_exists("$folder/stop"); $id++) {
         file_put_contents("$folder/$id", "file $id");
         foreach (['START TRANSACTION', "INSERT INTO first_half VALUES ($id)", "INSERT INTO second_half VALUES ($id)", 'COMMIT'] as $q) $wpdb->query($q);
         usleep(15000);
       }
       echo $id;`,
    );
    await until("it writes", () => Promise.resolve(fs.existsSync(path.join(written, "20"))));
    await varvol("backup", "blog");
    fs.writeFileSync(path.join(written, "stop"), "");
    assert.ok(Number(await writer) > 100);
    await varvol("restore", "blog", "--as", "copy", "--yes");
    for (const table of ["first_half", "second_half"]) {
      const ids = await sql(host, `SELECT id FROM copy.${table} ORDER BY id`);
      assert.ok(ids.length >= 20, String(ids.length));
      assert.deepEqual(ids, await sql(host, "SELECT id FROM copy.first_half ORDER BY id"));
      assert.deepEqual(
        ids,
        ids.map((_, i) => String(i + 1)),
      );
      for (const id of ids)
        assert.equal(fs.readFileSync(path.join(host.root, "copy/content/written", id), "utf8"), `file ${id}`);
    }
  });

  it("stops what writes for the last changes only, and starts it again", async () => {
    const before = await states();
    const [taken] = JSON.parse(await varvol("backup", "blog", "--mode", "stop", "--json")) as {
      stopped: number;
    }[];
    assert.ok(taken && taken.stopped > 0 && taken.stopped < 10, String(taken?.stopped));
    assert.deepEqual(await states(), before);
  });

  it("takes no snapshot of a database that can't be dumped, and none that looks whole", async () => {
    const before = await snapshots();
    await sql(
      host,
      "USE copy; CREATE TABLE gone (id INT); CREATE VIEW broken AS SELECT * FROM gone; DROP TABLE gone",
    );
    const failed = await host.varvol("backup", "copy");
    await sql(host, "DROP VIEW copy.broken");
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /copy: database could not be kept[\s\S]*broken.*references invalid/);
    assert.deepEqual(
      (await snapshots()).filter(({ complete }) => complete),
      before.filter(({ complete }) => complete),
    );
  });

  it("leaves nothing stopped and nothing half when the backup is killed, and the next one is clean", async () => {
    const before = await states();
    for (const seconds of [0.5, 4]) {
      const run = host.varvol("backup", "blog", "--mode", "stop");
      await sleep(1500 + seconds * 1000);
      const tools = await attempt(["pgrep", "-f", `${host.root}/.varvol/bin/backup `]);
      for (const pid of tools.stdout.split("\n").filter(Boolean)) await attempt(["kill", "-KILL", pid]);
      await run;
      await until("everything runs again", async () => {
        const now = (await states()).filter((line) => !line.startsWith(`${host.namespace}backup-`));
        return JSON.stringify(now) === JSON.stringify(before);
      });
    }
    await varvol("backup", "blog");
    const { code, stdout, stderr } = await restic("check", "--read-data");
    assert.equal(code, 0, stdout + stderr);
    await varvol("restore", "blog", "--yes");
    assert.deepEqual(await states(), before);
  });

  it("brings the previous data back when the restored site does not answer", async () => {
    const php = path.join(host.root, "blog/content/mu-plugins");
    fs.mkdirSync(php, { recursive: true });
    fs.writeFileSync(path.join(php, "broken.php"), "<?php http_response_code(500); exit;");
    await varvol("backup", "blog");
    fs.rmSync(php, { recursive: true });
    const [rows, files] = [await rowsOf(host, "blog"), filesOf(host, "blog")];
    const failed = await host.varvol("restore", "blog", "--yes");
    assert.equal(failed.code, 1, failed.stdout);
    assert.match(failed.stderr, /does not work with the snapshot .*The data from before the restore is back/);
    assert.deepEqual(await rowsOf(host, "blog"), rows);
    assert.deepEqual(filesOf(host, "blog"), files);
    assert.equal((await host.get("blog.localhost")).status, 200);
  });

  it("brings the previous data back when the restore is killed in the switch", async () => {
    const [first] = (await snapshots()).filter((one) => one.site === "blog" && one.complete).slice(1);
    const [rows, files] = [await rowsOf(host, "blog"), filesOf(host, "blog")];
    const journal = path.join(host.root, ".varvol/backup/switched/blog");
    const run = host.varvol("restore", "blog", "--snapshot", first?.run ?? "", "--yes");
    for (let i = 0; i < 3000 && !fs.existsSync(journal); i++) await sleep(10);
    await sleep(1500);
    const tools = await attempt(["pgrep", "-f", `${host.root}/.varvol/bin/restore blog`]);
    assert.notEqual(tools.stdout, "", "the restore was over before it was killed");
    for (const pid of tools.stdout.split("\n").filter(Boolean)) await attempt(["kill", "-KILL", pid]);
    await run;
    await until("it is put back", () => Promise.resolve(!fs.existsSync(journal)), 60);
    assert.deepEqual(await rowsOf(host, "blog"), rows);
    assert.deepEqual(filesOf(host, "blog"), files);
    await until("it answers", async () => (await host.get("blog.localhost")).status === 200);
  });

  it("refuses snapshots of other sites, a wrong password and a missing repository before it touches data", async () => {
    const files = filesOf(host, "hello");
    const blog = (await snapshots()).find((one) => one.site === "blog" && one.complete);
    const other = await host.varvol("restore", "hello", "--snapshot", blog?.run ?? "", "--yes");
    assert.match(other.stderr, /is a snapshot of blog, not of hello/);
    const password = path.join(host.root, ".varvol/backup/password");
    const right = fs.readFileSync(password);
    fs.writeFileSync(password, "wrong");
    for (const verb of [
      ["restore", "hello", "--yes"],
      ["backup", "hello"],
    ]) {
      const wrong = await host.varvol(...verb);
      assert.equal(wrong.code, 1);
      assert.match(wrong.stderr, /has another password than this host/);
    }
    fs.writeFileSync(password, right);
    fs.renameSync(repository, `${repository}.away`);
    for (const verb of [
      ["restore", "hello", "--yes"],
      ["backup", "hello"],
    ]) {
      const missing = await host.varvol(...verb);
      assert.equal(missing.code, 1);
      assert.match(missing.stderr, /the backup repository \S+ is not there/);
    }
    fs.renameSync(`${repository}.away`, repository);
    assert.deepEqual(filesOf(host, "hello"), files);
  });

  it("shows the password in no argument, no inspection and no file that others read", async () => {
    const { password } = JSON.parse(await varvol("recovery-kit", "--json")) as { password: string };
    const seen: string[] = [];
    const run = host.varvol("backup");
    for (let over = false; !over;) {
      over = await Promise.race([run.then(() => true), sleep(200).then(() => false)]);
      seen.push(await capture(["ps", "-eo", "args"]));
      const ids = await capture(["docker", "ps", "-q", "--filter", `name=${host.namespace}backup-`]);
      for (const id of ids.split("\n").filter(Boolean))
        seen.push(JSON.stringify(await inspect(id).catch(() => "")));
    }
    assert.ok(seen.some((text) => text.includes("RESTIC_PASSWORD_FILE")));
    assert.ok(!seen.some((text) => text.includes(password)));
    assert.equal(fs.statSync(path.join(host.root, ".varvol/backup/password")).mode & 0o777, 0o600);
    assert.equal(fs.statSync(path.join(host.root, ".varvol/backup")).mode & 0o777, 0o700);
  });

  it("forgets what the stack file does not keep, and what was cut off", async () => {
    host.configure(sites, { backup: { repository, keep: { last: 1 } } });
    await varvol("forget", "--yes");
    const left = await snapshots();
    assert.deepEqual(left.map(({ site: name }) => name).sort(), ["blog", "copy", "hello"]);
    assert.ok(left.every(({ complete }) => complete));
    const checked = await restic("check", "--read-data");
    assert.equal(checked.code, 0, checked.stderr);
    await varvol("restore", "hello", "--yes");
  });

  function restic(...args: string[]) {
    const password = path.join(host.root, ".varvol/backup/password");
    const mounts = ["-v", `${repository}:/repository`, "-v", `${password}:/password:ro`];
    const env = ["-e", "RESTIC_REPOSITORY=/repository", "-e", "RESTIC_PASSWORD_FILE=/password"];
    const image =
      fs.readFileSync(path.join(host.root, ".varvol/backup/host"), "utf8").trim().split(" ")[2] ?? "";
    return attempt([
      "docker",
      "run",
      "--rm",
      "--name",
      `${host.namespace}check`,
      ...mounts,
      ...env,
      "--entrypoint",
      "restic",
      image,
      ...args,
    ]);
  }
});
