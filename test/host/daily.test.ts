import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { gunzipSync } from "node:zlib";
import { attempt } from "../../base/exec";
import { TestHost } from "../support/testHost";

describe("the daily tools", function () {
  this.timeout(300_000);
  const host = new TestHost("daily", 18950);

  before(async () => {
    host.configure([
      { name: "blog", kind: "wordpress", domains: ["blog.localhost"] },
      { name: "hello", kind: "static", domains: ["hello.localhost"] },
    ]);
    await host.up();
  });

  /** As MySQL's administrator, and without the second that the command line takes. */
  const query = async (statement: string, database = "blog") => {
    const client = ["mariadb", "--default-character-set=utf8mb4", "-N", database, "-e", statement];
    const { stdout, stderr } = await attempt([
      "docker",
      "exec",
      await host.container("mysql/mysql"),
      ...client,
    ]);
    assert.equal(stderr, "");
    return stdout.trim();
  };

  it("run a command in a site's container as the site's own user, and end as it does", async () => {
    const run = await host.varvol(
      "php",
      "blog",
      "--",
      "-r",
      "echo posix_getuid(), ' ', getenv('DB_NAME'); exit(3);",
    );
    assert.deepEqual([run.code, run.stdout], [3, "33 blog"]);
    const shell = await host.varvolWith("id -u; exit 4\n", "shell", "hello");
    assert.deepEqual([shell.code, shell.stdout], [4, "33\n"]);
  });

  it("refuse what is not there, and say what is", async () => {
    const none = await host.varvol("shell", "blg");
    assert.notEqual(none.code, 0);
    assert.match(none.stderr, /blg is no site of the stack .*\n.*blog, hello/);
    const php = await host.varvol("php", "hello", "--", "-v");
    assert.match(php.stderr, /hello has no container php.*\n.*It has: web/);
    const sql = await host.varvol("sql", "hello");
    assert.match(sql.stderr, /hello is a static site without a database/);
  });

  it("reach a site's database with the rights of the site, and leave no password behind", async () => {
    const told = await host.varvolWith("SELECT CURRENT_USER(); SHOW DATABASES;\n", "sql", "blog", "--", "-N");
    assert.equal(told.code, 0, told.stderr);
    assert.deepEqual(told.stdout.trim().split("\n"), ["blog@%", "blog", "information_schema"]);
    const wrong = await host.varvolWith("SELECT * FROM mysql.user;\n", "sql", "blog");
    assert.notEqual(wrong.code, 0);
    assert.match(wrong.stderr, /denied/);
    const left = await attempt([
      "docker",
      "exec",
      await host.container("mysql/mysql"),
      "ls",
      "-A",
      "/run/mysqld",
    ]);
    assert.doesNotMatch(left.stdout, /client/);
  });

  it("run WP-CLI, or what stands in its place, beside a WordPress and as it is", async () => {
    const phar = path.join(host.folder, "wp.phar");
    fs.writeFileSync(
      phar,
      `<?php
$memory = trim(@file_get_contents('/sys/fs/cgroup/memory.max') ?: file_get_contents('/sys/fs/cgroup/memory/memory.limit_in_bytes'));
$kept = @file_put_contents('/srv/wordpress/wp-content/beside', 'x') !== false;
$core = @file_put_contents('/srv/wordpress/index.php', 'x') !== false;
require '/srv/wordpress/wp-load.php';
echo json_encode([array_slice($argv, 1), posix_getuid(), gethostname(), (int) $memory, $kept, $core, get_bloginfo('name'), stream_get_contents(STDIN)]);
exit(5);
`,
    );
    const run = await host.varvolWith("piped 🎥", "wp", "--phar", phar, "blog", "--", "post list", "--x=1");
    assert.equal(run.code, 5, run.stderr);
    const [words, uid, name, memory, kept, core, title, input] = JSON.parse(run.stdout) as unknown[];
    assert.deepEqual(words, ["--path=/srv/wordpress", "post list", "--x=1"]);
    const php = await host.container("blog/php");
    const limit = (await attempt(["docker", "inspect", "-f", "{{.HostConfig.Memory}}", php])).stdout.trim();
    assert.deepEqual(
      [uid, memory, kept, core, title, input],
      [33, Number(limit), true, false, "blog", "piped 🎥"],
    );
    assert.notEqual(name, php.slice(0, 12));
    const left = await attempt([
      "docker",
      "ps",
      "-aq",
      "--filter",
      `label=varvol.beside=varvol/${host.stack}/blog`,
    ]);
    assert.equal(left.stdout, "");
    assert.match((await host.varvol("wp", "blog", "--", "db", "export")).stderr, /npx varvol sql blog/);
    assert.match((await host.varvol("wp", "hello")).stderr, /hello is a static site/);
  });

  it("name a WordPress's users, and give one another password, also where a plugin is broken", async () => {
    fs.mkdirSync(path.join(host.root, "blog/content/mu-plugins"), { recursive: true });
    const broken = path.join(host.root, "blog/content/plugins/broken.php");
    fs.writeFileSync(broken, "<?php\n/* Plugin Name: Broken */\nbroken();\n");
    const active = `UPDATE wp_options SET option_value = 'a:1:{i:0;s:10:"broken.php";}' WHERE option_name = 'active_plugins'`;
    await query(active);
    const users = JSON.parse((await host.varvol("users", "blog", "--json")).stdout) as {
      login: string;
      roles: string[];
    }[];
    assert.deepEqual(
      users.map(({ login, roles }) => [login, roles]),
      [["admin", ["administrator"]]],
    );
    assert.doesNotMatch((await host.varvol("secret", "blog")).stderr, /lets nobody in/);
    const set = await host.varvolWith("another one 🎥\n", "password", "blog", "admin");
    assert.equal(set.code, 0, set.stderr);
    assert.match((await host.varvol("secret", "blog")).stderr, /admin of blog has another password by now/);
    assert.match(
      (await host.varvol("password", "blog", "admn", "--generate")).stderr,
      /Did you mean admin\?/,
    );
    const none = `UPDATE wp_options SET option_value = 'a:0:{}' WHERE option_name = 'active_plugins'`;
    await query(none);
    fs.rmSync(broken);
    const form = new URLSearchParams({ log: "admin", pwd: "another one 🎥" }).toString();
    const headers = {
      "content-type": "application/x-www-form-urlencoded",
      cookie: "wordpress_test_cookie=WP%20Cookie%20check",
    };
    const entered = await host.get("blog.localhost", "/wp-login.php", {
      tls: true,
      method: "POST",
      headers,
      body: form,
    });
    assert.equal(entered.status, 302, entered.body.slice(0, 300));
  });

  it("log somebody in by a link that works once, and for five minutes", async () => {
    const made = await host.varvol("login", "blog", "--json");
    const { url, login } = JSON.parse(made.stdout) as { url: string; login: string };
    assert.equal(login, "admin");
    const { pathname, search } = new URL(url);
    const at = pathname + search;
    const post = () => host.get("blog.localhost", at, { tls: true, method: "POST" });
    // What looks at a link for a preview does not use it up.
    const seen = await host.get("blog.localhost", at, { tls: true });
    assert.deepEqual([seen.status, /Log in as admin/.test(seen.body)], [200, true]);
    const both = await Promise.all([post(), post()]);
    assert.deepEqual(both.map(({ status }) => status).sort(), [302, 403]);
    assert.match(
      String(both.find(({ status }) => status === 302)?.headers["set-cookie"]),
      /wordpress_logged_in_/,
    );
    assert.equal((await host.get("blog.localhost", at, { tls: true })).status, 403);
    const stored = await query("SELECT option_name FROM wp_options WHERE option_name LIKE 'varvol_login%'");
    assert.doesNotMatch(stored, new RegExp(search.split("=")[1] ?? "none"));
    const old = JSON.parse((await host.varvol("login", "blog", "admin", "--json")).stdout) as { url: string };
    const expire = "UPDATE wp_options SET option_value = '1 1000' WHERE option_name LIKE 'varvol_login%'";
    await query(expire);
    const late = new URL(old.url);
    const answer = await host.get("blog.localhost", late.pathname + late.search, {
      tls: true,
      method: "POST",
    });
    assert.equal(answer.status, 403);
    const logs = await host.varvol("logs", "blog", "--since", "5m");
    assert.match(logs.stdout, /varvol: \S+ made a one-time link for admin/);
    assert.match(logs.stdout, /varvol: a one-time link logged in admin, from /);
  });

  it("write a site's database to a file, and take it back in the place of what is there, or nothing", async () => {
    const face =
      "UPDATE wp_posts SET post_title = 'A face 🎥' WHERE ID = 1; CREATE VIEW titles AS SELECT post_title FROM wp_posts; CREATE TRIGGER noted BEFORE INSERT ON wp_links FOR EACH ROW SET NEW.link_notes = 'noted'";
    await host.varvolWith(face, "sql", "blog");
    const file = path.join(host.folder, "blog.sql");
    assert.equal((await host.varvol("sql", "blog", "--export", file)).code, 0);
    const dump = fs.readFileSync(file, "utf8");
    assert.match(dump, /A face 🎥/);
    assert.doesNotMatch(dump, /999999|DEFINER=/);
    assert.equal(fs.statSync(file).mode & 0o777, 0o600);
    assert.match((await host.varvol("sql", "blog", "--export", file)).stderr, /is there already/);
    await query("UPDATE wp_posts SET post_title = 'changed since' WHERE ID = 1; DROP VIEW titles");
    const cut = path.join(host.folder, "cut.sql");
    fs.writeFileSync(cut, dump.slice(0, dump.lastIndexOf("UNLOCK TABLES")));
    const refused = await host.varvol("sql", "blog", "--import", cut, "--yes");
    assert.match(refused.stderr, /cut\.sql is cut off .*\n.*Nothing was changed/);
    assert.equal(await query("SELECT post_title FROM wp_posts WHERE ID = 1"), "changed since");
    assert.match((await host.varvol("sql", "blog", "--import", file)).stderr, /say --yes/);
    // As another host's: the site puts its own address in its place.
    fs.writeFileSync(file, dump.replaceAll(`blog.localhost:${host.https}`, "old.example.org"));
    const taken = await host.varvol("sql", "blog", "--import", file, "--yes", "--json");
    assert.equal(taken.code, 0, taken.stderr);
    const { kept } = JSON.parse(taken.stdout) as { kept: string };
    assert.equal(await query("SELECT post_title FROM titles LIMIT 1"), "A face 🎥");
    assert.equal(
      await query("SELECT option_value FROM wp_options WHERE option_name = 'siteurl'"),
      `https://blog.localhost:${host.https}`,
    );
    assert.equal(await query("SELECT trigger_name FROM information_schema.triggers"), "noted");
    assert.match(gunzipSync(fs.readFileSync(kept)).toString(), /changed since/);
    assert.equal((await host.get("blog.localhost", "/", { tls: true })).status, 200);
  });

  it("print what containers wrote, in the order of time, by site, with nothing that a terminal acts on", async () => {
    const php = await host.container("blog/php");
    await attempt(["docker", "exec", php, "sh", "-c", "printf 'evil \\033[2Jline\\n' >/proc/1/fd/2"]);
    const all = await host.varvol("logs", "--json");
    assert.equal(all.code, 0, all.stderr);
    const lines = all.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { time: string; owner: string; role: string; text: string });
    assert.deepEqual(
      lines.map(({ time }) => time),
      lines.map(({ time }) => time).sort(),
    );
    assert.ok(lines.some(({ owner }) => owner === "mysql"));
    const own = await host.varvol("logs", "blog", "--since", "1h");
    assert.match(own.stdout, /blog\/php evil \?\[2Jline/);
    assert.doesNotMatch(own.stdout, /mysql\//);
    assert.equal((await host.varvol("logs", "blog", "--tail", "0")).stdout, "");
    assert.match((await host.varvol("logs", "nobody")).stderr, /nobody is no site or module/);
  });

  it("copy a WordPress to work on, and put what came of it in its place, with its own address", async () => {
    const address = `https://blog.localhost:${host.https}`;
    const copy = `https://work.blog.localhost:${host.https}`;
    const file = (site: string, name: string) => path.join(host.root, site, "content", name);
    const write = (site: string, name: string, text: string) => {
      fs.mkdirSync(path.dirname(file(site, name)), { recursive: true });
      fs.writeFileSync(file(site, name), text);
      fs.chownSync(path.dirname(file(site, name)), 33, 33);
    };
    await query(`UPDATE wp_posts SET post_content = 'at ${address}/a, a@blog.localhost' WHERE ID = 1`);
    const cloned = await host.varvol("clone", "blog", "work", "--domain", "work.blog.localhost", "--yes");
    assert.equal(cloned.code, 0, cloned.stderr);
    const content = "SELECT post_content FROM wp_posts WHERE ID = 1";
    assert.equal(await query(content, "work"), `at ${copy}/a, a@blog.localhost`);
    assert.equal(await query(content), `at ${address}/a, a@blog.localhost`);
    assert.equal((await host.get("work.blog.localhost", "/", { tls: true })).status, 302);

    // What somebody does there; and what visitors of the original do meanwhile.
    await query(
      `UPDATE wp_posts SET post_title = 'Worked on' WHERE ID = 1;
       INSERT INTO wp_options (option_name, option_value, autoload) VALUES ('widget_x', 'a:1:{i:0;s:${copy.length}:"${copy}";}', 'off');
       UPDATE wp_options SET option_value = '0' WHERE option_name = 'blog_public'`,
      "work",
    );
    write("work", "uploads/new.txt", "new");
    write("work", "plugins/own.php", "<?php\n/* Plugin Name: Own */\n");
    write("work", "cache/page.html", copy);
    write("blog", "uploads/live.txt", "live");
    write("blog", "plugins/live.php", "<?php\n/* Plugin Name: Live */\n");
    await query(
      "INSERT INTO wp_comments (comment_post_ID, comment_author, comment_date_gmt, comment_content) VALUES (1, 'a visitor', '2026-01-01', 'since')",
    );
    for (const [words, why] of [
      [["hello", "blog", "--uploads"], /hello is a static site/],
      [["work", "work", "--uploads"], /are one site/],
      [["work", "blog"], /--database, --files .* or --uploads/],
      [["work", "blg", "--database"], /blg is no site .*Did you mean blog\?/],
    ] as const)
      assert.match((await host.varvol("sync", ...words)).stderr, why);
    const asked = await host.varvol("sync", "work", "blog", "--database", "--uploads");
    assert.match(asked.stderr, /loses it: 1 × comment\. Nothing is merged/);
    assert.match(asked.stderr, /no backups: the database is kept as a dump, and the files .* are lost/);
    assert.match(asked.stderr, /say --yes/);
    assert.notEqual(await query("SELECT post_title FROM wp_posts WHERE ID = 1"), "Worked on");

    const done = await host.varvol("sync", "work", "blog", "--database", "--uploads", "--yes", "--json");
    assert.equal(done.code, 0, done.stderr);
    const { away, dump } = JSON.parse(done.stdout) as { away: number; dump: string };
    assert.ok(away > 0);
    assert.match(gunzipSync(fs.readFileSync(dump)).toString(), /a visitor/);
    assert.equal(await query("SELECT post_title FROM wp_posts WHERE ID = 1"), "Worked on");
    assert.equal(await query(content), `at ${address}/a, a@blog.localhost`);
    const option = (name: string) =>
      query(`SELECT option_value FROM wp_options WHERE option_name = '${name}'`);
    assert.equal(await option("widget_x"), `a:1:{i:0;s:${address.length}:"${address}";}`);
    assert.deepEqual([await option("siteurl"), await option("blog_public")], [address, "1"]);
    const dumped = await attempt([
      ...["docker", "exec", await host.container("mysql/mysql"), "mariadb-dump", "blog"],
    ]);
    assert.doesNotMatch(dumped.stdout, /work\.blog\.localhost/);
    assert.ok(fs.existsSync(file("blog", "uploads/new.txt")));
    assert.ok(!fs.existsSync(file("blog", "uploads/live.txt")));
    assert.ok(fs.existsSync(file("blog", "plugins/live.php")), "its plugins are its own still");
    assert.ok(!fs.existsSync(file("blog", "plugins/own.php")));
    const front = await host.get("blog.localhost", "/", { tls: true });
    assert.deepEqual([front.status, front.headers["x-robots-tag"]], [200, undefined]);
    assert.doesNotMatch(front.body, /noindex/);
    assert.equal((await host.get("work.blog.localhost", "/", { tls: true })).status, 302);

    // Files alone, the other way round: uploads are none of them, and a cache of the other address is not taken.
    write("blog", "cache/page.html", address);
    const back = await host.varvol("sync", "blog", "work", "--files", "--yes");
    assert.equal(back.code, 0, back.stderr);
    assert.match(
      back.stdout,
      /work has the files of blog; it was away for .* s\.\nWhat it had before is gone/,
    );
    assert.ok(fs.existsSync(file("work", "plugins/live.php")));
    assert.ok(!fs.existsSync(file("work", "plugins/own.php")));
    assert.ok(!fs.existsSync(file("work", "cache/page.html")));
    assert.ok(fs.existsSync(file("work", "uploads/new.txt")));
  });

  it("give a site another address, or make one, by the stack file, whose comments stay", async () => {
    const read = () => fs.readFileSync(host.configFile, "utf8");
    fs.writeFileSync(host.configFile, read().replace("name: hello\n", "name: hello # the first\n"));
    const before = read();
    for (const [words, why] of [
      [["domain", "move", "blog", "new.localhost"], /blog is at new\.localhost .*\n.*say --yes/],
      [["domain", "mve", "blog", "new.localhost"], /Did you mean move\?/],
      [["add", "more"], /--kind is missing/],
      [["add", "more", "--kind", "static"], /--domain is missing/],
      [["add", "more", "--kind", "statik", "--domain", "more.localhost"], /Did you mean static\?/],
      [["add", "more", "--kind", "static", "--domain", "more.localhost"], /a static site at .*\n.*say --yes/],
    ] as const) {
      const refused = await host.varvol(...words);
      assert.equal(refused.code, 2, refused.stderr);
      assert.match(refused.stderr, why);
    }
    const taken = await host.varvol("domain", "add", "hello", "blog.localhost", "--yes");
    assert.match(taken.stderr, /blog\.localhost/);
    assert.equal(read(), before);
    const php = await host.container("blog/php");
    const say = "printf 'PHP Fatal error:  kept \\033[2J of before\\nno error\\n' >/proc/1/fd/2";
    await attempt(["docker", "exec", php, "sh", "-c", say]);
    const line = `${process.execPath} cli/varvol.cjs domain --config-file ${host.configFile} move blog new.localhost`;
    const asked = await attempt(["script", "-qec", line, "/dev/null"], { env: host.env, input: "n\n" });
    assert.notEqual(asked.code, 0, asked.stdout);
    assert.match(asked.stdout, /Go on\? \[y\/N\][^]*Nothing was changed/);
    assert.equal(read(), before);
    const moved = await host.varvol("domain", "move", "blog", "new.localhost", "--yes");
    assert.equal(moved.code, 0, moved.stderr);
    assert.match(read(), /name: hello # the first\n/);
    const old = await host.get("blog.localhost", "/page?x=1", { tls: true });
    assert.deepEqual([old.status, old.headers.location], [301, "https://new.localhost/page?x=1"]);
    assert.equal(
      await query("SELECT option_value FROM wp_options WHERE option_name = 'siteurl'"),
      `https://new.localhost:${host.https}`,
    );
    assert.equal((await host.get("new.localhost", "/", { tls: true })).status, 200);
    // The container that wrote it is gone.
    assert.notEqual(await host.container("blog/php"), php);
    const errors = await host.varvol("logs", "blog", "--errors", "--since", "1h");
    assert.match(errors.stdout, /blog\/php PHP Fatal error: {2}kept \?\[2J of before\n/);
    assert.doesNotMatch(errors.stdout, /no error/);
    assert.equal(errors.stdout.match(/of before/g)?.length, 1);
    assert.doesNotMatch((await host.varvol("logs", "blog", "--since", "1s")).stdout, /of before/);
    const added = await host.varvol("add", "more", "--kind", "static", "--domain", "more.localhost", "--yes");
    assert.equal(added.code, 0, added.stderr);
    fs.writeFileSync(path.join(host.root, "more/site/index.html"), "more of it");
    assert.equal((await host.get("more.localhost", "/?fresh", { tls: true })).body, "more of it");
    assert.match(read(), /name: hello # the first\n/);
  });
});
