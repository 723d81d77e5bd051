import assert from "node:assert/strict";
import { type Contents, differences } from "../../agent/contents";
import { DumpReader } from "../../agent/dump";
import { choosePrefix, prefixesIn } from "../../agent/wordpress";

const NONE: Contents = {
  ...{ tables: [], sequences: [], views: [], triggers: [], routines: [], events: [], broken: [] },
};

describe("what a snapshot's database holds", () => {
  it("is compared by the server's word: rows, and each thing that refers to them", () => {
    const wanted: Contents = {
      ...NONE,
      ...{ tables: [["a", 3] as const, ["b", 0] as const], views: ["v"], routines: ["PROCEDURE p"] },
    };
    assert.deepEqual(differences(wanted, wanted), []);
    const found: Contents = {
      ...wanted,
      tables: [["a", 2] as const, ["c\n", 1] as const],
      views: [],
      routines: [],
    };
    assert.deepEqual(differences(wanted, found), [
      "a: 2 of 3 rows",
      "b: none of 0 rows",
      "c?: not in the snapshot",
      "no view v",
      "no PROCEDURE p",
    ]);
  });

  it("names no view of what is gone, as no dump has it", () => {
    assert.deepEqual(differences({ ...NONE, broken: ["gone"] }, NONE), []);
  });
});

describe("a site's WordPress", () => {
  it("is the one that the site itself takes, and no copy beside it", () => {
    const tables = (prefix: string) => ["options", "posts", "users"].map((name) => `${prefix}${name}`);
    const all = [...tables("old_"), ...tables("wp_"), ...tables("Shop_"), "bak_options", "bak_posts"];
    const found = prefixesIn(all);
    assert.deepEqual(found, ["old_", "wp_", "Shop_"]);
    assert.equal(choosePrefix(found), "wp_");
    assert.equal(choosePrefix(found, "old_"), "old_");
    assert.equal(choosePrefix(found, "shop_"), "Shop_");
    assert.equal(choosePrefix(["wpcopy_", "a_", "b_"], "gone_"), "a_");
    assert.equal(choosePrefix([]), undefined);
  });
});

describe("the rows in a dump", () => {
  const rowsIn = (text: string, size = text.length) => {
    const reader = new DumpReader();
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += size) reader.take(bytes.subarray(at, at + size));
    return Object.fromEntries(reader.end().rows);
  };
  const same = (text: string, rows: Record<string, number>) => {
    for (const size of [1, 7, 4096]) assert.deepEqual(rowsIn(text, size), rows, String(size));
  };

  it("are counted where columns are named, as for generated, invisible and versioned ones", () => {
    same("CREATE TABLE `g` (\n  `a` int\n);\nINSERT INTO `g` (`a`, `b`) VALUES (1,2),\n(2,4);\n", { g: 2 });
  });

  it("are no parts of a partitioned table", () => {
    same(
      "INSERT INTO `o` VALUES\n(1);\nCREATE TABLE `p` (\n  `a` int\n)\n PARTITION BY RANGE (`a`)\n(PARTITION `x` VALUES LESS THAN (1),\n PARTITION `y`);\nINSERT INTO `p` VALUES\n(1);\n",
      { o: 1, p: 1 },
    );
  });

  it("are no lines of a table's name", () => {
    const name = "`a\n(1),\nCREATE TABLE ``evil`` (\n-- varvol: definitions\n`";
    same(
      `CREATE TABLE ${name} (\n  \`i\` int COMMENT 'it\`s'\n);\nINSERT INTO ${name} VALUES\n(1),\n(2);\nCREATE TABLE \`b\` (\n);\n`,
      { "a\n(1),\nCREATE TABLE `evil` (\n-- varvol: definitions\n": 2, b: 0 },
    );
  });

  it("are counted after a first one that is longer than what is looked at, whatever it holds", () => {
    same(`CREATE TABLE \`g\` (\n);\nINSERT INTO \`g\` (\`a\`) VALUES ('${"`".repeat(5001)}'),\n('b');\n`, {
      g: 2,
    });
  });
});
