import assert from "node:assert/strict";
import { replaceDatabase, ReplacedHost, replaceUnderLoad } from "../support/replacement";
import { TestHost } from "../support/testHost";

describe("replacing containers under load", function () {
  this.timeout(300_000);
  const replaced = new ReplacedHost(new TestHost("replace", 18500), 19520);

  before(() => replaced.start());
  after(() => replaced.stop());

  it("loses no request to a site's container or the gateway", async () => {
    await replaceUnderLoad(
      replaced,
      [["hello/web", "docs/web", "docs/git"], ["blog/web", "blog/php"], ["gateway/gateway"]],
      2,
    );
  });

  it("stops MySQL cleanly, and is without it for less than ten seconds", async () => {
    const { gap, log } = await replaceDatabase(replaced);
    assert.match(log, /Shutdown complete/);
    assert.ok(gap <= 10, `${gap} s`);
  });
});
