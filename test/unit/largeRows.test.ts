import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { newReport, ownStatements, withOwnLine } from "../../agent/statements";

const MIB = 2 ** 20;

/** What the client gets of a dump, in pieces as a file gives them. */
async function taken(dump: string | Buffer, report = newReport(), most?: number): Promise<Buffer> {
  const size = 2 ** 18;
  const bytes = Buffer.from(dump);
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  );
  return buffer(Readable.from(pieces).pipe(ownStatements(report, most)));
}

interface Stored {
  /** The rows of the table, values as they are written in SQL. */
  readonly rows: string[];
  readonly longest: number;
}

/** Does with statements what a server would: its variables hold the text of literals, one after another. */
function stored(sql: Buffer): Stored {
  const variables = new Map<string, string>();
  const rows: string[] = [];
  const statements = sql.toString("latin1").split(/;[ \n]?/);
  for (const statement of statements) {
    const [, name = "", more, value = ""] =
      /^\s*SET (@varvol_\d+)=(CONCAT\(@varvol_\d+,)?([^]*?)\)?$/.exec(statement) ?? [];
    if (name && !statement.includes("NULL")) {
      const [, , text = ""] = /^(_binary |X)?'([^]*)'$/.exec(value) ?? [];
      assert.ok(text.length > 0, value.slice(0, 50));
      variables.set(name, (more ? (variables.get(name) ?? "") : "") + text);
    }
    const [, values] = /INSERT INTO `t` VALUES\s*([^]*)$/.exec(statement) ?? [];
    if (values !== undefined)
      rows.push(values.replace(/@varvol_\d+/g, (one) => `<${variables.get(one) ?? "?"}>`));
  }
  return { rows, longest: Math.max(...statements.map(({ length }) => length)) };
}

describe("a row that is too large for one statement", () => {
  const cases: [what: string, literal: string, inside: string][] = [
    ["of quotes alone", `'${"\\'".repeat(9 * MIB)}'`, "\\'".repeat(9 * MIB)],
    ["of letters without a place to cut but between them", `'${"x".repeat(10 * MIB)}'`, "x".repeat(10 * MIB)],
    ["of umlauts", `'${"\xc3\xa4".repeat(6 * MIB)}'`, "\xc3\xa4".repeat(6 * MIB)],
    ["of backslashes", `'${"\\\\".repeat(6 * MIB)}'`, "\\\\".repeat(6 * MIB)],
    ["of hexadecimal digits", `0x${"0F".repeat(9 * MIB)}`, "0F".repeat(9 * MIB)],
    ["of bytes", `_binary '${"\\0\xff".repeat(5 * MIB)}'`, "\\0\xff".repeat(5 * MIB)],
  ];
  for (const [what, literal, inside] of cases)
    it(`is put together from pieces ${what}, and those beside it stay as they are`, async () => {
      const dump = Buffer.from(
        `INSERT INTO \`t\` VALUES\n(1,'a'),\n(2,${literal},NULL),\n(3,'c');\n`,
        "latin1",
      );
      const { rows, longest } = stored(await taken(dump));
      assert.ok(longest < 9 * MIB, `a statement of ${longest} bytes`);
      assert.deepEqual(
        rows.map((row) => row.trim()),
        ["(1,'a')", `(2,<${inside}>,NULL)`, "(3,'c')"],
      );
    });

  it("comes with all of its long values, in any order with others", async () => {
    const [a, b] = ["a1".repeat(5 * MIB), "b2".repeat(5 * MIB)];
    const { rows } = stored(await taken(`INSERT INTO \`t\` VALUES ('${a}',7,'${b}');\n`));
    assert.deepEqual(rows, [`(<${a}>,7,<${b}>)`]);
  });

  it("tells lines by the dump's own numbers, and gives the client none that is long", async () => {
    const dump = `-- one\n\nINSERT INTO \`t\` VALUES\n('${"x".repeat(10 * MIB)}'),\n('y');\nSELECT wrong;\n`;
    const report = newReport();
    const lines = (await taken(dump, report)).toString().split("\n");
    assert.ok(Math.max(...lines.map(({ length }) => length)) < 9 * MIB);
    assert.deepEqual(lines.slice(-3), ["INSERT INTO `t` VALUES ('y');", "SELECT wrong;", ""]);
    const words = `ERROR 1054 (42S22) at line ${lines.indexOf("SELECT wrong;") + 1}: no column`;
    assert.equal(withOwnLine(words, report), "ERROR 1054 (42S22) at line 6: no column");
  });

  it("is left alone where the statement is no INSERT, or its rows are small", async () => {
    const rows = `INSERT INTO \`t\` VALUES ${Array(200_000).fill("(1,'some text that is not long')").join(",\n")};\n`;
    for (const dump of [`UPDATE t SET v = '${"x".repeat(10 * MIB)}';\n`, rows])
      assert.equal((await taken(dump)).toString(), dump);
  });

  it("is refused where it can't be taken: a value that no server holds, an ending of its own", async () => {
    const long = `'${"x".repeat(10 * MIB)}'`;
    await assert.rejects(
      taken(`INSERT INTO t VALUES (${long}) ON DUPLICATE KEY UPDATE a = 1;\n`),
      /ends with more/,
    );
  });

  it("is refused where the server has no memory for it, with its line, before it is sent whole", async () => {
    const dump = `SET NAMES utf8;\nINSERT INTO t VALUES\n(1,'a'),\n(2,'${"x".repeat(6 * MIB)}','${"y".repeat(6 * MIB)}');\n`;
    assert.match((await taken(dump, newReport(), 12 * MIB)).toString("latin1"), /@varvol_1/);
    await assert.rejects(
      taken(dump, newReport(), 11 * MIB),
      /a row of more than 11 MiB is longer than MySQL has memory for on this host; .* \(line 4\)/,
    );
  });
});
