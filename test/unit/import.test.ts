import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { arrangeWordPress } from "../../agent/arrange";
import { addressesIn, pathIn } from "../../agent/wordpressConfig";
import { capture } from "../../base/exec";
import { checkArchive } from "../../flows/import/archive";
import { chosen, coreOf, siteProblem, parseDump, wordPressesIn } from "../../flows/import/dump";
import { chooseDump, pagesIn, prefixIn, refuseNetwork, wordPressIn } from "../../flows/import/layout";
import { fetchLocal } from "../../flows/import/local";
import { parseSource } from "../../flows/import/source";
import { withImport } from "../../flows/import/stackFile";

describe("an import", () => {
  let folder: string;

  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-unit-"))));
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  const make = (...names: string[]) =>
    names.forEach((name) => {
      const file = path.join(folder, name);
      fs.mkdirSync(name.endsWith("/") ? file : path.dirname(file), { recursive: true });
      if (!name.endsWith("/")) fs.writeFileSync(file, "");
    });

  it("takes folders, archives and addresses of other machines", () => {
    make("site/", "site.tar.gz");
    assert.equal(parseSource(path.join(folder, "site")).place, "folder");
    assert.equal(parseSource(path.join(folder, "site.tar.gz")).place, "archive");
    const address = (from: string) => parseSource(from);
    assert.deepEqual(address("ssh://me@old.example.org/srv/a%20b"), {
      place: "ssh",
      host: "me@old.example.org",
      path: "/srv/a b",
    });
    assert.deepEqual(address("ssh://[2001:db8::1]:2222/srv"), {
      place: "ssh",
      host: "2001:db8::1",
      port: "2222",
      path: "/srv",
    });
    for (const from of ["ssh://-oProxyCommand=id/srv", "ssh://host", "ssh://me@-x/srv", "ftp://host/srv"])
      assert.throws(() => parseSource(from), /is no address|can't be read/, from);
    assert.throws(() => parseSource(path.join(folder, "nowhere")), /there is no such folder or file/);
  });

  it("reads a configuration in no time, whatever a stranger has written into it", () => {
    const blank = " ".repeat(2 ** 19);
    for (const config of [
      `define('UPLOADS', ${blank}`,
      `if ()${blank}`,
      "\n".repeat(2 ** 19),
      "define('UPLOADS', )\n".repeat(2 ** 15),
      "Config::define('UPLOADS', Config::get('UPLOADS') . Config::get('UPLOADS'));\n",
    ]) {
      const since = Date.now();
      assert.equal(pathIn(config, "UPLOADS"), undefined);
      assert.equal(prefixIn(config), undefined);
      assert.deepEqual(addressesIn(config), []);
      refuseNetwork(config, "x");
      assert.ok(Date.now() - since < 3000, `${Date.now() - since} ms: ${config.slice(0, 30)}`);
    }
    assert.equal(
      pathIn("Config::define('A', '/app');\nConfig::define('UPLOADS', $root . Config::get('A'));", "UPLOADS"),
      "app",
    );
    assert.throws(() => refuseNetwork("<?php\n  define( 'MULTISITE', true );", "x"), /MULTISITE/);
  });

  it("finds a WordPress where an archive of it has it, and the dumps in and beside it", async () => {
    make("backup/www/wp-config.php", "backup/www/wp-content/plugins/", "backup/www/wp-content/themes/");
    make(
      "backup/www/site.sql",
      "backup/www/wp-content/old.sql.gz",
      "backup/www/wp-content/uploads/notes.sql",
    );
    const found = wordPressIn(folder, "x");
    assert.equal(found?.top, path.join(folder, "backup/www"));
    const dumps = found?.dumps ?? [];
    assert.deepEqual(
      dumps.map((file) => path.basename(file)),
      ["site.sql", "old.sql.gz"],
    );
    assert.throws(() => chooseDump(dumps, "x"), /more than one dump/);
    assert.throws(() => chooseDump([], "x"), /holds no dump/);
    assert.equal(chooseDump(["a.sql"], "x"), "a.sql");
  });

  it("notes the addresses that a configuration puts before its database's, where they are plain text", () => {
    for (const [config, ...expected] of [
      [
        "define( 'WP_HOME', 'https://shop.example/' );\ndefine(\"WP_SITEURL\", \"https://shop.example/wp\");",
        "https://shop.example",
        "https://shop.example/wp",
      ],
      ['WP_HOME=https://shop.example\nWP_SITEURL="${WP_HOME}/wp"\n', "https://shop.example"],
      ["define('WP_HOME', 'https://' . $_SERVER['HTTP_HOST']);\ndefine('WP_SITEURL', WP_HOME . '/wp');"],
      ["// define('WP_HOME', 'https://shop.example');"],
      ["define('WP_HOME', 'shop.example');"],
    ] as const)
      assert.deepEqual(addressesIn(config), expected, config);
    make("site/wp-content/plugins/", "site/wp-content/themes/");
    fs.writeFileSync(
      path.join(folder, "site/wp-config.php"),
      "<?php\ndefine('WP_HOME', 'https://shop.example');\n",
    );
    arrangeWordPress(path.join(folder, "site"), {});
    assert.equal(
      fs.readFileSync(path.join(folder, "site/content/.varvol-addresses"), "utf8"),
      "https://shop.example\n",
    );
  });

  it("takes a lone wp-content, and other pages from below a single folder", () => {
    make("wp-content/plugins/", "wp-content/themes/");
    assert.equal(wordPressIn(path.join(folder, "wp-content"), "x")?.top, path.join(folder, "wp-content"));
    make("pages/inner/index.html", "pages/inner/style.css", "pages/._inner");
    assert.deepEqual(pagesIn(path.join(folder, "pages")), {
      content: path.join(folder, "pages/inner"),
      wordpress: false,
    });
    assert.equal(wordPressIn(path.join(folder, "pages"), "x"), undefined);
  });

  it("follows links to what lies beside the folder that is named, and no other", async () => {
    const theme = "wp-content/themes/plain/style.css";
    make(`app/releases/7/${theme}`, "app/releases/7/wp-content/plugins/", "app/releases/7/site.sql");
    make("app/shared/uploads/2024/boat.png", "app/shared/ads.txt", "app/.ssh/id", "far/secret/x");
    const links: [string, string][] = [
      ["wp-content/uploads", "../../../shared/uploads"],
      ["ads.txt", "../../shared/ads.txt"],
      ["wp-content/mu-plugins", "../../../../far/secret"],
      ["wp-content/languages", "../../../.ssh"],
    ];
    for (const [name, to] of links) fs.symlinkSync(to, path.join(folder, "app/releases/7", name));
    fs.symlinkSync("releases/7", path.join(folder, "app/current"));
    fs.mkdirSync(path.join(folder, "to"));
    const { content } = await fetchLocal({
      ...{ kind: "wordpress", path: path.join(folder, "app/current"), archive: false },
      folder: path.join(folder, "to"),
    });
    fs.mkdirSync(path.join(folder, "out"));
    await capture(["tar", "-C", path.join(folder, "out"), "-xf", content]);
    const there = (name: string) => path.join(folder, "out", name);
    assert.ok(fs.existsSync(there("wp-content/uploads/2024/boat.png")));
    assert.ok(fs.lstatSync(there("wp-content/uploads")).isDirectory());
    assert.ok(fs.lstatSync(there("ads.txt")).isFile());
    // These lead out, and are named and left out where the site is filled.
    assert.ok(fs.lstatSync(there("wp-content/mu-plugins")).isSymbolicLink());
    assert.ok(fs.lstatSync(there("wp-content/languages")).isSymbolicLink());
  });

  it("refuses an archive that is cut off, a WordPress as a static site, and the other way round", async () => {
    make(
      "blog/wp-config.php",
      "blog/wp-content/plugins/a.php",
      "blog/wp-content/themes/",
      "pages/index.html",
    );
    fs.writeFileSync(path.join(folder, "blog/wp-content/plugins/a.php"), "a".repeat(5000));
    const archive = path.join(folder, "blog.tar");
    await capture(["tar", "-C", folder, "-cf", archive, "blog"]);
    const cut = path.join(folder, "cut.tar");
    fs.writeFileSync(cut, fs.readFileSync(archive).subarray(0, 5000));
    const fetched = (kind: "static" | "wordpress", name: string) =>
      fetchLocal({
        kind,
        path: path.join(folder, name),
        archive: name.endsWith(".tar"),
        folder: path.join(folder, "to"),
      });
    await assert.rejects(fetched("static", "cut.tar"), /cut\.tar: is no complete tar archive/);
    await assert.rejects(fetched("static", "blog.tar"), /is a WordPress, and the site's kind is static/);
    await assert.rejects(fetched("wordpress", "pages"), /is no WordPress/);
    await assert.rejects(fetched("wordpress", "blog"), /holds no dump of the database/);
    assert.equal((await fetched("static", "pages")).content, path.join(folder, "pages"));
  });

  it("knows the WordPresses in a dump, by whichever program wrote it", async () => {
    const tables = (prefix: string) =>
      ["options", "posts", "users"].map((name) => `CREATE TABLE \`${prefix}${name}\` (id INT);\n`).join("");
    const dump = path.join(folder, "site.sql");
    const rows = [
      "INSERT INTO `wp_posts` VALUES (1,'siteurl','http://wrong.example');\n",
      "INSERT INTO `wp_options` VALUES (1,'siteurl','http://a.example','yes'),(9,'db_version','58975','yes'),(10,'upload_path','media','yes');\n",
      "INSERT INTO `shop_options` (`option_id`, `option_name`) VALUES\n(1, 'siteurl', 'http://b.example'),\n(2, 'db_version', '61833');\n",
    ];
    const other = "CREATE TABLE `x_options` (id INT);\n";
    fs.writeFileSync(dump, `${tables("wp_")}${tables("shop_")}${other}${rows.join("")}`);
    const found = await wordPressesIn(dump);
    assert.deepEqual(found, [
      { prefix: "shop_", address: "http://b.example", version: 61833 },
      { prefix: "wp_", address: "http://a.example", version: 58975, uploads: "media" },
    ]);
    assert.equal(chosen(found, undefined), undefined);
    assert.equal(chosen(found, "Shop_")?.prefix, "shop_");
    const problem = (prefix: string | undefined, core?: string) => siteProblem(found, prefix, core) ?? "";
    assert.match(problem(undefined, "6.8.12"), /holds 2 WordPresses: shop_ .*wp_ .*--prefix/);
    assert.match(problem("blog_", "6.8.12"), /no WordPress with the table prefix blog_, but/);
    assert.match(problem("shop_", "6.8.12"), /newer than 6\.8.*61833.*6\.8\.12, up to version 60421/);
    assert.match(problem("wp_", "6.6.1"), /\(6\.7, its database of version 58975/);
    assert.equal(problem("wp_", "6.8.12"), "");
    for (const core of [undefined, "99.1"]) assert.equal(problem("shop_", core), "");
    assert.deepEqual(parseDump(""), []);
    assert.equal(siteProblem([], undefined, "6.8.12"), undefined);
    const set = { snapshot: "", packages: { wordpress: "6.8.12+dfsg1-0+deb13u1" } };
    assert.equal(coreOf({ sets: { wordpress: set }, sites: {}, pins: {} }, "blog"), "6.8.12");
    assert.equal(coreOf({ sets: {}, sites: {}, pins: {} }, "blog"), undefined);
    assert.equal(prefixIn("<?php\n$table_prefix  = 'Shop_';\n"), "Shop_");
    assert.equal(prefixIn("$table_prefix = env('DB_PREFIX') ?: 'wp_';\nDB_PREFIX='web_'\n"), "web_");
    assert.equal(prefixIn("<?php\n// $table_prefix = 'a_';\n$table_prefix = getenv('P');\n"), undefined);
  });

  it("knows the same where names are in other quotes than MySQL's own, or in none", async () => {
    const dump = path.join(folder, "site.sql");
    const text = (quote: string, words = (one: string) => one) =>
      ["options", "posts", "users"]
        .map((name) => words(`CREATE TABLE IF NOT EXISTS ${quote}wp_${name}${quote} (`) + "a INT);\r\n")
        .join("") +
      words(`INSERT INTO ${quote}wp_options${quote} `) +
      "VALUES (1,'siteurl','http://a.example');\r\n";
    for (const one of [
      text(""),
      text('"'),
      text("`", (words) => words.toLowerCase()),
      text("`").replaceAll("`wp", "`old`.`wp"),
      text("").replaceAll("wp_o", "old.wp_o"),
    ]) {
      fs.writeFileSync(dump, one);
      assert.deepEqual(await wordPressesIn(dump), [{ prefix: "wp_", address: "http://a.example" }], one);
    }
  });

  it("refuses a network of sites", async () => {
    const config = (value: string) => `<?php\ndefine( 'MULTISITE', ${value} );\n`;
    assert.throws(() => refuseNetwork(config("true"), "x"), /MULTISITE/);
    refuseNetwork(config("false"), "x");
    refuseNetwork("<?php\n// define( 'MULTISITE', true );\n", "x");

    // By the keys alone
    make("net/wp-content/plugins/", "net/wp-content/themes/");
    fs.writeFileSync(path.join(folder, "net/wp-config.php"), config("true"));
    await capture(["tar", "-C", folder, "-cf", path.join(folder, "net.tar"), "net"]);
    for (const name of ["net", "net.tar"])
      assert.match(
        (await checkArchive("import", { archive: path.join(folder, name), as: "wordpress" }, 2 ** 30)).join(),
        /import: \S+ is a network of sites \(MULTISITE\)/,
      );
    const tables = ["options", "posts", "users", "blogs", "2_options", "3_options"];
    const found = parseDump(tables.map((name) => `table wp_${name}\n`).join(""));
    assert.match(
      siteProblem(found, undefined, undefined) ?? "",
      /holds a network of sites, 2 beside the first/,
    );
  });

  it("writes its key into the stack file and leaves the rest of that as it is", () => {
    const file = path.join(folder, "Pulumi.home.yaml");
    const text = `# the host at home\nconfig:\n  varvol:kind: local # mine\n  varvol:sites:\n    # the first one\n    - { name: hello, kind: static, domains: [hello.localhost] }\n    - name: blog\n      kind: wordpress # with comments\n      domains: [blog.localhost]\nencryptionsalt: v1:abc=\n`;
    fs.writeFileSync(file, text);
    const blog = { name: "blog", kind: "wordpress", domains: ["blog.localhost"] } as const;
    assert.equal(
      withImport(file, blog, { content: "/c.tar", database: "/d.sql" }),
      text.replace(
        "[blog.localhost]\n",
        "[blog.localhost]\n      import:\n        content: /c.tar\n        database: /d.sql\n",
      ),
    );
    const hello = { name: "hello", kind: "static", domains: ["hello.localhost"] } as const;
    const filled = withImport(file, hello, { content: "/a: b" });
    assert.equal(filled, text.replace("[hello.localhost] }", '[hello.localhost], import: "/a: b" }'));
    fs.writeFileSync(file, filled);
    assert.match(withImport(file, hello, { content: "/again" }), /import: \/again[^]*# with comments/);
    fs.writeFileSync(file, text);
    const several = withImport(file, blog, { content: "/c", database: "/d", prefix: "shop_" });
    assert.match(several, /\[blog.localhost\]\n {6}prefix: shop_\n {6}import:\n/);
    const added = withImport(file, { name: "new", kind: "static", domains: ["new.org"] }, { content: "/c" });
    assert.match(
      added,
      /domains: \[blog.localhost\]\n {4}- name: new\n {6}kind: static\n {6}domains:\n {8}- new.org\n {6}import: \/c\nenc/,
    );
  });
});
