import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

describe("TypeScript that node requires", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-typescript-"));
  after(() => fs.rmSync(folder, { recursive: true }));
  const file = path.join(folder, "one.ts");
  const run = () =>
    execFileSync(process.execPath, ["--require", path.resolve("toolchain/typescript.cjs"), file], {
      encoding: "utf8",
      stdio: "pipe",
    });

  it("is run as it is now, also where it was kept before", () => {
    const text = (word: string) =>
      `import { sep } from "node:path";\nclass One { constructor(readonly word: string) {} }\nconsole.log(sep + new One("${word}").word);\n`;
    fs.writeFileSync(file, text("first"));
    assert.deepEqual([run(), run()], ["/first\n", "/first\n"]);
    fs.writeFileSync(file, text("second"));
    assert.equal(run(), "/second\n");
  });

  it("says what is wrong with it", () => {
    fs.writeFileSync(file, "const one = ;\n");
    assert.throws(run, /one\.ts:1:12: ERROR: Unexpected ";"/);
  });
});
