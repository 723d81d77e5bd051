import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { capture } from "../../base/exec";
import { foreign } from "../../agent/dropIns";
import { setAside } from "../../agent/setAside";
import { foreignProblem, unusedAmong } from "../../flows/import/foreign";
import { insidesOf } from "../../flows/import/insides";

describe("drop-ins and must-use plugins", () => {
  let folder: string;
  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-unit-"))));
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  const why = (file: string, source: string) => foreign(file, `<?php\n${source}`)?.why;

  it("are judged by what they need, and whose they are", () => {
    const cases: [file: string, source: string, why: RegExp | undefined][] = [
      ["object-cache.php", "$GLOBALS['c'] = new Redis();", /needs Redis/],
      [
        "object-cache.php",
        "/*\nPlugin Name: Redis Object Cache Drop-In\n*/ require WP_CONTENT_DIR . '/plugins/redis-cache/x.php';",
        /needs Redis/,
      ],
      [
        "object-cache.php",
        "class WP_Object_Cache { function __construct() { $this->mc = new Memcached; } }",
        /needs Memcached/,
      ],
      ["object-cache.php", "function wp_cache_get($k) { return apcu_fetch($k); }", /needs APCu/],
      ["object-cache.php", "// A cache in files\nclass WP_Object_Cache {}", undefined],
      [
        "db.php",
        "require_once ABSPATH . 'db-config.php'; class hyperdb extends wpdb {}",
        /db-config\.php names/,
      ],
      ["db.php", "define('SQLITE_DB_DROPIN_VERSION', '1');", /needs SQLite/],
      ["db.php", "/* Query Monitor */ class QM_DB extends wpdb {}", undefined],
      [
        "advanced-cache.php",
        "define('WP_ROCKET_CACHE_PATH', '/home/klara/public_html/wp-content/cache/wp-rocket/');",
        /names \/home\/klara/,
      ],
      ["advanced-cache.php", "// Page cache\nif (!defined('ABSPATH')) exit;", undefined],
      ["sunrise.php", "include '/nas/content/live/x/domain_mapping.php';", /names \/nas/],
      [
        "mu-plugins/mu-plugin.php",
        "/* Plugin Name: WP Engine System */ require WPMU_PLUGIN_DIR.'/wpengine-common/plugin.php';",
        /WP Engine/,
      ],
      ["mu-plugins/mu-plugin.php", "// of our own", undefined],
      ["mu-plugins/kinsta-mu-plugins.php", "", /Kinsta/],
      ["mu-plugins/gd-system-plugin.php", "", /GoDaddy/],
      ["mu-plugins/loader.php", "require_once __DIR__ . '/pantheon-mu-plugin/pantheon.php';", /Pantheon/],
      ["mu-plugins/endurance-page-cache.php", "", /Bluehost/],
      ["mu-plugins/tools.php", "/*\n * Plugin Name: Tools\n * Author: SiteGround\n */", /SiteGround/],
      ["mu-plugins/x.php", "require '/usr/share/acme/boot.php';", /names \/usr\/share\/acme/],
      [
        "mu-plugins/x.php",
        "if (file_exists('/usr/share/acme/boot.php')) require '/usr/share/acme/boot.php';",
        undefined,
      ],
      ["mu-plugins/x.php", "// require '/usr/share/acme/boot.php';\n$a = 'http://b/';", undefined],
      ["mu-plugins/x.php", "$m = new \\Memcached('x');", /needs Memcached/],
      ["mu-plugins/x.php", "if (class_exists('Memcached')) $m = new Memcached('x');", undefined],
      ["mu-plugins/x.php", "add_filter('the_title', 'redis');", undefined],
      ["mu-plugins/wpengine-common/plugin.php", "new Redis", undefined],
      ["plugins/gd-system-plugin.php", "", undefined],
    ];
    for (const [file, source, wanted] of cases) {
      const found = why(file, source);
      if (wanted) assert.match(found ?? "", wanted, `${file}: ${source}`);
      else assert.equal(found, undefined, `${file}: ${source}`);
    }
  });

  const content = () => {
    const made = path.join(folder, "wp-content");
    const files = {
      "themes/plain/style.css": "",
      "object-cache.php": "<?php new Redis();",
      "advanced-cache.php": "<?php include '/home/x/y.php';",
      "mu-plugins/own.php": "<?php",
      "mu-plugins/kinsta-mu-plugins.php": "<?php",
      "plugins/redis-cache/includes/object-cache.php": "<?php new Redis();",
    };
    for (const [name, text] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(made, name)), { recursive: true });
      fs.writeFileSync(path.join(made, name), text);
    }
    return made;
  };

  it("are found in a folder and in an archive, and named with what to do", async () => {
    const made = content();
    await capture(["tar", "-C", made, "-czf", path.join(folder, "a.tar.gz"), "."]);
    await capture(["tar", "-C", folder, "-cf", path.join(folder, "b.tar"), "wp-content"]);
    // A name that is no UTF-8 is on the way there.
    const latin = (name: string) => Buffer.from(`${folder}/latin/${name}`, "latin1");
    fs.mkdirSync(latin("Gr\xf6\xdfe"), { recursive: true });
    fs.cpSync(made, path.join(folder, "copy"), { recursive: true });
    fs.renameSync(path.join(folder, "copy"), latin("Gr\xf6\xdfe/wp-content"));
    fs.writeFileSync(latin("Gr\xf6\xdfe/wp-config.php"), "<?php");
    await capture(["tar", "-C", path.join(folder, "latin"), "-cf", path.join(folder, "c.tar"), "."]);
    for (const source of [made, ...["a.tar.gz", "b.tar", "c.tar"].map((name) => path.join(folder, name))]) {
      const found = (await insidesOf(source)).foreign;
      assert.deepEqual(
        found.map(({ file }) => file),
        ["advanced-cache.php", "object-cache.php", "mu-plugins/kinsta-mu-plugins.php"],
        source,
      );
      assert.match(
        foreignProblem(found) ?? "",
        /^wp-content\/object-cache\.php needs Redis; wp-content\/mu-plugins\/kinsta\S+ belongs to the machines of Kinsta\..*--set-aside/,
      );
      // One that is never loaded is no reason to refuse a site.
      assert.match(
        unusedAmong(found).join(),
        /^wp-content\/advanced-cache\.php is not used here; it names \/home\/x\/y\.php/,
      );
      assert.equal(foreignProblem(found.filter(({ loaded }) => !loaded)), undefined);
    }
    assert.deepEqual((await insidesOf(path.join(folder, "nowhere"))).foreign, []);
  });

  it("are judged through a link that stays inside, and through no other", async () => {
    const made = content();
    for (const [name, target] of [
      ["object-cache.php", "plugins/redis-cache/includes/object-cache.php"],
      ["db.php", path.join(folder, "outside.php")],
      ["sunrise.php", "nowhere.php"],
    ] as const) {
      fs.rmSync(path.join(made, name), { force: true });
      fs.symlinkSync(target, path.join(made, name));
    }
    fs.writeFileSync(path.join(folder, "outside.php"), "<?php require 'db-config.php';");
    const found = (await insidesOf(made)).foreign.map(({ file }) => file);
    assert.deepEqual(found, ["advanced-cache.php", "object-cache.php", "mu-plugins/kinsta-mu-plugins.php"]);
    setAside(made);
    assert.ok(fs.lstatSync(path.join(made, "object-cache.php.set-aside")).isSymbolicLink());
  });

  it("are set aside beside where they were, and nothing else is", () => {
    const made = content();
    const said = setAside(made);
    assert.match(
      said.join("\n"),
      /^object-cache\.php: set aside as object-cache\.php\.set-aside, since it needs Redis$/m,
    );
    const there = (name: string) => fs.existsSync(path.join(made, name));
    for (const name of ["object-cache.php", "advanced-cache.php", "mu-plugins/kinsta-mu-plugins.php"])
      assert.deepEqual([there(name), there(`${name}.set-aside`)], [false, true], name);
    assert.ok(there("mu-plugins/own.php"));
    assert.ok(there("plugins/redis-cache/includes/object-cache.php"));
  });
});
