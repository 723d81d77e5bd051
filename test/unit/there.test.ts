import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { HostTools } from "../support/hostTool";
import { SERVER_NAMES } from "../support/hostileNames";

describe("what runs on the machine that a site comes from", () => {
  let tools: HostTools;
  const hex = (names: readonly string[]) =>
    names.map((name) => Buffer.from(name).toString("hex").toUpperCase());

  beforeEach(() => {
    tools = new HostTools();
    fs.copyFileSync("flows/import/there.sh", path.join(tools.root, ".varvol/bin/there"));
    fs.chmodSync(path.join(tools.root, ".varvol/bin/there"), 0o755);
    tools.file("www/wp-content/x");
  });

  afterEach(() => tools.remove());

  function dumped(name: string, prefix: string, tables: readonly string[]) {
    tools.file(
      "www/wp-config.php",
      `<?php\ndefine( 'DB_NAME', '${name.replaceAll(/[\\']/g, "\\$&")}' );\ndefine( 'DB_USER', 'u' );\ndefine( 'DB_PASSWORD', 'p' );\ndefine( 'DB_HOST', 'localhost' );\n$table_prefix = '${prefix}';\n`,
    );
    tools.standIn("mariadb", `cat > /dev/null; printf '%s\\n' ${hex(tables).join(" ")}`);
    tools.standIn("mariadb-dump", "cat > /dev/null");
    return tools.run("there", ["database", path.join(tools.root, "www")]);
  }

  it("says what wp-config.php gives as the site's addresses, and nothing else of it", async () => {
    tools.file(
      "www/wp-config.php",
      "<?php\ndefine( 'DB_PASSWORD', 'p' );\ndefine( 'WP_HOME', 'https://shop.example' );\ndefine('WP_SITEURL', WP_HOME . '/wp');\n",
    );
    const { code, stdout } = await tools.run("there", ["look", path.join(tools.root, "www")]);
    assert.equal(code, 0);
    assert.match(stdout, /^kind wordpress\ndefined WP_HOME https:\/\/shop\.example\nsize \d+\n$/);
  });

  it("dumps tables of whatever name, and takes no name for an option or for more than one word", async () => {
    const tables = ["wp_options", ...SERVER_NAMES];
    const { code, stderr } = await dumped("--result-file=owned", "wp_", tables);
    assert.equal(code, 0, stderr);
    const [words = []] = tools.words("mariadb-dump");
    assert.deepEqual(words.slice(words.indexOf("--")), ["--", "--result-file=owned", ...tables]);
    const [asked = []] = tools.words("mariadb");
    assert.deepEqual(asked.slice(asked.indexOf("--")), ["--", "--result-file=owned"]);
  });

  it("refuses a database without the prefix's own table", async () => {
    const { code, stderr } = await dumped("db", "wp_", ["wp_posts", "x\nwp_options", "wp_options2"]);
    assert.equal(code, 3);
    assert.match(stderr, /^the database db has no table wp_options$/m);
    assert.deepEqual(tools.words("mariadb-dump"), []);
  });
});
