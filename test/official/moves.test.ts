import assert from "node:assert/strict";
import * as path from "node:path";
import { paths } from "../../base/paths";
import { findEngine } from "../../machine/setup/engine";
import { nothingChanges, upAsPlanned } from "../support/planTruth";
import { TestHost } from "../support/testHost";

// Someone begins with the engine that `npm start` makes and installs Pulumi later, or the other way round.
describe("a stack that moves between two engines", function () {
  this.timeout(600_000);
  const named = process.env.VARVOL_ENGINE;
  const host = new TestHost("moves", 18446);
  const site = (name: string, more: Record<string, unknown> = {}) => ({
    name,
    kind: "static",
    domains: [`${name}.localhost`],
    import: path.resolve("demo/hello"),
    ...more,
  });
  // With MySQL and its passwords, which no engine may make anew.
  const blog = { name: "blog", kind: "wordpress", domains: ["blog.localhost"], title: "A blog" };

  before(async function () {
    // Without one of its own there is nowhere to move from.
    const own = await findEngine(paths(), { ...process.env, VARVOL_ENGINE: undefined });
    const other = await findEngine();
    if (!own || own.bin === other?.bin) this.skip();
    host.useEngine(undefined);
    host.configure([site("hello"), site("docs"), blog]);
    await host.up();
  });

  const unchanged = async (engine: string | undefined) => {
    host.useEngine(engine);
    const before = await host.containers();
    for (const args of [
      ["preview", "--diff", "--expect-no-changes"],
      ["up", "--yes", "--expect-no-changes"],
      ["refresh", "--yes", "--expect-no-changes"],
    ]) {
      const { code, stdout, stderr } = await host.pulumi(...args);
      assert.equal(code, 0, `${args.join(" ")}\n${stdout}${stderr}`);
      assert.doesNotMatch(stdout + stderr, /warning|Undefined value/i, args.join(" "));
    }
    assert.deepEqual(await host.containers(), before);
    // Also with --refresh.
    await nothingChanges(host);
  };

  it("is the same to the engine that made it", () => unchanged(undefined));
  it("is the same to the other one", () => unchanged(named));

  it("is changed by the other one as planned", async () => {
    host.configure([site("hello", { memory: 48 }), site("docs"), site("fresh"), blog]);
    const told = await upAsPlanned(host);
    assert.equal(told.get("hello/web"), "replace");
    for (const kept of ["docs/web", "blog/web", "mysql/mysql"]) assert.equal(told.get(kept), "keep", kept);
    assert.equal((await host.get("fresh.localhost")).status, 200);
  });

  it("is the same to the first one again, and changed by it as planned", async () => {
    await unchanged(undefined);
    host.configure([site("hello"), site("docs"), blog]);
    const told = await upAsPlanned(host);
    assert.equal(told.get("fresh/web"), "delete");
    for (const kept of ["docs/web", "blog/web", "mysql/mysql"]) assert.equal(told.get(kept), "keep", kept);
    await unchanged(named);
  });
});
