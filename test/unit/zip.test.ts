import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { crc32 } from "node:zlib";
import { extract } from "../../agent/extract";
import { below } from "../../agent/links";
import { shown } from "../../agent/tree";
import { unzip } from "../../agent/unzip";
import { zipOf, type ZipPart } from "../support/zip";

describe("a stranger's zip archive", () => {
  let folder: string;

  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-unit-"))));
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  const out = () => path.join(folder, "out");
  async function unpacked(archive: Buffer): Promise<string[]> {
    fs.writeFileSync(path.join(folder, "a.zip"), archive);
    fs.rmSync(out(), { recursive: true, force: true });
    fs.mkdirSync(out());
    return unzip(path.join(folder, "a.zip"), out());
  }
  const files = () => [...below(out())].map(({ file }) => path.relative(out(), shown(file))).sort();
  const text = (name: string) => fs.readFileSync(path.join(out(), name), "utf8");

  it("is unpacked as most programs write it", async () => {
    const parts: ZipPart[] = [
      { name: "site/", mode: 0o040755 },
      { name: "site/a.txt", text: "a".repeat(100_000) },
      { name: "site/stored.txt", text: "stored", method: 0 },
      { name: "site/empty.txt", text: "" },
      { name: "site/empty.bin", text: "", method: 0 },
      { name: "site/deep/er/b.txt", text: "b" },
    ];
    assert.deepEqual(await unpacked(zipOf(parts)), []);
    assert.equal(text("site/a.txt"), "a".repeat(100_000));
    assert.equal(text("site/stored.txt"), "stored");
    assert.deepEqual(files(), [
      ...["site", "site/a.txt", "site/deep", "site/deep/er", "site/deep/er/b.txt"],
      ...["site/empty.bin", "site/empty.txt", "site/stored.txt"],
    ]);
    // A program that unpacks it stands before it, or it is larger than its first form may be.
    for (const archive of [
      zipOf(parts, Buffer.from("#!/bin/sh\n")),
      zipOf(parts.map((part) => ({ ...part, large: true }))),
      zipOf(parts, undefined, true),
    ]) {
      assert.deepEqual(await unpacked(archive), []);
      assert.equal(text("site/deep/er/b.txt"), "b");
    }
    assert.deepEqual(await unpacked(zipOf([])), []);
  });

  it("has its names in UTF-8, in the code page of old, or as Windows writes ways", async () => {
    const raw = Buffer.from([0x67, 0x81, 0x2e, 0x74]);
    const field = Buffer.concat([Buffer.alloc(9), Buffer.from("größe.txt")]);
    field.writeUInt16LE(0x7075, 0);
    field.writeUInt16LE(field.length - 4, 2);
    field.writeUInt8(1, 4);
    field.writeUInt32LE(crc32(raw), 5);
    const left = await unpacked(
      zipOf([
        { name: "日本.txt", flags: 0x800 },
        { name: "ä.txt" },
        { name: raw },
        { name: raw, extra: field },
        { name: "wp-admin\\css\\about.css" },
        { name: "wp-content\\", by: 0 },
      ]),
    );
    assert.deepEqual(left, []);
    assert.deepEqual(
      files(),
      [
        "größe.txt",
        "gü.t",
        "wp-admin",
        "wp-admin/css",
        "wp-admin/css/about.css",
        "wp-content",
        "ä.txt",
        "日本.txt",
      ].sort(),
    );
  });

  it("writes nothing outside of its folder, and nothing through a link", async () => {
    const left = await unpacked(
      zipOf([
        { name: "../up.txt", text: "x" },
        { name: "a/../../up.txt", text: "x" },
        { name: "..\\up.txt", text: "x" },
        { name: "/absolute.txt", text: "x" },
        { name: "C:\\windows.txt", text: "x" },
        { name: "link", text: "..", mode: 0o120777 },
        { name: "link/through.txt", text: "x" },
        { name: "out", text: folder, mode: 0o120777 },
        { name: "pipe", mode: 0o010644 },
        { name: "twice.txt", text: "1" },
        { name: "twice.txt", text: "2" },
        { name: "nul\0.txt", text: "x" },
        { name: `${"n".repeat(300)}.txt`, text: "x" },
      ]),
    );
    assert.deepEqual(fs.readdirSync(folder).sort(), ["a.zip", "out"]);
    assert.deepEqual(files(), [
      "absolute.txt",
      "link",
      "link/through.txt",
      "out",
      "twice.txt",
      "windows.txt",
    ]);
    assert.equal(text("twice.txt"), "1");
    assert.equal(fs.readlinkSync(path.join(out(), "out")), folder);
    assert.equal(left.length, 8);
  });

  const refused: [what: string, archive: () => Buffer, message: RegExp][] = [
    [
      "encrypted",
      () => zipOf([{ name: "a", text: "a", flags: 1 }]),
      /is encrypted \(a\); unpack it with its password/,
    ],
    [
      "packed otherwise",
      () => zipOf([{ name: "a", text: "a", method: 14 }]),
      /can't be read \(method 14, a\)/,
    ],
    ["cut off", () => zipOf([{ name: "a", text: "a" }]).subarray(0, -30), /no complete zip archive/],
    [
      "without its beginning",
      () => zipOf([{ name: "a", text: "a" }]).subarray(20),
      /no complete zip archive|corrupt/,
    ],
    ["changed", () => zipOf([{ name: "a", text: "a", crc: 1 }]), /is corrupt \(a\)/],
    ["longer than it says", () => zipOf([{ name: "a", text: "aaaa", size: 2 }]), /is corrupt \(a\)/],
    ["shorter than it says", () => zipOf([{ name: "a", text: "aaaa", size: 9 }]), /is corrupt \(a\)/],
    ["a bomb", () => zipOf([{ name: "a", text: "a", size: 2 ** 31 }]), /would become 200 times what it is/],
    ["in itself", () => overlapping(), /lie in each other/],
    ["one of several", () => part(zipOf([{ name: "a" }])), /is one part of several; put them together/],
  ];
  for (const [what, archive, message] of refused)
    it(`is refused where it is ${what}`, async () => {
      await assert.rejects(unpacked(archive()), message);
    });

  /** All entries' bytes are the same ones. */
  function overlapping(): Buffer {
    const one = zipOf(
      Array.from({ length: 9 }, (_, i) => ({ name: `${i}`, text: "x".repeat(5000), method: 0 })),
    );
    const directory = one.indexOf(Buffer.from("PK\x01\x02"));
    const from = one.indexOf(Buffer.from("PK\x03\x04"), 1) * 8;
    const cut = Buffer.concat([one.subarray(from, directory), one.subarray(directory)]);
    for (let at = cut.indexOf("PK\x01\x02"); at >= 0; at = cut.indexOf("PK\x01\x02", at + 1))
      cut.writeUInt32LE(0, at + 42);
    cut.writeUInt32LE(directory - from, cut.length - 6);
    return cut;
  }

  function part(archive: Buffer): Buffer {
    archive.writeUInt16LE(1, archive.length - 18);
    return archive;
  }

  it("comes through a pipe as tar does", async () => {
    for (const text of ["", "a".repeat(300_000), randomBytes(300_000)]) {
      fs.writeFileSync(path.join(folder, "a.zip"), zipOf([{ name: "site/a.txt", text }]));
      fs.rmSync(out(), { recursive: true, force: true });
      fs.mkdirSync(out());
      const { problem, leftOut } = await extract(fs.createReadStream(path.join(folder, "a.zip")), out());
      assert.deepEqual([problem, leftOut], [undefined, []]);
      assert.deepEqual(files(), ["site", "site/a.txt"]);
      assert.deepEqual(fs.readFileSync(path.join(out(), "site/a.txt")), Buffer.from(text));
    }
  });
});
