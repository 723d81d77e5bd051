import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { gzipSync } from "node:zlib";
import { namesBelow } from "../../flows/import/contentNames";
import { countsInDump } from "../../flows/import/dumpCounts";
import { DumpRows } from "../../flows/import/dumpRows";
import {
  compare,
  type Facts,
  factsSchema,
  judgeAnswer,
  judgeFile,
  notesOn,
  questionsOf,
  shortened,
} from "../../flows/import/proof";
import { Answers } from "../../flows/status/answers";

const CASES = path.join(__dirname, "..", "fixtures", "cases");

const FACTS: Facts = {
  ...{ title: "A garden", language: "de_DE", posts: 3, pages: 2, media: 4, users: 1, prefix: "wp_" },
  ...{ newestPost: 7, newestPage: 9, attachments: ["2024/05/größe & co.png"], missing: 0, missingFirst: [] },
};

describe("what a dump holds", () => {
  let folder: string;
  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-unit-"))));
  after(() => fs.rmSync(folder, { recursive: true }));

  const counted = async (text: string | Buffer, prefix = "wp_") => {
    const file = path.join(folder, "site.sql");
    fs.writeFileSync(file, text);
    return countsInDump(file, prefix);
  };
  const OPTIONS =
    "CREATE TABLE `wp_options` (\n  `option_id` int,\n  `option_name` varchar(191) DEFAULT '',\n  `option_value` longtext,\n  PRIMARY KEY (`option_id`)\n);\n";
  const POSTS =
    "CREATE TABLE `wp_posts` (`ID` bigint(20) unsigned NOT NULL COMMENT 'a, `b` (c)', `post_content` longtext, `post_status` varchar(20), `post_type` varchar(20), KEY `type` (`post_type`,`post_status`));\n";
  const USERS =
    "CREATE TABLE IF NOT EXISTS wp_users (ID bigint(20), user_login varchar(60), PRIMARY KEY (ID));\n";

  it("is counted by type, and what WordPress removes by itself is not", async () => {
    const rows = [
      "INSERT INTO `wp_options` VALUES (1,'blogname','Gärten &amp; it\\'s ''mine'''),(2,'WPLANG','de_DE');\n",
      "INSERT INTO `wp_posts` VALUES (1,'a ); INSERT INTO `wp_posts` VALUES (9,','publish','post'),(2,NULL,'auto-draft','post'),",
      "(3,'--not a comment\n# nor this','inherit','attachment'),\n(4,0x61,'draft','page'),(5,'','trash','page'),(6,_binary 'x','inherit','revision');\n",
      "INSERT INTO wp_users (ID, user_login) VALUES (1, 'admin'), (2, 'a,b');\n",
    ];
    const expected = {
      title: "Gärten & it's 'mine'",
      language: "de_DE",
      posts: 1,
      pages: 1,
      media: 1,
      users: 2,
    };
    const text = OPTIONS + POSTS + USERS + rows.join("");
    assert.deepEqual(await counted(text), expected);
    assert.deepEqual(await counted(gzipSync(text)), expected);
    assert.deepEqual(await counted(text.replaceAll("wp_", "Shop_"), "shop_"), expected);
    assert.equal(await counted(text, "blog_"), undefined);
    assert.equal(await counted("PK\u0003\u0004"), undefined);
  });

  it("is that of the last table, where one is made twice, and of each row once", async () => {
    const insert =
      "INSERT INTO `wp_users` VALUES (1,'a');\nREPLACE INTO `wp_users` VALUES (1,'a'),(2,'b');\n";
    const rows =
      "INSERT IGNORE INTO `db`.`wp_options` (`option_name`,`option_value`) VALUES ('blogname',\"x\");";
    const text = `${OPTIONS}${POSTS}${USERS}${insert}DROP TABLE IF EXISTS \`wp_users\`;\n${USERS}${insert}/*!40000 ALTER TABLE */;\n-- it's\n${rows}`;
    assert.deepEqual(await counted(text), {
      title: "x",
      language: "en_US",
      posts: 0,
      pages: 0,
      media: 0,
      users: 2,
    });
  });

  it("is found whatever the pieces are that it comes in", () => {
    const text = `${USERS}INSERT INTO wp_users VALUES (1,'a\\\\'),(2,'it''s'); -- x\n/* y */INSERT INTO wp_users VALUES (3,'c');`;
    for (let size = 1; size < 12; size++) {
      const found: (string | undefined)[] = [];
      const rows = new DumpRows(() => true, {
        begins: () => undefined,
        row: (_, value) => found.push(value("user_login")),
      });
      for (let at = 0; at < text.length; at += size) rows.take(text.slice(at, at + size));
      rows.finish();
      assert.deepEqual(found, ["a\\", "it's", "c"], `in pieces of ${size}`);
    }
  });

  it("is that of the handed sites", async () => {
    const { title, posts } =
      (await countsInDump(path.join(CASES, "wp-two-prefixes/site/site.sql"), "shop_")) ?? {};
    assert.deepEqual([title, posts], ["The live shop", 1]);
  });
});

describe("the proof of an import", () => {
  const names = namesBelow(
    [["", ""]],
    [
      "",
      "plugins/",
      "plugins/index.php",
      "plugins/hello.php",
      "plugins/shop/a.php",
      "plugins/shop/themes/x.css",
    ].concat(["themes/plain/style.css", "themes/index.php", "uploads/a.png", "uploads/b.png", ""]),
  );
  const after = { facts: FACTS, plugins: ["hello.php", "shop"], themes: ["plain"] };

  it("sets both sides beside each other, and says what became fewer", () => {
    const counts = { title: "A garden", language: "de_DE", posts: 3, pages: 3, media: 4, users: 1 };
    const { compared, problems } = compare({
      before: { counts, names },
      after: { ...after, plugins: ["shop"] },
    });
    assert.deepEqual(
      compared.map(({ what, before, after: now }) => [what, before, now]),
      [
        ["title", "A garden", "A garden"],
        ["language", "de_DE", "de_DE"],
        ["posts", 3, 3],
        ["pages", 3, 2],
        ["media", 4, 4],
        ["users", 1, 1],
        ["plugins", 2, 1],
        ["themes", 1, 1],
      ],
    );
    assert.deepEqual(problems, [
      "3 pages before, 2 now",
      "2 plugins before, 1 now: hello.php did not come along",
    ]);
    // Nothing is known of the side before: nothing is judged by it.
    assert.deepEqual(compare({ before: {}, after }).problems, []);
  });

  it("tells files that did not come along from those that were not there before", () => {
    const facts = { ...FACTS, missing: 2, missingFirst: ["a.png", "gone.png"] };
    const { problems, notes } = compare({ before: { names }, after: { ...after, facts } });
    assert.deepEqual(problems, ["files of attachments did not come along: a.png"]);
    assert.match(notes[0] ?? "", /^2 of 4 attachments have no file/);
  });

  it("asks for what is there, and for nothing that is for no visitor", () => {
    assert.deepEqual(questionsOf(FACTS), [
      ["front page", "/"],
      ["newest post", "/?p=7"],
      ["newest page", "/?page_id=9"],
      ["attachment", "/wp-content/uploads/2024/05/gr%C3%B6%C3%9Fe%20%26%20co.png"],
      ["login form", "/wp-login.php"],
    ]);
    const bare = { ...FACTS, newestPost: null, newestPage: null };
    const asked = questionsOf(bare, [/^\/wp-content\/uploads\/2024\//i]).map(([what]) => what);
    assert.deepEqual(asked, ["front page", "login form"]);
  });

  const page = (fields: string) => new Answers(`page\tx\t${fields}`).page("page", "x");
  const PHP =
    '2026 PHP Fatal error:  Uncaught Error: Class "Redis" not found in /srv/wordpress/wp-content/object-cache.php:5';

  it("fails for a page that is empty, refused, broken or led away, with PHP's reason", () => {
    const problem = (fields: string, what: Parameters<typeof judgeAnswer>[0] = "front page") =>
      judgeAnswer(what, page(fields), ["a.example", "www.a.example"], [PHP]).problem;
    assert.equal(problem("/\t200\t0\t\t1\t\t\t0"), undefined);
    assert.match(problem("/\t200\t0\t\t0\t\t\t0") ?? "", /is a page with nothing on it/);
    assert.match(
      problem("/\t500\t0\t\t1\t\t\t0") ?? "",
      /^answers 500 \(Error: Class "Redis" not found in wp-content\/object-cache\.php:5\)/,
    );
    assert.match(problem("/\t403\t0\t\t1\t\t\t0") ?? "", /^answers 403$/);
    assert.match(problem("/?p=7\t404\t0\t\t1\t\t\t0", "newest post") ?? "", /^answers 404$/);
    assert.match(
      problem("/\t301\t0\thttps://old.example/\t1\t\t\t0") ?? "",
      /leads to https:\/\/old\.example\/, which is not here/,
    );
    assert.equal(problem("/\t301\t0\thttps://WWW.a.example/x\t1\t\t\t0"), undefined);
    assert.equal(problem("/\t401\t0\t\t1\t\t\t0"), undefined);
    assert.equal(problem("/\t503\t0\t\t1\t\t\t0"), undefined);
    assert.equal(problem("/wp-login.php\t404\t0\t\t1\t\t\t0", "login form"), undefined);
    assert.match(problem("/wp-login.php\t403\t0\t\t1\t\t\t0", "login form") ?? "", /403/);
    assert.equal(judgeAnswer("front page", undefined, [], []).problem, "was not asked");
  });

  it("says what is worth a look", () => {
    const notes = (fields: string, what: Parameters<typeof judgeAnswer>[0]) => {
      const found = page(fields);
      return notesOn(judgeAnswer(what, found, [], []), found).join();
    };
    assert.match(notes("/\t503\t0\t\t1\t\t\t0", "front page"), /says that it is closed/);
    assert.match(notes("/wp-login.php\t404\t0\t\t1\t\t\t0", "login form"), /a plugin hides it/);
    assert.match(notes("/wp-login.php\t200\t0\t\t1\t\t\t0", "login form"), /asks for no password/);
    assert.equal(notes("/wp-login.php\t200\t0\t\t1\t\t\t1", "login form"), "");
  });

  it("wants a file, and not a page in its place", () => {
    const problem = (...told: string[]) => judgeFile("/a.png", told).problem;
    assert.equal(problem("206", "12", "image/png"), undefined);
    assert.equal(problem("200", "12", ""), undefined);
    assert.match(problem("200", "12", "text/html; charset=utf-8") ?? "", /a page in place of a file/);
    assert.match(problem("200", "0", "image/png") ?? "", /is empty/);
    assert.match(problem("404", "12", "text/html") ?? "", /answers 404/);
    assert.match(problem() ?? "", /answers 000/);
  });

  it("says nothing that a terminal would act on, whatever a stranger's site says", () => {
    const escape = "\u001b]0;x\u0007";
    const [problem = ""] = [
      judgeAnswer("front page", page("/\t500\t0\t\t1\t\t\t0"), [], [`PHP Fatal error: ${escape}`]).problem,
    ];
    assert.ok(problem.includes("]0;x") && !problem.includes("\u001b"), problem);
    const facts = { ...FACTS, missing: 1, missingFirst: [`${escape}.png`] };
    assert.ok(!JSON.stringify(compare({ before: {}, after: { ...after, facts } }).notes).includes("\\u001b"));
    assert.equal(factsSchema.parse({ ...FACTS, title: escape }).title, "?]0;x?");
  });

  it("names files as they lie in the site", () => {
    assert.equal(
      shortened("PHP Parse error: syntax error in /srv/wordpress/wp-content/a.php on line 3"),
      "syntax error in wp-content/a.php on line 3",
    );
  });
});
