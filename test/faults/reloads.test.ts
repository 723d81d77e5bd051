import assert from "node:assert/strict";
import { RELOADS, reloadUnderLoad } from "../support/reloads";
import { describeLoad } from "../support/siteLoad";
import { TestHost } from "../support/testHost";

describe(`${RELOADS} reloads of the gateway in a minute under load`, function () {
  this.timeout(600_000);
  const host = new TestHost("reloads", 18550);

  it("loses no request, and its memory comes back", async () => {
    const { load, memory } = await reloadUnderLoad(host);
    console.log(`      ${RELOADS} reloads: ${describeLoad(load)}`);
    const { before, most, after } = memory;
    console.log(
      `      memory of the gateway: ${before.toFixed(1)} MiB before, ${most.toFixed(1)} during, ${after.toFixed(1)} after`,
    );
    assert.deepEqual(load.failures.slice(0, 20), []);
    assert.ok(after <= before * 1.1, `${after} MiB after ${before} MiB`);
  });
});
