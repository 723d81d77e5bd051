import assert from "node:assert/strict";
import { OVERLAPPING, replaceDatabase, ReplacedHost, replaceUnderLoad } from "../support/replacement";
import { TestHost } from "../support/testHost";

const TIMES = 30;

describe(`${TIMES} replacements of every kind of container under load`, function () {
  this.timeout(3_600_000);
  const replaced = new ReplacedHost(new TestHost("replaced", 18510), 19521);
  let sent = 0;

  before(() => replaced.start());
  after(() => replaced.stop());

  for (const target of OVERLAPPING) {
    it(`loses no request to ${target}`, async () => {
      sent += await replaceUnderLoad(replaced, [[target]], TIMES);
    });
  }

  it("has sent enough for the result to mean something", () => {
    assert.ok(sent >= 30_000, `${sent} requests`);
  });

  it("stops MySQL cleanly every time, and is without it for less than ten seconds", async () => {
    for (let i = 0; i < 5; i++) {
      const { gap, log } = await replaceDatabase(replaced);
      assert.match(log, /Shutdown complete/);
      assert.ok(gap <= 10, `${gap} s`);
    }
  });
});
