import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { capture } from "../../../base/exec";
import { folderOf } from "../../../flows/import/fetched";
import { IMAGE, OLD_HOST, PREFIX } from "../../support/foreignSite";
import { sql } from "../../support/siteData";
import type { TestHost } from "../../support/testHost";
import { WebHost } from "../../support/webHost";

/** As a database's password may be, with what shells, PHP and option files mean something by. */
const PASSWORD = String.raw`it's "50%" \n #1 $HOME`;

/** `varvol import`, on a host beside which lies what another one's WordPress was exported to. */
export function importVerbCases(
  host: TestHost,
  foreign: () => Readonly<Record<"content" | "database" | "plain", string>>,
): void {
  const file = (name: string) => path.join(host.folder, name);
  const wordpress = file("webhost-files/public_html");
  let webHost: WebHost;

  before(async () => {
    // A WordPress's whole folder, with its dump where the backup plugin of its former host put it.
    fs.mkdirSync(path.join(wordpress, "wp-content"), { recursive: true });
    await capture(["tar", "-xf", foreign().content, "-C", wordpress]);
    fs.copyFileSync(foreign().database, path.join(wordpress, "wp-content/backup.sql.gz"));
    const quoted = PASSWORD.replaceAll(/[\\']/g, "\\$&");
    fs.writeFileSync(
      path.join(wordpress, "wp-config.php"),
      `<?php\ndefine( 'DB_NAME', 'site' );\ndefine( 'DB_USER', 'owner' );\ndefine( 'DB_PASSWORD', '${quoted}' );\ndefine( 'DB_HOST', 'localhost' );\n$table_prefix = '${PREFIX}';\n`,
    );
    await capture(["tar", "-C", file("webhost-files"), "-czf", file("public_html.tar.gz"), "public_html"]);
    webHost = await WebHost.start(file("webhost"), 18219);
    await webHost.copyTo(wordpress, "/srv/public_html");
    // A deployment shares its uploads among releases.
    await webHost.sh(
      `mkdir /srv/shared; mv /srv/public_html/wp-content/uploads /srv/shared/
       ln -s ../../shared/uploads /srv/public_html/wp-content/uploads; echo seller > /srv/public_html/ads.txt`,
    );
    await webHost.copyTo(foreign().plain, "/srv/database.sql.gz");
    await webHost.copyTo(file("pages"), "/srv/pages");
    await webHost.sh(
      `mariadb -e "CREATE DATABASE site; CREATE TABLE site.other_posts (id INT)"
       gzip -dc /srv/database.sql.gz | grep -avE '^(CREATE DATABASE|USE) ' | mariadb site
       rm /srv/database.sql.gz
       mariadb site -e "UPDATE ${PREFIX}posts SET post_content = CONCAT(post_content, ' https://named.example/at') WHERE post_name = 'gruesse'"
       echo "define( 'WP_HOME', 'https://named.example' );" >> /srv/public_html/wp-config.php
       cat > /tmp/user.sql <<'END'
CREATE USER owner@localhost IDENTIFIED BY '${PASSWORD.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}';
GRANT ALL ON site.* TO owner@localhost;
END
       mariadb < /tmp/user.sql`,
    );
  });

  after(async () => {
    await webHost?.stop();
    for (const name of ["arrived", "moved", "later"])
      fs.rmSync(folderOf(host.stack, name), { recursive: true, force: true });
  });

  it("by one command fills a static site that the stack file did not have, and keeps the file's comments", async () => {
    const text = fs.readFileSync(host.configFile, "utf8");
    fs.writeFileSync(host.configFile, `# what this host is for\n${text}`);
    const { code, stdout, stderr } = await host.varvol(
      ...[
        "import",
        "arrived",
        "--from",
        file("pages.tar.gz"),
        "--kind",
        "static",
        "--domain",
        "arrived.localhost",
      ],
    );
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /arrived has come: 2 files/);
    assert.equal((await host.get("arrived.localhost")).body, "imported");
    assert.match(fs.readFileSync(host.configFile, "utf8"), /^# what this host is for\n[^]*name: arrived/);
    const again = await host.varvol("import", "arrived", "--from", file("pages.tar.gz"));
    assert.match(again.stderr, /arrived: \S+ holds files, and an import fills only what is empty/);
  });

  it("by one command moves a WordPress from a host over ssh, without a change there", async () => {
    const from = `${webHost.address}/srv/public_html`;
    const words = ["import", "moved", "--from", from, "--kind", "wordpress", "--domain", "moved.localhost"];
    const unknown = await host.varvol(...words);
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /its ssh key is not the one that is known, or none is/);
    await webHost.know();
    await webHost.sh("touch /tmp/marker; sleep 1");
    const { code, stdout, stderr } = await host.varvol(...words);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, new RegExp(`moved has come: \\d+ files.*, \\d+ tables`));
    assert.match(
      stdout,
      new RegExp(`Its address was http://${OLD_HOST} and is https://moved.localhost:${host.https}`),
    );
    assert.equal(await webHost.sh("find /srv /tmp /root /home /var/tmp -newer /tmp/marker -type f"), "");

    const post = await host.get("moved.localhost", "/gruesse/");
    assert.match(post.body, /Grüße aus dem Garten/);
    assert.ok(!post.body.includes(OLD_HOST));
    assert.match(
      post.body,
      new RegExp(`https://moved\\.localhost:${host.https}/at`),
      "what wp-config.php named",
    );
    const image = await host.get("moved.localhost", `/wp-content/${IMAGE}`);
    assert.equal(image.headers["content-type"], "image/png");
    assert.equal((await host.get("moved.localhost", "/ads.txt")).body, "seller\n");
    assert.ok(!fs.existsSync(path.join(host.root, "moved/content/backup.sql.gz")));
    const tables = await sql(host, "SHOW TABLES FROM moved");
    assert.deepEqual(
      tables.filter((table) => !table.startsWith(PREFIX)),
      [],
    );
    const folder = folderOf(host.stack, "moved");
    assert.equal(fs.statSync(folder).mode & 0o777, 0o700);
    // What was fetched is needed no more.
    fs.rmSync(folder, { recursive: true });
    assert.match(await host.up(), /Nothing changed/);
  });

  it("finds a WordPress and its dump in an archive", async () => {
    const { code, stdout, stderr } = await host.varvol(
      ...["import", "later", "--from", file("public_html.tar.gz"), "--kind", "wordpress"],
      ...["--domain", "later.localhost", "--no-up", "--json"],
    );
    assert.equal(code, 0, stderr);
    const { content, database } = JSON.parse(stdout) as { content: string; database: string };
    assert.ok(fs.existsSync(path.join(content, "wp-content", IMAGE)));
    assert.deepEqual(fs.readFileSync(database), fs.readFileSync(foreign().database));
    assert.match(fs.readFileSync(host.configFile, "utf8"), /name: later/);
  });

  it("refuses what is no such site before anything is touched", async () => {
    const before = fs.readFileSync(host.configFile, "utf8");
    const added = (kind: string) => ["--kind", kind, "--domain", "new.localhost"];
    const cases: [args: string[], message: RegExp][] = [
      [["--from", file("pages")], /new is no site in \S+stack.yaml\.[^]*--kind static/],
      [
        ["--from", file("pages"), "--kind", "wordpres", "--domain", "new.localhost"],
        /--kind wordpres: there is no such kind[^]*static/,
      ],
      [
        ["--from", "ssh://root@127.0.0.1:9/srv", ...added("static")],
        /127\.0\.0\.1:\/srv: can't be reached: .*refused/,
      ],
      [["--from", `${webHost.address}/srv/none`, ...added("static")], /there is no folder \/srv\/none/],
      [["--from", `${webHost.address}/srv/public_html`, ...added("static")], /is a WordPress/],
      [
        ["--from", `${webHost.address}/srv`, "--inside", "pages", ...added("static")],
        /--inside: --from names the folder itself/,
      ],
    ];
    for (const [args, message] of cases) {
      const { code, stderr } = await host.varvol("import", "new", ...args);
      assert.equal(code, 1, args.join(" "));
      assert.match(stderr, message);
    }
    assert.equal(fs.readFileSync(host.configFile, "utf8"), before);
    assert.ok(!fs.existsSync(folderOf(host.stack, "new")));
    assert.ok(!fs.existsSync(path.join(host.root, "new")));
  });
}
