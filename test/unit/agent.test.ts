import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { databaseLine, readDump, readSections } from "../../agent/dump";
import { expiredLines, readExpired } from "../../agent/expired";
import { parseRequest, readRequest } from "../../agent/input";
import { messageSchema } from "../../agent/protocol";
import { isDue } from "../../agent/schedule";
import { severalDatabases } from "../../agent/dumpText";
import { newReport, ownStatements } from "../../agent/statements";
import { readMessage } from "../../flows/backup/repository";
import { SERVER_NAMES } from "../support/hostileNames";

describe("the agent", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-agent-"));
  after(() => fs.rmSync(folder, { recursive: true }));
  const file = (text: string) => {
    const name = path.join(folder, "file");
    fs.writeFileSync(name, text);
    return name;
  };

  describe("takes and gives what its protocol has", () => {
    it("and no other request", () => {
      assert.deepEqual(parseRequest('{"job":"snapshots"}'), { job: "snapshots" });
      for (const wrong of [
        '{"job":"nothing"}',
        '{"job":"snapshots","more":1}',
        '{"job":"cat","run":"x","file":"y"}',
      ])
        assert.throws(() => parseRequest(wrong), /does not understand/);
      const site = { name: "a;b", kind: "static", folders: ["site"], database: false };
      assert.throws(
        () => parseRequest(JSON.stringify({ job: "fill", site, run: "20200101t000000-0001" })),
        /site.name/,
      );
    });

    it("and no other answer", () => {
      assert.deepEqual(readMessage('{"type":"kept","name":"blog"}'), { type: "kept", name: "blog" });
      assert.equal(readMessage("Warning: of another program"), undefined);
      assert.throws(() => readMessage('{"type":"kept"}'), /name/);
      assert.throws(() => messageSchema.parse({ type: "progress", at: "1" }));
    });

    it("in the first line of its input, with as many bytes after it as that says", async () => {
      const input = new PassThrough();
      let gone = false;
      const asked = readRequest(input, () => (gone = true));
      const line = `${JSON.stringify({ job: "keep", run: "20200101t000000-0001", file: "a", bytes: 4 })}\n`;
      for (const piece of [line.slice(0, 9), `${line.slice(9)}ab`, "cdef"]) input.write(piece);
      const { request, rest } = await asked;
      assert.equal(request.job, "keep");
      assert.equal((await buffer(rest)).toString(), "abcd");
      assert.equal(gone, false);
      input.end();
      await new Promise(setImmediate);
      assert.equal(gone, true);
    });
  });

  it("asks for what is due by the last results", () => {
    const [day, hour] = [86400, 3600];
    const now = Date.parse("2026-11-21T12:00:00Z") / 1000;
    const three = now - 9 * hour;
    const at = (hours: number, ok = true) => ({
      time: new Date((now - hours * hour) * 1000).toISOString(),
      ok,
    });
    const due = (every: number, results: { time: string; ok: boolean }[], today = three) =>
      isDue(every, today, now, results);
    assert.equal(due(0, []), false);
    assert.equal(due(day, []), true);
    assert.equal(due(day, [at(8)]), false);
    assert.equal(due(day, [at(10)]), true);
    assert.equal(due(day, [at(10), at(0.5, false)]), false, "tried again after an hour");
    assert.equal(due(day, [at(10), at(1.5, false)]), true);
    assert.equal(due(day, [at(10)], now + hour), false, "its time of today has not come");
    assert.equal(due(7 * day, [at(5 * 24)]), false);
    assert.equal(due(7 * day, [at(8 * 24)]), true);
    assert.equal(due(hour, [at(0.4)], three - hour / 2), false);
    assert.equal(due(hour, [at(0.6)], three - hour / 2), true);
  });

  it("reads and writes the lines of images/agent", () => {
    const text = "blog run1 expired a b,c\nblog run2 cut-off - d\n";
    const runs = readExpired(text);
    assert.deepEqual(runs[0], { name: "blog", run: "run1", why: "expired", last: ["a"], parts: ["b", "c"] });
    assert.equal(expiredLines(runs), text);
  });

  describe("reads a dump", () => {
    it("with its tables, rows and definitions, and knows one that was cut off", async () => {
      const begin =
        "CREATE TABLE `a``b` (\n);\nINSERT INTO `a``b` VALUES\n(1),\n(2);\nCREATE TABLE `c` (\n);\n";
      const text = `${begin}-- varvol: definitions\nCREATE VIEW;\n(3)\n-- varvol: complete\n`;
      const dump = await readDump(file(text));
      assert.equal(dump.complete, true);
      assert.deepEqual(
        [...dump.rows],
        [
          ["a`b", 2],
          ["c", 0],
        ],
      );
      assert.equal(text.slice(dump.definitions), "CREATE VIEW;\n(3)\n-- varvol: complete\n");
      assert.equal((await readDump(file(begin))).complete, false);
    });

    it("whatever its tables and columns are called", async () => {
      const quoted = (name: string) => `\`${name.replaceAll("`", "``")}\``;
      const tables = SERVER_NAMES.map((name, i) => {
        const rows =
          i === 0 ? "" : `INSERT INTO ${quoted(name)} VALUES\n${Array(i).fill("(1)").join(",\n")};\n`;
        const columns = `  ${quoted(SERVER_NAMES.at(-1 - i) ?? "")} int(11)\n) ENGINE=InnoDB;\n`;
        return `DROP TABLE IF EXISTS ${quoted(name)};\nCREATE TABLE ${quoted(name)} (\n${columns}LOCK TABLES ${quoted(name)} WRITE;\n${rows}`;
      });
      const text = `${tables.join("")}-- varvol: definitions\nCREATE VIEW;\n-- varvol: complete\n`;
      const dump = await readDump(file(text));
      assert.deepEqual(
        [...dump.rows],
        SERVER_NAMES.map((name, i) => [name, i]),
      );
      assert.equal(
        Buffer.from(text).subarray(dump.definitions).toString(),
        "CREATE VIEW;\n-- varvol: complete\n",
      );
    });

    it("of several databases, whose routines may hold any line", async () => {
      const line = databaseLine("0123456789abcdef0123456789abcdef");
      const forged =
        'x\nCREATE DATABASE `victim`;\n-- varvol: databases 00000000000000000000000000000000 "victim"\n';
      const text = `${line("")}\n${line("one")}\n${forged}${line("t`wo")}\ny\n-- varvol: complete\n`;
      const found = await readSections(file(text));
      assert.deepEqual(
        found?.map(({ name, from, to }) => [name, text.slice(from, to)]),
        [
          ["one", forged],
          ["t`wo", "y\n-- varvol: complete\n"],
        ],
      );
      assert.equal(await readSections(file(text.replace("-- varvol: complete\n", ""))), undefined);
    });

    it("of an earlier revision, by the statements that make databases", async () => {
      const text = "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `one`;\nUSE `one`;\n-- varvol: complete\n";
      const found = await readSections(file(text));
      assert.deepEqual(
        found?.map(({ name, from, to }) => [name, text.slice(from, to)]),
        [["one", "USE `one`;\n-- varvol: complete\n"]],
      );
    });
  });

  describe("takes of a stranger's dump what the site's user may run", () => {
    const filter = async (text: string, size = text.length) => {
      const report = newReport();
      const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
        Buffer.from(text.slice(i * size, (i + 1) * size)),
      );
      const kept = (await buffer(Readable.from(pieces).pipe(ownStatements(report)))).toString();
      return { kept, left: Object.fromEntries(report.leftOut), report };
    };

    it("whatever pieces it comes in", async () => {
      const text = [
        'mysqldump: [Warning] Can\'t be "secure"\n-- MySQL dump\n/*M!999999\\- enable the sandbox mode */ \n',
        "/*!40000 DROP DATABASE IF EXISTS `old`*/;\nCREATE DATABASE `old`;\nUSE `old`;\n",
        "SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ 'u;u';\nSET @@SESSION.SQL_LOG_BIN= 0;\n",
        "INSERT INTO t VALUES ('a;b\\'; USE x;', \"c;\", `d;`) /* ; */ -- ;\n;\n# ; USE y;\n",
        "DELIMITER ;;\n/*!50003 CREATE*/ /*!50017 DEFINER=`r``oot`@`%`*/ /*!50003 TRIGGER t BEGIN USE_IT; x; END */;;\n",
        "CREATE DEFINER='a'@'b' PROCEDURE p() BEGIN SELECT 'DEFINER=`x`@`y`'; END;;\nDELIMITER ;\n",
        "grant all on *.* to x;\n",
      ].join("");
      const whole = await filter(text);
      for (const size of [1, 2, 3, 7, 40]) assert.deepEqual(await filter(text, size), whole, String(size));
      assert.equal(
        whole.kept.replaceAll(/\n+/g, "\n"),
        [
          "\nINSERT INTO t VALUES ('a;b\\'; USE x;', \"c;\", `d;`) /* ; */ -- ;\n;\n# ; USE y;\n",
          "DELIMITER ;;\n/*!50003 CREATE*/ /*!50017 */ /*!50003 TRIGGER t BEGIN USE_IT; x; END */;;\n",
          "CREATE  PROCEDURE p() BEGIN SELECT 'DEFINER=`x`@`y`'; END;;\nDELIMITER ;\n",
        ].join(""),
      );
      assert.equal(whole.report.definers, 2);
      assert.deepEqual([...whole.report.databases], ["old"]);
      assert.deepEqual(whole.left, {
        "a program's words": 1,
        "DROP DATABASE IF": 1,
        "CREATE DATABASE `OLD`;": 1,
        "USE `OLD`;": 1,
        "SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/": 1,
        "SET @@SESSION.SQL_LOG_BIN= 0;": 1,
        "GRANT ALL ON": 1,
      });
    });

    it("also right below an empty comment, as phpMyAdmin writes it", async () => {
      const { kept, left, report } = await filter(
        "--\n-- Database: `old`\n--\nCREATE DATABASE IF NOT EXISTS `old`;\nUSE `old`;\n--\nCREATE TABLE t (a INT);\n",
      );
      assert.equal(kept.trim(), "--\nCREATE TABLE t (a INT);");
      assert.deepEqual(Object.keys(left), ["CREATE DATABASE IF", "USE `OLD`;"]);
      assert.deepEqual([report.made, ...report.databases], [1, "old"]);
    });

    it("of whatever database it says that its tables and definitions are, but of one alone", async () => {
      const own = async (text: string) => {
        const { kept, report } = await filter(text);
        return [kept, ...report.databases];
      };
      for (const [text, ...expected] of [
        ["CREATE TABLE `o``ld`.`t` (a INT);", "CREATE TABLE `t` (a INT);", "o`ld"],
        [
          "-- x\ncreate table if not exists old . t (a INT);",
          "-- x\ncreate table if not exists t (a INT);",
          "old",
        ],
        ["DROP TABLE IF EXISTS `old`.`t`;", "DROP TABLE IF EXISTS `t`;", "old"],
        [
          "INSERT IGNORE INTO `old`.`t` VALUES (1.5,'`a`.`b`');",
          "INSERT IGNORE INTO `t` VALUES (1.5,'`a`.`b`');",
          "old",
        ],
        ["INSERT INTO t SELECT a.b FROM a;", "INSERT INTO t SELECT a.b FROM a;"],
        ["CREATE TABLE t (a INT COMMENT 'TABLE a.b');", "CREATE TABLE t (a INT COMMENT 'TABLE a.b');"],
        [
          "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DROP TABLE a.b;",
          "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DROP TABLE a.b;",
        ],
        [
          "/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER old.tr BEFORE INSERT ON `old`.t FOR EACH ROW SET NEW.a = 1 */;",
          "/*!50003 CREATE*/ /*!50017 */ /*!50003 TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1 */;",
        ],
        [
          "CREATE TRIGGER tr AFTER DELETE ON old.t FOR EACH ROW SET @a = 1;",
          "CREATE TRIGGER tr AFTER DELETE ON t FOR EACH ROW SET @a = 1;",
        ],
        [
          "CREATE ALGORITHM=MERGE SQL SECURITY DEFINER VIEW `old`.`v` AS SELECT 1;",
          "CREATE ALGORITHM=MERGE SQL SECURITY DEFINER VIEW `v` AS SELECT 1;",
        ],
      ] as const)
        assert.deepEqual(await own(text), expected);
      const { report } = await filter(
        "USE `one`;\nINSERT INTO `one`.`t` VALUES (1);\nINSERT INTO `two`.`t` VALUES (1);\n",
      );
      assert.match(severalDatabases(report) ?? "", /is of several databases \(one, two\)/);
      const plain = await filter("create database if not exists one;\nuse one;\nuse two;\nUSE `three`;\n");
      assert.deepEqual([...plain.report.databases], ["one", "two", "three"]);
    });

    it("in each table's own letters, where the dump does not say which its text has", async () => {
      const table = (name: string, charset: string) =>
        `CREATE TABLE \`${name}\` (v TEXT COMMENT 'CHARSET=x') ENGINE=InnoDB ${charset} COMMENT='x';\n`;
      const rows = (name: string) => `INSERT INTO \`${name}\` VALUES ('a');\n`;
      const text = [
        ...[
          table("old", "DEFAULT CHARSET=latin1"),
          table("new", "DEFAULT CHARSET=utf8mb4"),
          table("none", ""),
        ],
        ...[
          rows("old"),
          rows("old"),
          rows("new"),
          rows("none"),
          "DELIMITER ;;\n",
          rows("old").replace(";", ";;"),
        ],
      ].join("");
      for (const size of [1, 7, text.length])
        assert.equal(
          (await filter(text, size)).kept,
          text
            .replace("\nINSERT INTO `old`", "SET NAMES latin1;\nINSERT INTO `old`")
            .replace("\nINSERT INTO `new`", "SET NAMES utf8mb4;\nINSERT INTO `new`")
            .replace("DELIMITER ;;\n", "DELIMITER ;;\nSET NAMES latin1;;"),
          String(size),
        );
      const said = `/*!40101 SET NAMES utf8 */;\n${text}`;
      assert.equal((await filter(said)).kept, said);
    });

    it("in little memory, however long a row is", async () => {
      const row = Buffer.alloc(1 << 20, "x;\\'");
      const report = newReport();
      const text = Readable.from([
        Buffer.from("INSERT INTO t VALUES ('"),
        ...Array<Buffer>(64).fill(row),
        Buffer.from("');\nUSE x;\n"),
      ]);
      let length = 0;
      for await (const piece of text.pipe(ownStatements(report)) as AsyncIterable<Buffer>)
        length += piece.length;
      const written = 23 + 64 * row.length;
      assert.ok(length > written && length < written + 5000, String(length - written));
      assert.deepEqual([...report.leftOut.keys()], ["USE X;"]);
    });
  });
});
