import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { claim, forget, freeId, goneRuns } from "../support/testRun";

describe("a run of tests", () => {
  const records = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-unit-"));
  after(() => fs.rmSync(records, { recursive: true }));
  const write = (run: string, pid: number, time = Date.now()) =>
    fs.writeFileSync(path.join(records, run), JSON.stringify({ pid, time }));

  it("is not gone while its process lives, and none knows of one that said nothing", () => {
    claim("mine", records);
    assert.deepEqual(goneRuns(records), []);
    assert.deepEqual(goneRuns(path.join(records, "none")), []);
    assert.equal(freeId(records, 4194303), "wcf");
    claim("wcf", records);
    assert.equal(freeId(records, 4194303), "wcg");
    forget("wcf", records);
  });

  it("is gone with its process, also when another one has its number", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    write("other", child.pid ?? 0);
    assert.deepEqual(goneRuns(records), []);
    claim("other", records);
    child.kill();
    await once(child, "exit");
    write("reused", process.pid, Date.parse("2020-01-01"));
    assert.deepEqual(
      goneRuns(records).sort(),
      ["other", "reused"],
      "whoever takes part does not take it over",
    );
    forget("other", records);
    claim("reused", records);
    assert.deepEqual(goneRuns(records), []);
  });
});
