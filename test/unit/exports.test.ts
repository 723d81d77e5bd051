import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { gzipSync } from "node:zlib";
import { arrangeWordPress } from "../../agent/arrange";
import { capture } from "../../base/exec";
import { fetchLocal } from "../../flows/import/local";
import type { Fetched } from "../../stacks/kinds";
import { wpressOf } from "../support/wpress";
import { zipOf } from "../support/zip";

const STYLE = "themes/plain/style.css";
const PLUGIN = "plugins/shop/shop.php";
const BOAT = "uploads/2024/05/boat.png";
const SQL = "CREATE TABLE `wp_options` (id INT);\n";

/** What the exports of panels and plugins become, each made here as its program names and nests it. */
describe("an export of a panel's or a plugin's", () => {
  let folder: string;

  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-unit-"))));
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  const file = (name: string) => path.join(folder, name);
  function write(name: string, text: string | Buffer): void {
    fs.mkdirSync(path.dirname(file(name)), { recursive: true });
    fs.writeFileSync(file(name), text);
  }
  const zip = (...names: string[]) => zipOf(names.map((name) => ({ name, text: name })));
  const tar = async (name: string, inner: string, ...options: string[]) => {
    await capture(["tar", "-C", file(inner), ...options, "-cf", file(name), "."]);
    fs.rmSync(file(inner), { recursive: true });
  };

  async function fetched(
    name: string,
    database?: string,
    inside?: string,
  ): Promise<Fetched & { said: string }> {
    fs.mkdirSync(file("to"));
    const from = file(name);
    const archive = fs.statSync(from).isFile();
    const said: string[] = [];
    const write = process.stderr.write.bind(process.stderr);
    process.stderr.write = (text: string | Uint8Array) => said.push(String(text)) > 0;
    try {
      const found = await fetchLocal({
        kind: "wordpress",
        path: from,
        archive,
        database,
        inside,
        folder: file("to"),
      });
      return { ...found, said: said.join("") };
    } finally {
      process.stderr.write = write;
    }
  }

  /** What the site is filled with of it. */
  function filled({ content, moved = {} }: Fetched): string[] {
    fs.cpSync(content, file("out"), { recursive: true, verbatimSymlinks: true });
    arrangeWordPress(file("out"), moved);
    return [STYLE, PLUGIN, BOAT].filter((name) => fs.existsSync(path.join(file("out/content"), name)));
  }
  const whole = [STYLE, PLUGIN, BOAT];

  const SET = "backup_2024-05-01-1200_A_garden_0a1b2c3d4e5f";
  function updraft(set = SET): void {
    write(`set/${set}-plugins.zip`, zip(PLUGIN, "plugins/index.php"));
    write(`set/${set}-themes.zip`, zip(STYLE));
    write(`set/${set}-uploads.zip`, zip("uploads/2024/04/first.png"));
    write(`set/${set}-uploads2.zip`, zip(BOAT));
    write(`set/${set}-others.zip`, zip("languages/de_DE.mo", "index.php"));
    write(`set/${set}-db.gz`, gzipSync(SQL));
    write(`set/log.0a1b2c3d4e5f.txt`, "log");
  }

  it("is UpdraftPlus' set of archives, in a folder, which stays as it is", async () => {
    updraft();
    const before = fs.readdirSync(file("set"));
    const found = await fetched("set");
    assert.equal(found.database, file(`set/${SET}-db.gz`));
    assert.deepEqual(filled(found), whole);
    for (const name of ["languages/de_DE.mo", "uploads/2024/04/first.png"])
      assert.ok(fs.existsSync(path.join(file("out/content"), name)), name);
    assert.deepEqual(fs.readdirSync(file("set")), before);
  });

  it("is UpdraftPlus' set in one archive, with its dump", async () => {
    updraft();
    await tar("set.tar", "set");
    const found = await fetched("set.tar");
    assert.equal(path.basename(found.database ?? ""), `${SET}-db.gz`);
    assert.deepEqual(filled(found), whole);
  });

  it("is not guessed where UpdraftPlus has made two, nor read where it is encrypted", async () => {
    updraft();
    updraft("backup_2024-06-01-1200_A_garden_ffffffffffff");
    await assert.rejects(fetched("set"), /holds 2 backups of UpdraftPlus .*leave there but the one/);
    fs.rmSync(file("to"), { recursive: true });
    fs.rmSync(file("set"), { recursive: true });
    write(`set/${SET}-db.gz.crypt`, "x");
    await assert.rejects(fetched("set"), /is encrypted; decrypt it in UpdraftPlus first/);
  });

  it("is All-in-One WP Migration's, with the plugins and the theme that its dump lacks", async () => {
    const about = {
      SiteURL: "https://alt.example",
      Plugins: ["shop/shop.php"],
      Template: "plain",
      Stylesheet: "plain",
    };
    const dump = "CREATE TABLE `SERVMASK_PREFIX_options` (id INT);\n";
    write(
      "site.wpress",
      wpressOf([
        ["package.json", JSON.stringify(about)],
        ["database.sql", dump],
        [STYLE, "s"],
        [PLUGIN, "p"],
        [BOAT, "b".repeat(200_000)],
        ["uploads/empty.txt", ""],
      ]),
    );
    const found = await fetched("site.wpress");
    const text = fs.readFileSync(found.database ?? "", "utf8");
    assert.ok(text.startsWith(dump));
    assert.match(
      text,
      /INSERT IGNORE INTO `SERVMASK_PREFIX_options` .*'active_plugins', 'a:1:\{i:0;s:13:"shop\/shop.php";\}'/,
    );
    assert.match(text, /'template', 'plain', 'yes'/);
    assert.deepEqual(filled(found), whole);
    assert.equal(fs.statSync(path.join(file("out/content"), BOAT)).size, 200_000);
    assert.ok(!fs.existsSync(file("out/content/package.json")));
  });

  it("is refused where All-in-One WP Migration has encrypted, compressed or not finished it", async () => {
    for (const [archive, message] of [
      [
        wpressOf([["package.json", '{"Encrypted": true}']]),
        /is encrypted \(.wpress\); export it without a password/,
      ],
      [wpressOf([["package.json", '{"Compression": {"Enabled": true}}']]), /is compressed \(.wpress\)/],
      [
        wpressOf([
          ["package.json", "{}"],
          [BOAT, "b"],
        ]).subarray(0, -4377),
        /its end is missing/,
      ],
      [
        wpressOf([
          ["package.json", "{}"],
          [BOAT, "bbb"],
        ]).subarray(0, 4377 * 2 + 3),
        /its end is missing/,
      ],
    ] as const) {
      write("site.wpress", archive);
      await assert.rejects(fetched("site.wpress"), message);
      fs.rmSync(file("to"), { recursive: true });
    }
  });

  it("is Duplicator's, with the dump and the configuration that lie with its installer", async () => {
    const config = "<?php\ndefine('DB_NAME', 'garden');\n$table_prefix = 'g_';\n";
    write(
      "garden_archive.zip",
      zipOf([
        ...[STYLE, PLUGIN, BOAT].map((name) => ({ name: `wp-content/${name}`, text: name })),
        { name: "wp-includes/version.php" },
        { name: "wp-admin/index.php" },
        { name: "ads.txt" },
        { name: "dup-installer/dup-database__0a1b-2024.sql", text: SQL },
        { name: "dup-installer/dup-wp-config-arc__0a1b-2024.txt", text: config },
        { name: "dup-installer/main.installer.php" },
      ]),
    );
    const found = await fetched("garden_archive.zip");
    assert.equal(path.basename(found.database ?? ""), "dup-database__0a1b-2024.sql");
    assert.equal(found.prefix, "g_");
    assert.deepEqual(filled(found), whole);
    assert.deepEqual(fs.readdirSync(file("out/root")), ["ads.txt"]);
  });

  it("is WPvivid's, of archives in an archive", async () => {
    const name = (part: string) => `garden.example_wpvivid-5f0a1b_2024-05-01-12-00_backup_${part}.zip`;
    const parts = {
      themes: zip(STYLE),
      plugin: zip(PLUGIN),
      uploads: zip(BOAT),
      content: zip("languages/de_DE.mo"),
      core: zip("wp-includes/version.php", "wp-admin/index.php", "ads.txt"),
      db: zipOf([{ name: "garden.example_backup_db.sql", text: SQL }]),
    };
    const entries = Object.entries(parts).map(([part, text]) => ({ name: name(part), text, method: 0 }));
    write(name("all"), zipOf(entries));
    const found = await fetched(name("all"));
    assert.equal(path.basename(found.database ?? ""), "garden.example_backup_db.sql");
    assert.deepEqual(filled(found), whole);
    assert.deepEqual(fs.readdirSync(file("out/root")), ["ads.txt"]);
  });

  it("is of parts with names that are no UTF-8, which become one all the same", async () => {
    updraft();
    fs.mkdirSync(file("part/uploads/2024/05"), { recursive: true });
    fs.writeFileSync(Buffer.from(file("part/uploads/2024/05/Bl\xfcte.png"), "latin1"), "");
    await tar(`set/${SET}-uploads3.tar`, "part");
    const found = await fetched("set", file(`set/${SET}-db.gz`));
    assert.deepEqual(filled(found), whole);
    assert.ok(fs.existsSync(file("out/content/uploads/2024/05/Bl\u00fcte.png")));
    assert.match(found.said, /Bl\u00fcte\.png: its name was no UTF-8, and is now/);
  });

  it("is of parts none of which is put where a link of another leads", async () => {
    for (const name of ["wp-content", "uploads"]) {
      updraft();
      fs.mkdirSync(file("outside/themes"), { recursive: true });
      const others = zipOf([{ name, text: file("outside"), mode: 0o120777 }]);
      write(`set/${SET}-others.zip`, others);
      await fetched("set", file(`set/${SET}-db.gz`)).catch(() => undefined);
      assert.deepEqual(fs.readdirSync(file("outside"), { recursive: true }), ["themes"]);
      fs.rmSync(file("to"), { recursive: true });
    }
  });

  it("is cPanel's, with the database that wp-config.php names, whether its home is packed once more or not", async () => {
    for (const packed of [false, true]) {
      const top = "cp/backup-5.1.2024_12-00-00_garden";
      const home = `${top}/homedir/public_html`;
      for (const one of whole) write(`${home}/wp-content/${one}`, one);
      write(`${home}/wp-config.php`, "<?php\ndefine( 'DB_NAME', 'garden_wp' );\n");
      write(`${home}/ads.txt`, "ads");
      write(`${top}/mysql/garden_wp.sql`, SQL);
      write(`${top}/mysql/garden_forum.sql`, SQL);
      write(`${top}/mysql.sql`, "GRANT USAGE ON *.* TO 'garden'@'localhost';\n");
      fs.symlinkSync("public_html", file(`${top}/homedir/www`));
      if (packed) await tar(`${top}/homedir.tar`, `${top}/homedir`, "--transform=s,^\\.,homedir,");
      await tar("cp.tar.gz", "cp", "-z");
      const found = await fetched("cp.tar.gz");
      assert.equal(path.basename(found.database ?? ""), "garden_wp.sql");
      assert.deepEqual(filled(found), whole);
      assert.deepEqual(fs.readdirSync(file("out/root")), ["ads.txt"]);
      for (const name of ["to", "out"]) fs.rmSync(file(name), { recursive: true });
    }
  });

  it("of several sites is the one that is meant, with its own database, and none where nobody says which", async () => {
    const sites = {
      public_html: "garden_wp",
      "public_html/blog": "garden_blog",
      "shop.example": "garden_shop",
    };
    for (const [site, database] of Object.entries(sites)) {
      for (const one of whole) write(`cp/b/homedir/${site}/wp-content/${one}`, site);
      write(`cp/b/homedir/${site}/wp-config.php`, `<?php\ndefine( 'DB_NAME', '${database}' );\n`);
      write(`cp/b/mysql/${database}.sql`, SQL);
    }
    write("cp/b/homedir/pages.example/index.html", "pages");
    for (const from of ["cp", "cp.tar"]) {
      if (from === "cp.tar") await tar("cp.tar", "cp");
      await assert.rejects(
        fetched(from),
        /holds 3 WordPresses \(b\/homedir\/public_html, .*b\/homedir\/shop\.example.*--inside FOLDER/,
      );
      fs.rmSync(file("to"), { recursive: true });
      for (const [site, database] of Object.entries(sites)) {
        const found = await fetched(from, undefined, `b/homedir/${site}/`);
        assert.equal(path.basename(found.database ?? ""), `${database}.sql`);
        assert.deepEqual(filled(found), whole);
        assert.equal(fs.readFileSync(file(`out/content/${BOAT}`), "utf8"), site);
        for (const name of ["to", "out"]) fs.rmSync(file(name), { recursive: true });
      }
      for (const wrong of ["b/homedir/shop", "..", `b/homedir/shop.example/wp-config.php`]) {
        await assert.rejects(fetched(from, undefined, wrong), /--inside .* holds no such folder/);
        fs.rmSync(file("to"), { recursive: true });
      }
    }
  });

  it("is Plesk's, with its files and each of its databases packed once more", async () => {
    for (const one of whole) write(`data/httpdocs/wp-content/${one}`, one);
    write("data/httpdocs/wp-config.php", "<?php\ndefine('DB_NAME', 'garden_1');\n");
    write("data/logs/access_log", "x");
    const site = "plesk/domains/garden.example";
    write("plesk/backup_info_2405011200.xml", "<migration-dump/>");
    for (const name of ["garden_1", "garden", "forum"]) {
      write(`dump/backup_sqldump_2405011200`, `${SQL}-- ${name}\n`);
      fs.mkdirSync(file(`${site}/databases/${name}_1`), { recursive: true });
      await tar(`${site}/databases/${name}_1/backup_sqldump_2405011200.tzst`, "dump", "--zstd");
    }
    await tar(`${site}/backup_user-data_2405011200.tgz`, "data", "-z");
    const before = fs.readdirSync(file("plesk"), { recursive: true });
    for (const from of ["plesk", "plesk.tar"]) {
      if (from === "plesk.tar") await tar("plesk.tar", "plesk");
      const found = await fetched(from);
      assert.match(fs.readFileSync(found.database ?? "", "utf8"), /-- garden_1$/m);
      assert.deepEqual(filled(found), whole);
      assert.match(found.said, /left out: .*beside the site's folder/);
      if (from === "plesk") assert.deepEqual(fs.readdirSync(file("plesk"), { recursive: true }), before);
      for (const name of ["to", "out"]) fs.rmSync(file(name), { recursive: true });
    }
  });

  it("is HestiaCP's, with each of its domains packed once more", async () => {
    const web = (domain: string) => `hestia/web/${domain}`;
    for (const one of whole) write(`data/public_html/wp-content/${one}`, one);
    write("data/public_html/wp-config.php", "<?php\ndefine('DB_NAME', 'ann_wp');\n");
    write("data/public_html/ads.txt", "ads");
    write("pages/public_html/index.html", "pages");
    write("pages/public_html/robots.txt", "robots");
    for (const domain of ["garden.example", "static.example"])
      write(`${web(domain)}/hestia/web.conf`, `DOMAIN='${domain}'`);
    await tar(`${web("garden.example")}/domain_data.tar.zst`, "data", "--zstd");
    await tar(`${web("static.example")}/domain_data.tar.zst`, "pages", "--zstd");
    for (const name of ["ann_wp", "ann_old"])
      write(`hestia/db/${name}/${name}.mysql.sql.gz`, gzipSync(`${SQL}-- ${name}\n`));
    for (const from of ["hestia", "hestia.tar"]) {
      if (from === "hestia.tar") await tar("hestia.tar", "hestia");
      const found = await fetched(from);
      assert.equal(path.basename(found.database ?? ""), "ann_wp.mysql.sql.gz");
      assert.deepEqual(filled(found), whole);
      assert.deepEqual(fs.readdirSync(file("out/root")), ["ads.txt"]);
      for (const name of ["to", "out"]) fs.rmSync(file(name), { recursive: true });
    }
  });

  it("is DirectAdmin's, with its dump among the settings", async () => {
    for (const one of whole) write(`da/domains/garden.example/public_html/wp-content/${one}`, one);
    write("da/domains/garden.example/public_html/wp-config.php", "<?php\ndefine('DB_NAME', 'garden_wp');\n");
    write("da/backup/garden_wp.sql", SQL);
    write("da/backup/garden_old.sql", SQL);
    write("da/backup/user.conf", "x");
    await tar("da.tar.gz", "da", "-z");
    const found = await fetched("da.tar.gz");
    assert.equal(path.basename(found.database ?? ""), "garden_wp.sql");
    assert.deepEqual(filled(found), whole);
  });

  it("is CyberPanel's, or anybody's who packed the site beside its dump", async () => {
    for (const [name, others] of [
      ["public_html.tar.gz", ["vmail.tar.gz"]],
      ["My site.zip", []],
    ] as const) {
      for (const one of whole) write(`site/wp-content/${one}`, one);
      write("site/ads.txt", "ads");
      write("all/meta.xml", "<masterDomain/>");
      write("all/garden_db.sql", SQL);
      if (name.endsWith(".zip"))
        write(`all/${name}`, zip("ads.txt", ...whole.map((one) => `wp-content/${one}`)));
      else await tar(`all/${name}`, "site", "-z");
      for (const other of others) {
        write("mail/a", "mail");
        await tar(`all/${other}`, "mail", "-z");
      }
      const before = fs.readdirSync(file("all"));
      for (const from of ["all", "all.tar.gz"]) {
        if (from !== "all") await tar(from, "all", "-z");
        const found = await fetched(from);
        assert.equal(path.basename(found.database ?? ""), "garden_db.sql");
        assert.deepEqual(filled(found), whole);
        assert.deepEqual(fs.readdirSync(file("out/root")), ["ads.txt"]);
        if (from === "all") assert.deepEqual(fs.readdirSync(file("all")), before);
        for (const one of ["to", "out"]) fs.rmSync(file(one), { recursive: true });
      }
    }
  });

  it("is not guessed where it may be one of two archives, or is none", async () => {
    for (const name of ["a.zip", "b.zip"]) write(`set/${name}`, zip("wp-content/plugins/index.php"));
    await assert.rejects(fetched("set"), /is no WordPress/);
    fs.rmSync(file("to"), { recursive: true });
    fs.rmSync(file("set/b.zip"));
    write("set/a.zip", zip("cats.png"));
    await assert.rejects(fetched("set"), /is no WordPress/);
  });

  it("is Softaculous', without its own files, of which one has the database's password", async () => {
    for (const one of whole) write(`so/wp-content/${one}`, one);
    write("so/wp-config.php", "<?php\ndefine('DB_NAME', 'ann_wp123');\n");
    write("so/softsql.sql", SQL);
    write("so/ads.txt", "ads");
    for (const name of ["softperms.txt", "softver.txt", "wp.26_10042.2024-05-01_12-00-00"])
      write(`so/${name}`, 's:10:"softdbpass";s:6:"secret";');
    await tar("wp.26_10042.2024-05-01_12-00-00.tar.gz", "so", "-z");
    const found = await fetched("wp.26_10042.2024-05-01_12-00-00.tar.gz");
    assert.equal(path.basename(found.database ?? ""), "softsql.sql");
    assert.deepEqual(filled(found), whole);
    assert.deepEqual(fs.readdirSync(file("out/root")), ["ads.txt"]);
  });

  it("is Jetpack's, with a dump for each table", async () => {
    for (const one of whole) write(`jet/wp-content/${one}`, one);
    const tables = ["options", "posts", "users", "2024_log"];
    for (const table of tables) write(`jet/sql/x1_${table}.sql`, `CREATE TABLE \`x1_${table}\` (id INT);`);
    await tar("jet.tar.gz", "jet", "-z");
    const found = await fetched("jet.tar.gz");
    assert.deepEqual(
      fs
        .readFileSync(found.database ?? "", "utf8")
        .split("\n")
        .filter(Boolean)
        .sort(),
      tables.map((table) => `CREATE TABLE \`x1_${table}\` (id INT);`).sort(),
    );
    assert.deepEqual(filled(found), whole);
    assert.ok(!fs.existsSync(file("out/root/sql")));
  });

  it("is BackupBuddy's, with its dumps among the uploads, in one file or one for each table", async () => {
    const temp = "wp-content/uploads/backupbuddy_temp/0a1b2c3d4e";
    for (const tables of [["db_1"], ["db_1", "db_2"], ["g_options", "g_posts", "g_users"]]) {
      const dumps = tables.map((table) => ({
        name: `${temp}/${table}.sql`,
        text: `CREATE TABLE \`${table}\` (id INT);`,
      }));
      const own = ["importbuddy.php", `${temp}/backupbuddy_dat.php`, `${temp}/importbuddy.php`];
      const others = [...own, ...whole.map((one) => `wp-content/${one}`)];
      write(
        "backup-garden_example-2024_05_01-full-0a1b2c3d4e.zip",
        zipOf([...dumps, ...others.map((name) => ({ name, text: name }))]),
      );
      const found = await fetched("backup-garden_example-2024_05_01-full-0a1b2c3d4e.zip");
      const text = fs.readFileSync(found.database ?? "", "utf8");
      assert.deepEqual(
        [...text.matchAll(/`(\w+)`/g)].map(([, table]) => table),
        tables,
      );
      assert.deepEqual(filled(found), whole);
      assert.ok(!fs.existsSync(file("out/content/uploads/backupbuddy_temp")));
      for (const name of ["to", "out"]) fs.rmSync(file(name), { recursive: true });
    }
  });

  it("is not guessed where a dump lies beside one that BackupBuddy left among the uploads", async () => {
    for (const one of whole) write(`site/wp-content/${one}`, one);
    write("site/garden.sql", SQL);
    write("site/wp-content/uploads/backupbuddy_temp/0a1b2c3d4e/db_1.sql", SQL);
    await assert.rejects(
      fetched("site"),
      /holds more than one dump of a database \(.*garden\.sql, .*db_1\.sql\)/,
    );
  });

  it("is refused by name where its form is a program's own, or it is one part of several", async () => {
    const last = zipOf([{ name: "a" }]);
    last.writeUInt16LE(2, last.length - 18);
    for (const [name, content, message] of [
      ["site.daf", "x", /is Duplicator's own form; have it make a zip/],
      ["site.jpa", "JPA", /is Akeeba's own form/],
      ["site.rar", "Rar!", /is a rar archive; unpack it/],
      [
        "site.zip",
        Buffer.concat([Buffer.from("x".repeat(600)), last]),
        /is one part of several; put them together/,
      ],
      ["site.tar", "x", /is no complete tar archive .*, nor a zip archive/],
    ] as const) {
      write(name, content);
      await assert.rejects(fetched(name), message);
      fs.rmSync(file("to"), { recursive: true });
    }
  });
});
