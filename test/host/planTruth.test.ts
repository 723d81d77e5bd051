import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { planSchema } from "../../flows/plan/schema";
import { nothingChanges, upAsPlanned } from "../support/planTruth";
import { TestHost } from "../support/testHost";

// The whole matrix of changes is in the tier faults.
describe("the plan of a host", function () {
  this.timeout(300_000);
  const host = new TestHost("plan", 18420);
  const folder = path.resolve("demo/hello");
  const site = (name: string, more: Record<string, unknown> = {}) => ({
    name,
    kind: "static",
    domains: [`${name}.localhost`],
    import: folder,
    ...more,
  });

  it("is what `up` does at first", async () => {
    host.configure([site("hello"), site("gone"), site("old"), site("same")]);
    const told = await upAsPlanned(host);
    assert.deepEqual(new Set(told.values()), new Set(["create"]));
  });

  it("is what `up` does to several changes at once, and nothing else", async () => {
    host.configure([
      site("hello", { memory: 48 }),
      site("fresh"),
      site("new", { domains: ["old.localhost"] }),
      site("same", { domains: ["same.localhost", "www.same.localhost"] }),
    ]);
    const told = await upAsPlanned(host);
    assert.deepEqual(Object.fromEntries([...told].sort()), {
      "fresh/web": "create",
      "gateway/gateway": "keep",
      "gateway/net": "keep",
      "gone/web": "delete",
      "hello/web": "replace",
      "new/web": "create",
      "old/web": "delete",
      "same/web": "keep",
    });
  });

  it("is empty when nothing changed, and so is `up`", () => nothingChanges(host));

  it("says no word of a secret", async () => {
    host.configure([site("hello"), site("fresh")]);
    const secrets = await host.pulumi("stack", "export", "--show-secrets");
    const keys = [...secrets.stdout.matchAll(/PRIVATE KEY-----\\\\n([A-Za-z0-9+/]{40})/g)].map(
      ([, key = ""]) => key,
    );
    assert.ok(keys.length > 0);
    for (const form of [["--json"], ["--markdown"]]) {
      const { code, stdout, stderr } = await host.varvol("plan", ...form);
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(stdout, /PRIVATE KEY/);
      for (const key of keys) assert.ok(!stdout.includes(key));
    }
  });

  it("fails on a policy's error, and not once that is turned off", async () => {
    // The sites' data would stay behind.
    const configured = fs.readFileSync(host.configFile, "utf8");
    const moved = configured.replace(`volumeRoot: ${host.root}`, `volumeRoot: ${host.root}2`);
    assert.notEqual(moved, configured);
    fs.writeFileSync(host.configFile, moved);
    const refused = await host.varvol("plan");
    assert.equal(refused.code, 1);
    assert.match(refused.stdout, /error data-stays: .*hello-web: .*vol\/hello\/site stays behind/);
    fs.writeFileSync(host.configFile, `${moved}  varvol:policies: { data-stays: off }\n`);
    const off = await host.varvol("plan", "--json");
    assert.equal(off.code, 0, off.stderr);
    assert.deepEqual(planSchema.parse(JSON.parse(off.stdout)).policies.off, ["data-stays"]);
    fs.writeFileSync(host.configFile, configured);
  });
});
