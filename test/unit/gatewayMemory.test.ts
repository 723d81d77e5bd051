import assert from "node:assert/strict";
import { memoryForSites } from "../../components/gateway/memory";

describe("the gateway's memory", () => {
  it("is the same for the first sites, and grows in steps, each of which has room for five configurations", () => {
    assert.deepEqual([0, 1, 49].map(memoryForSites), [0, 0, 0]);
    assert.equal(memoryForSites(50), memoryForSites(99));
    for (const sites of [50, 120, 1000]) assert.ok(memoryForSites(sites) * 1024 >= 5 * 190 * (sites - 49));
  });
});
