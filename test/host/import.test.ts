import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { gzipSync } from "node:zlib";
import { capture } from "../../base/exec";
import { execIn, runPhp } from "../support/docker";
import { BIG, exportForeignSite, IMAGE, OLD_HOST, PASSWORD, PREFIX, VALUES } from "../support/foreignSite";
import { TestHost } from "../support/testHost";
import { importVerbCases } from "./import/verb";

describe("an import", function () {
  this.timeout(300_000);
  const host = new TestHost("import", 18210);
  const file = (name: string) => path.join(host.folder, name);
  const fromFolder = site("folder", file("pages"));
  const fromTar = site("packed", file("pages.tar.gz"));
  const blog = { name: "blog", kind: "wordpress", domains: ["blog.localhost"] };
  let said = "";
  let foreign: { content: string; database: string };
  let plain = "";

  before(async () => {
    fs.mkdirSync(file("pages/inner"), { recursive: true });
    fs.writeFileSync(file("pages/index.html"), "imported");
    fs.writeFileSync(file("pages/inner/é.txt"), "with an accent");
    fs.symlinkSync("index.html", file("pages/same.html"));
    fs.symlinkSync("/etc/passwd", file("pages/passwd"));
    fs.writeFileSync(file("pages/contact.php"), "<?php // source");
    await capture(["tar", "-C", file("pages"), "-czf", file("pages.tar.gz"), "."]);
    host.configure([
      fromFolder,
      fromTar,
      { name: "source", kind: "wordpress", domains: ["source.localhost"] },
    ]);
    said += await host.up();
    ({ plain, ...foreign } = await exportForeignSite(host, "source"));
    host.configure([fromFolder, fromTar, { ...blog, import: foreign }]);
    said += await host.up();
  });

  function site(name: string, from: string): Record<string, unknown> {
    return { name, kind: "static", domains: [`${name}.localhost`], import: from };
  }

  async function sql(statement: string): Promise<string> {
    const mysql = await host.container("mysql/mysql");
    const { code, stdout, stderr } = await execIn(mysql, ["mariadb", "-N", "-B", "blog"], statement);
    assert.equal(code, 0, stderr);
    return stdout;
  }

  const asBlog = async (script: string) =>
    runPhp(
      await host.container("blog/php"),
      `putenv('TABLE_PREFIX=' . file_get_contents('/tmp/table-prefix')); require '/srv/wordpress/wp-load.php'; ${script}`,
    );

  it("fills a static site from a folder and from a tar archive, without the links that lead out", async () => {
    for (const domain of ["folder.localhost", "packed.localhost"]) {
      assert.equal((await host.get(domain)).body, "imported");
      assert.equal((await host.get(domain, `/inner/${encodeURIComponent("é.txt")}`)).body, "with an accent");
      assert.equal((await host.get(domain, "/same.html")).body, "imported");
      assert.equal((await host.get(domain, "/passwd")).status, 404);
      assert.equal((await host.get(domain, "/contact.php")).status, 404);
    }
    assert.match(said, /folder: 2 entries .* left out: passwd: a link out of the import/);
    assert.match(said, /contact\.php: PHP, which a site of the kind php runs/);
  });

  it("serves another host's WordPress, with its table prefix, files and passwords", async () => {
    for (const tls of [false, true]) {
      const post = await host.get("blog.localhost", "/gruesse/", { tls });
      assert.equal(post.status, 200);
      assert.equal(/<h1[^>]*>([^<]*)/.exec(post.body)?.[1], "Grüße aus dem Garten 😀");
      assert.equal(/USE source;[^<]*/.exec(post.body)?.[0].trim(), "USE source; DEFINER=`root`@`localhost`");
      assert.ok(!post.body.includes(OLD_HOST));
      const image = await host.get("blog.localhost", `/wp-content/${IMAGE}`, { tls });
      assert.equal(image.headers["content-type"], "image/png");
    }
    assert.equal((await host.get("blog.localhost", "/wp-content/uploads/passwd.txt")).status, 404);
    const tables = (await sql("SHOW TABLES")).trim().split("\n");
    assert.deepEqual(
      tables.filter((table) => !table.startsWith(PREFIX)),
      [],
    );
    const roles = `$user = wp_authenticate('admin', '${PASSWORD}'); echo is_wp_error($user) ? $user->get_error_code() : implode(',', $user->roles);`;
    assert.equal(await asBlog(roles), "administrator");
  });

  it("takes what other hosts' tools write into a dump, and rows that are longer than most", async () => {
    assert.match(said, /blog: \d+ statements .* left out: .*1 × CREATE DATABASE/);
    assert.equal((await sql(`SELECT LENGTH(v) FROM ${PREFIX}big`)).trim(), String(BIG));
    assert.equal((await sql("SHOW TRIGGERS")).split("\t")[0], "stamped");
    await sql(`INSERT INTO ${PREFIX}links (link_name) VALUES ('x')`);
    assert.equal((await sql(`SELECT link_notes FROM ${PREFIX}links WHERE link_name = 'x'`)).trim(), "a;b");
  });

  it("leaves no old address behind, and every serialised value whole", async () => {
    const dump = await execIn(await host.container("mysql/mysql"), [
      "mariadb-dump",
      "--max-allowed-packet=1G",
      "--skip-extended-insert",
      "blog",
    ]);
    assert.equal(dump.code, 0, dump.stderr);
    // A name that only begins like the old one is another host's.
    const left = dump.stdout
      .split("\n")
      .filter((line) => line.replaceAll(`${OLD_HOST}.org`, "").includes("old-host"));
    assert.deepEqual(left, []);
    const found = await asBlog(String.raw`
      ${VALUES}
      $url = 'https://blog.localhost:${host.https}';
      $post = get_page_by_path('gruesse', OBJECT, 'post')->ID;
      $wrong = [];
      foreach (values($url, $url) as $name => $value) {
          if (serialize(get_option("test $name")) !== serialize($value)) $wrong[] = "option $name";
          if (serialize(get_post_meta($post, "test $name", true)) !== serialize($value)) $wrong[] = "meta $name";
      }
      $whole = 0;
      foreach ($wpdb->get_col('SHOW TABLES') as $table) {
          foreach ($wpdb->get_results("SELECT * FROM $table", ARRAY_A) as $row) {
              foreach (array_filter($row, 'is_serialized') as $column => $value) {
                  if (@unserialize($value) === false && $value !== 'b:0;') $wrong[] = "$table.$column: $value";
                  else $whole++;
              }
          }
      }
      echo json_encode(['wrong' => $wrong, 'whole' => $whole]);
    `);
    const { wrong, whole } = JSON.parse(found) as { wrong: string[]; whole: number };
    assert.deepEqual(wrong, []);
    assert.ok(whole > 30, `only ${whole} serialised values`);
  });

  it("never touches a volume or a database that is not empty", async () => {
    const tree = (name: string) =>
      capture(["find", path.join(host.root, name), "-printf", "%P %s %T@ %u %m\n"]);
    const rows = `CHECKSUM TABLE ${PREFIX}posts, ${PREFIX}postmeta, ${PREFIX}users`;
    const look = async () => [
      await tree("packed/site"),
      await tree("folder/site"),
      await tree("blog/content"),
      await sql(rows),
    ];
    fs.writeFileSync(file("pages/index.html"), "another");
    await capture(["tar", "-C", file("pages"), "-czf", file("other.tar.gz"), "."]);
    fs.writeFileSync(file("other.sql"), "CREATE TABLE other (id INT);\n");
    const before = await look();
    const containers = await host.containers();
    host.configure([
      site("packed", file("other.tar.gz")),
      site("folder", file("is gone")),
      { ...blog, import: { content: file("other.tar.gz"), database: file("other.sql") } },
    ]);
    await host.up();
    assert.deepEqual(await look(), before);
    assert.equal((await host.get("folder.localhost")).body, "imported");
    // Nor is a container replaced: what was imported once is no part of it.
    assert.deepEqual(await host.containers(), containers);
    host.configure([fromFolder, fromTar, { ...blog, import: foreign }]);
  });

  it("refuses sources that are missing or broken, all at once and before anything is touched", async () => {
    fs.mkdirSync(file("blog/wp-content/uploads"), { recursive: true });
    fs.writeFileSync(file("blog/wp-config.php"), "<?php");
    const packed = gzipSync("CREATE TABLE a (id INT);\n".repeat(2000));
    const sources: [name: string, content: Buffer | undefined, message: RegExp][] = [
      ["no-such", undefined, /^.*sites\[3\]\.import: .*no-such does not exist/m],
      ["bad.tar", Buffer.alloc(2048, 1), /sites\[4\]\.import: .*bad\.tar is no complete tar archive/],
      ["cut.tar.gz", packed.subarray(0, 60), /sites\[5\]\.import: .*cut\.tar\.gz is no complete tar archive/],
      ["no-such.sql.gz", undefined, /sites\[6\]\.import\.database: .*no-such\.sql\.gz does not exist/],
      ["cut.sql.gz", packed.subarray(0, 60), /sites\[7\]\..*: .*cut\.sql\.gz is corrupt \(.*end of file/],
      ["half.sql", Buffer.from("-- MariaDB dump 10.19\nCREATE TABLE a (id INT);\n"), /half\.sql is cut off/],
      ["text.sql", Buffer.from("some text\n"), /sites\[9\]\.import\.database: .*text\.sql is no SQL dump/],
      ["blog", undefined, /sites\[10\]\.import: .*blog is a WordPress, whose source is not for everyone/],
    ];
    const added = sources.map(([name, content], i) => {
      if (content) fs.writeFileSync(file(name), content);
      const wordpress = {
        kind: "wordpress",
        domains: [`new${i}.localhost`],
        import: { database: file(name) },
      };
      return { ...(name.includes(".sql") ? wordpress : site(`new${i}`, file(name))), name: `new${i}` };
    });
    const containers = await host.containers();
    host.configure([fromFolder, fromTar, { ...blog, import: foreign }, ...added]);
    const { code, stderr } = await host.varvol("up");
    assert.equal(code, 1);
    for (const [, , message] of sources) assert.match(stderr, message);
    assert.deepEqual(await host.containers(), containers);
    for (const { name } of added) assert.ok(!fs.existsSync(path.join(host.root, name)), name);
  });

  it("takes a dump that MySQL refuses back out, and imports the next one, with an archive of more than the site", async () => {
    fs.writeFileSync(file("bad.sql"), "CREATE TABLE a (id INT);\nINSERT INTO nowhere VALUES (1);\n");
    const second = { name: "second", kind: "wordpress", domains: ["second.localhost"] };
    const rest = [fromFolder, fromTar, { ...blog, import: foreign }];
    const another = site("another", file("pages.tar.gz"));
    host.configure([...rest, { ...second, import: { database: file("bad.sql") } }, another]);
    const { code, stderr } = await host.varvol("up");
    assert.notEqual(code, 0);
    assert.match(stderr, /bad\.sql can't be read into the database:\s+ERROR .*nowhere' doesn't exist/s);
    assert.match(stderr, /second: could not be brought up, .* is not served\. All other sites are up/);
    assert.equal((await host.get("blog.localhost", "/gruesse/?again=1")).status, 200);
    assert.equal((await host.get("another.localhost")).body, "imported");
    // As somebody packed all of /var/www.
    fs.mkdirSync(file("nested/var/www/html"), { recursive: true });
    await capture(["tar", "-C", file("nested/var/www/html"), "-xf", foreign.content]);
    fs.writeFileSync(file("nested/var/www/html/ads.txt"), "seller");
    await capture(["tar", "-C", file("nested"), "-czf", file("nested.tar.gz"), "var"]);
    const nested = { content: file("nested.tar.gz"), database: foreign.database };
    host.configure([...rest, { ...second, import: nested }]);
    await host.up();
    assert.equal((await host.get("second.localhost", `/wp-content/${IMAGE}`)).status, 200);
    assert.equal((await host.get("second.localhost", "/ads.txt")).body, "seller");
    assert.match((await host.get("second.localhost", "/gruesse/")).body, /Grüße aus dem Garten/);
  });

  describe("by the command of that name", () => importVerbCases(host, () => ({ ...foreign, plain })));
});
