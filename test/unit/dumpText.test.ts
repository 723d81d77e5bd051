import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { text as textOf } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { dumpProblem, dumpText } from "../../agent/dumpText";
import { zipOf } from "../support/zip";

describe("a stranger's dump", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-dump-"));
  after(() => fs.rmSync(folder, { recursive: true }));
  const SQL = "-- MySQL dump 10.13\nCREATE TABLE t (v TEXT);\nINSERT INTO t VALUES ('Größe 😀');\n";
  const whole = `${SQL}-- Dump completed on 2024-05-01 12:00:00\n`;
  const file = (name: string, content: string | Buffer) => {
    const at = path.join(folder, name);
    fs.writeFileSync(at, content);
    return at;
  };
  const big = (text: string) => Buffer.from(text, "utf16le").swap16();
  const packed = (program: string, ...args: string[]) => execFileSync(program, args, { input: whole });

  const forms: [what: string, name: string, content: () => string | Buffer][] = [
    ["plain", "a.sql", () => whole],
    ["packed", "b.sql.gz", () => gzipSync(whole)],
    ["packed, with an ending that says plain", "c.sql", () => gzipSync(whole)],
    ["plain, with an ending that says packed", "d.sql.gz", () => whole],
    [
      "packed in several members",
      "e.sql.gz",
      () => Buffer.concat([gzipSync(SQL), gzipSync(whole.slice(SQL.length))]),
    ],
    ["by xz", "f.sql.xz", () => packed("xz", "-c")],
    ["by bzip2", "g.sql", () => packed("bzip2", "-c")],
    [
      "in a zip archive, as phpMyAdmin and a Mac pack it",
      "n.sql.zip",
      () =>
        zipOf([
          { name: "__MACOSX/._a.sql", text: "x" },
          { name: "a.sql", text: whole },
        ]),
    ],
    [
      "in a zip archive, packed once more",
      "o.zip",
      () => zipOf([{ name: "readme.txt" }, { name: "a.sql.gz", text: gzipSync(whole) }]),
    ],
    ["with a byte order mark", "h.sql", () => `\ufeff${whole}`],
    ["in UTF-16, as Windows writes it", "i.sql", () => Buffer.from(`\ufeff${whole}`, "utf16le")],
    ["in UTF-16 of the other order", "j.sql", () => big(`\ufeff${whole}`)],
  ];
  for (const [what, name, content] of forms)
    it(`is read ${what}`, async () => {
      const at = file(name, content());
      assert.equal(await textOf(dumpText(at)), whole);
      assert.equal(await dumpProblem(at), undefined);
    });

  it("is taken from tools that print into it, and from ones that end it as they like", async () => {
    const warning = "mysqldump: [Warning] Using a password on the command line interface can be insecure.\n";
    assert.equal(await dumpProblem(file("k.sql", warning + whole)), undefined);
    assert.equal(
      await dumpProblem(file("l.sql", `-- phpMyAdmin SQL Dump\n${SQL.split("\n").slice(1).join("\n")}`)),
      undefined,
    );
  });

  it("is whole once its last line is there, in one piece or not, whatever stands behind it", async () => {
    const more = `${whole}${"INSERT INTO t VALUES ('more');\n".repeat(100)}`;
    assert.equal(await dumpProblem(file("m.sql", more)), undefined);
    assert.match((await dumpProblem(file("n.sql", `${whole}${SQL}`))) ?? "", /is cut off/);
    // Of several in one file
    assert.match((await dumpProblem(file("p.sql", `${SQL}${whole}`))) ?? "", /is cut off/);
    assert.equal(await dumpProblem(file("q.sql", whole.repeat(3))), undefined);
    assert.equal(await dumpProblem(file("r.sql", `${SQL}-- x\n-- Dump completed`)), undefined);
    for (const length of [2 ** 18 - 40, 2 ** 18 - 30, 2 ** 18 - 20]) {
      const long = `INSERT INTO t VALUES ('${"x".repeat(length - SQL.length)}');\n`;
      assert.equal(
        await dumpProblem(
          file(
            "o.sql",
            whole.replace("-- Dump", () => `${long}-- Dump`),
          ),
        ),
        undefined,
      );
    }
  });

  it("is refused with the reason, before anything is made of it", async () => {
    const gone =
      "CREATE DATABASE `a`;\nUSE `a`;\nCREATE TABLE t (i INT);\nUSE `b`;\nCREATE TABLE t (i INT);\n";
    const refused: [name: string, content: string | Buffer, problem: RegExp][] = [
      ["none.sql", "some text\n", /is no SQL dump/],
      ["only.sql", "SET NAMES utf8;\nUSE x;\n", /is no SQL dump/],
      ["cut.sql", SQL, /is cut off/],
      ["cut.sql.gz", gzipSync(whole).subarray(0, 60), /is corrupt \(.*end of file/],
      ["cut.sql.xz", packed("xz", "-c").subarray(0, 80), /is corrupt \(.*[Uu]nexpected end/],
      ["site.zip", Buffer.from("PK\x03\x04....."), /is no complete zip archive/],
      [
        "two.zip",
        zipOf([{ name: "a.sql" }, { name: "b.sql" }]),
        /is a zip archive of 2 files, not of one dump/,
      ],
      ["none.zip", zipOf([]), /is a zip archive of nothing/],
      ["changed.zip", zipOf([{ name: "a.sql", text: whole, crc: 1 }]), /is corrupt \(a\.sql\)/],
      ["two.sql", gone, /is of several databases \(a, b\)/],
    ];
    for (const [name, content, problem] of refused)
      assert.match((await dumpProblem(file(name, content))) ?? "", problem, name);
  });
});
