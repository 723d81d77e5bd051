import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { gunzipSync } from "node:zlib";
import { sql } from "../support/siteData";
import { TestHost } from "../support/testHost";
import {
  ALL_IN_ONE,
  asAllInOne,
  asHestia,
  asPlesk,
  asUpdraftPlus,
  asZip,
  dumpedByPhpMyAdmin,
} from "./import/exported";
import { FoundSites } from "./import/found";
import { wholeCases } from "./import/whole";

const CASES = path.join(__dirname, "..", "fixtures", "cases");
/** Beside the values of each case, one more of its kind. */
const MORE = {
  mixed: `INSERT INTO wp_options VALUES (900,'more','{"a":"a:1:{s:1:\\\\"u\\\\";s:21:\\\\"https://alt.example/x\\\\";}"}','no');\n`,
  idn: `INSERT INTO wp_options VALUES (900,'more','https:\\\\/\\\\/g\\\\u00e4rtnerei-m\\\\u00fcller.example\\\\/x','no');\n`,
  latin: `INSERT INTO wp_options VALUES (900,'more','a:1:{i:0;s:6:"æ—¥æœ¬";}','no');\n`,
  keyless:
    "CREATE TABLE wp_pairs (a INT, b VARCHAR(20), v TEXT, PRIMARY KEY (a, b)) DEFAULT CHARSET=utf8mb4;\n" +
    `INSERT INTO wp_options VALUES (900,'more','https://moved.example/x','no');\n` +
    `INSERT INTO wp_pairs VALUES ${Array.from({ length: 4000 }, (_, i) => `(${i >> 1},'${i}','https://alt.example/${i}')`).join(",")};\n`,
};

describe("a WordPress as people have them", function () {
  this.timeout(580_000);
  const host = new TestHost("migration", 18880);
  const names = {
    mixed: "wp-mixed-serialised",
    idn: "wp-idn-blocks",
    latin: "wp-latin1",
    keyless: "wp-table-without-key",
    shop: "wp-two-prefixes",
  };
  const found = new FoundSites(host, CASES);
  let said = "";
  const address = (name: string) => `https://${name}.localhost:${host.https}`;
  const folder = (name: string) => path.join(host.folder, name);
  // The client writes backslashes twice.
  const plain = async (query: string) =>
    Buffer.from(
      (await sql(host, `SELECT TO_BASE64((${query}))`)).join("").replaceAll("\\n", ""),
      "base64",
    ).toString();
  const more = (name: string, prefix = "wp_") =>
    plain(`SELECT option_value FROM ${name}.${prefix}options WHERE option_name = 'more'`);

  before(async () => {
    for (const [name, from] of Object.entries(names)) {
      fs.cpSync(path.join(CASES, from, "site"), folder(name), { recursive: true });
      const packed = path.join(folder(name), "site.sql.gz");
      const dump = path.join(folder(name), "site.sql");
      if (fs.existsSync(packed)) {
        fs.writeFileSync(dump, gunzipSync(fs.readFileSync(packed)));
        fs.rmSync(packed);
      }
      fs.appendFileSync(dump, MORE[name as keyof typeof MORE] ?? "");
    }
    fs.appendFileSync(
      path.join(folder("keyless"), "wp-config.php"),
      "define( 'WP_HOME', 'https://moved.example' );\n",
    );
    // As its server made the names of tables small, and not those in rows.
    const dump = path.join(folder("shop"), "site.sql");
    const text = fs.readFileSync(dump, "utf8");
    fs.writeFileSync(
      dump,
      text.replaceAll("'shop_user", "'Shop_user").replaceAll("'shop_capab", "'Shop_capab"),
    );
    const config = path.join(folder("shop"), "wp-config.php");
    fs.writeFileSync(config, fs.readFileSync(config, "utf8").replace("'shop_'", "'Shop_'"));

    // As plugins and panels export them.
    const exported: Record<string, readonly string[]> = {
      mixed: asUpdraftPlus(folder("mixed")),
      idn: asAllInOne(folder("idn")),
      keyless: asZip(folder("keyless")),
      latin: asHestia(folder("latin")),
      shop: asPlesk(folder("shop")),
    };
    host.configure([]);
    for (const name of Object.keys(names)) {
      const added = ["--kind", "wordpress", "--domain", `${name}.localhost`, "--no-up"];
      const from = exported[name] ?? [folder(name)];
      const { code, stdout, stderr } = await host.varvol("import", name, "--from", ...from, ...added);
      assert.equal(code, 0, stdout + stderr);
    }
    await found.import();
    said = await host.up();
  });

  found.cases(() => said);

  it("is the one that its wp-config.php names, with its roles, where the database holds two", async () => {
    assert.match(fs.readFileSync(host.configFile, "utf8"), /prefix: shop_/);
    const { status, body } = await host.get("shop.localhost");
    assert.equal(status, 200);
    assert.match(body, /<h1>The live shop<\/h1>/);
    assert.ok(!body.includes("alt.example"));
    assert.deepEqual(await sql(host, "SELECT meta_key FROM shop.shop_usermeta WHERE meta_key LIKE '%cap%'"), [
      "shop_capabilities",
    ]);
    assert.deepEqual(
      await sql(host, "SELECT option_value FROM shop.wp_options WHERE option_name = 'siteurl'"),
      ["https://archive.alt.example"],
    );
  });

  it("is asked for where nothing says which, and refused where its WordPress is newer, with nothing made", async () => {
    const before = fs.readFileSync(host.configFile, "utf8");
    const [first, newer] = [folder("both"), folder("newer")];
    fs.cpSync(folder("shop"), first, { recursive: true });
    fs.rmSync(path.join(first, "wp-config.php"));
    fs.cpSync(path.join(CASES, "wp-newer-core/site"), newer, { recursive: true });
    const barely = folder("barely");
    fs.cpSync(newer, barely, { recursive: true });
    const dump = path.join(barely, "site.sql");
    fs.writeFileSync(dump, fs.readFileSync(dump, "utf8").replace("'61833'", "'60422'"));
    for (const [from, message] of [
      [first, /holds 2 WordPresses: shop_ \(https:\/\/alt\.example\), wp_ .*--prefix/],
      [newer, /its database of version 61833\) than the site would have \(6\.8\.\d+, up to version 60421\)/],
      [barely, /its database of version 60422\) than the site would have/],
    ] as const) {
      const added = ["--from", from, "--kind", "wordpress", "--domain", "new.localhost"];
      const { code, stderr } = await host.varvol("import", "new", ...added);
      assert.equal(code, 1);
      assert.match(stderr, message);
    }
    assert.equal(fs.readFileSync(host.configFile, "utf8"), before);
    // The same by the key alone.
    const database = path.join(newer, "site.sql");
    const added = { name: "new", kind: "wordpress", domains: ["new.localhost"], import: { database } };
    host.configure([added]);
    const { code, stderr } = await host.varvol("up");
    fs.writeFileSync(host.configFile, before);
    assert.equal(code, 1);
    assert.match(stderr, /sites\[0\]\.import\.database: .*its database of version 61833/);
    assert.ok(!fs.existsSync(path.join(host.root, "new")));
  });

  it("keeps serialised values behind other text, and in JSON", async () => {
    const { body } = await host.get("mixed.localhost");
    assert.match(body, /<p id=episode>00:42:30<\/p>/);
    const [meta = ""] = await sql(
      host,
      "SELECT meta_value FROM mixed.wp_postmeta WHERE meta_key = 'enclosure'",
    );
    const url = `${address("mixed")}/wp-content/uploads/2024/05/boat.png`;
    assert.ok(meta.includes(`s:${url.length}:"${url}"`), meta);
    const link = `${address("mixed")}/x`;
    assert.equal(JSON.parse(await more("mixed")).a, `a:1:{s:1:"u";s:${link.length}:"${link}";}`);
  });

  it("has its new address for a name with umlauts, in blocks, in letters and in JSON", async () => {
    const { body } = await host.get("idn.localhost", "/kontakt/");
    for (const page of ["kontakt", "preise", "anfahrt"])
      assert.ok(body.includes(`href="${address("idn")}/${page}/"`), `${page}: ${body}`);
    assert.ok(!/grtnerei|gärtnerei/i.test(body));
    assert.equal(await more("idn", ALL_IN_ONE), `${address("idn").replaceAll("/", "\\/")}\\/x`);
  });

  it("reads as UTF-8 what its former server took for latin1", async () => {
    const { body } = await host.get("latin.localhost");
    assert.match(body, /<h1>Gärtnerei Müller<\/h1>/);
    assert.match(body, /Grüße/);
    assert.match(body, /<p id=widget>Öffnungszeiten/);
    assert.equal(await more("latin"), 'a:1:{i:0;s:6:"日本";}');
  });

  it("gets another address by its stack file, in its data, too, after a dump, and goes back", async () => {
    const before = fs.readFileSync(host.configFile, "utf8");
    const text = before
      .replace(/mixed\.localhost(?!:)/, "new.mixed.localhost")
      .replace(/idn\.localhost(?!:)/, "other.localhost");
    const domains = /domains:\s*(?:-|\[)\s*new\.mixed\.localhost/;
    assert.match(text, domains);
    fs.writeFileSync(host.configFile, text);
    const plan = await host.varvol("plan");
    const port = host.https;
    for (const line of [
      `address idn: https://idn.localhost:${port} -> https://other.localhost:${port}, replaced in its database`,
      `address idn: https://idn.localhost:${port} is not served any more`,
    ])
      assert.ok(plan.stdout.includes(line), plan.stdout + plan.stderr);
    const { code, stdout, stderr } = await host.varvol("up");
    assert.equal(code, 0, stdout + stderr);
    assert.match(
      stderr,
      /idn:\n(?: {2}.*\n)*? {2}replaced idn\.localhost.* by https:\/\/other\.localhost:\d+ in [1-9]\d* values/,
    );
    const { body } = await host.get("other.localhost", "/kontakt/");
    for (const page of ["kontakt", "preise", "anfahrt"])
      assert.ok(body.includes(`href="https://other.localhost:${port}/${page}/"`), body);
    assert.ok(!body.includes("idn.localhost"));
    const episode = () => plain("SELECT meta_value FROM mixed.wp_postmeta WHERE meta_key = 'enclosure'");
    const now = `https://new.mixed.localhost:${port}/wp-content/uploads/2024/05/boat.png`;
    assert.ok((await episode()).includes(`s:${now.length}:"${now}"`));
    const home = "SELECT option_value FROM mixed.wp_options WHERE option_name IN ('home', 'siteurl')";
    assert.deepEqual(await sql(host, home), Array(2).fill(`https://new.mixed.localhost:${port}`));
    const dumps = () => fs.readdirSync(path.join(host.root, "mixed/dumps")).map((file) => file.slice(17));
    const dump = `before-mixed.localhost-${port}-to-new.mixed.localhost-${port}.sql.gz`;
    assert.deepEqual(dumps(), [dump]);
    assert.match(await host.up(), /Nothing changed/);
    assert.deepEqual(dumps(), [dump]);

    const back = await host.varvol("rollback", "mixed");
    assert.equal(back.code, 0, back.stdout + back.stderr);
    assert.match(back.stdout, /^mixed: new\.mixed\.localhost -> mixed\.localhost$/m);
    assert.doesNotMatch(fs.readFileSync(host.configFile, "utf8"), domains);
    assert.ok((await episode()).includes(`${address("mixed")}/wp-content/uploads/2024/05/boat.png`));
    assert.match((await host.get("mixed.localhost")).body, /<p id=episode>00:42:30<\/p>/);
  });

  it("replaces all in tables without a key, and with one of two columns", async () => {
    const url = address("keyless");
    for (const [table, where, rows] of [
      ["wp_visit_log", `page LIKE '${url}%' AND referrer LIKE '${url}%'`, "20000"],
      ["wp_pairs", `v = CONCAT('${url}/', b)`, "4000"],
    ] as const)
      assert.deepEqual(await sql(host, `SELECT COUNT(*) FROM keyless.${table} WHERE ${where}`), [rows]);
  });

  it("has its new address also for the one that its configuration puts before the database's", async () => {
    assert.equal(await more("keyless"), `${address("keyless")}/x`);
    assert.ok(!fs.existsSync(path.join(host.root, "keyless/content/.varvol-addresses")));
  });

  describe("that can't run here as it is", () => {
    before(() => {
      fs.cpSync(path.join(CASES, "wp-mixed-serialised/site"), folder("whole"), { recursive: true });
      dumpedByPhpMyAdmin(folder("whole"));
    });
    wholeCases(host, () => folder("whole"));
  });
});
