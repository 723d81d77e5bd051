import assert from "node:assert/strict";
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
});
