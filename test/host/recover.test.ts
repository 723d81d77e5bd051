import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { endStateOf } from "../support/endState";
import { Load } from "../support/load";
import { TestHost } from "../support/testHost";

describe("a state that is damaged, locked or too old", function () {
  this.timeout(300_000);
  const host = new TestHost("recover", 18525);
  const folder = path.join(host.folder, "state/.pulumi");
  const state = path.join(folder, "stacks/varvol", `${host.stack}.json`);
  const locks = path.join(folder, "locks/organization/varvol", host.stack);
  const hello = {
    name: "hello",
    kind: "static",
    domains: ["hello.localhost"],
    import: path.resolve("demo/hello"),
  };
  let load: Load;

  before(async () => {
    host.configure([hello]);
    await host.up();
    load = new Load({
      port: host.http,
      rate: 20,
      shots: [{ domain: "hello.localhost", path: (n) => `/?n=${n}` }],
    });
  });

  after("no request was lost by any of it", async () => {
    const { failures } = await load.stop();
    assert.deepEqual(failures.slice(0, 20), []);
  });

  const damages: readonly [string, () => void][] = [
    ["empty", () => fs.truncateSync(state, 0)],
    ["half", () => fs.truncateSync(state, Math.floor(fs.statSync(state).size / 2))],
    ["gone", () => fs.rmSync(state)],
  ];
  for (const [what, damage] of damages) {
    it(`is recovered by one command when it is ${what}; the next up changes nothing`, async () => {
      const before = await endStateOf(host);
      const containers = await host.containers();
      damage();
      const refused = await host.varvol("up");
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /The state of \S+ is (damaged|missing).*\n.*npx varvol recover/);
      const recovered = await host.varvol("recover");
      assert.equal(recovered.code, 0, recovered.stderr);
      assert.match(recovered.stdout, /Restored the state of .*, \d+ resources, from /);
      assert.match(await host.up(), /Nothing changed/);
      assert.deepEqual(await host.containers(), containers);
      assert.deepEqual((await endStateOf(host)).containers, before.containers);
    });
  }

  it("is recovered when it is older than the containers: they are found again", async () => {
    const older = fs.readFileSync(state);
    for (const replaced of ["hello", "gateway"]) {
      const { code, stderr } = await host.varvol("up", "--replace", replaced);
      assert.equal(code, 0, stderr);
    }
    const containers = await host.containers();
    fs.writeFileSync(state, older);
    const recovered = await host.varvol("recover");
    assert.match(recovered.stdout, /Found again: .*hello-web/);
    await host.up();
    assert.equal((await endStateOf(host)).containers.length, 3);
    assert.deepEqual(await host.containers(), containers);
  });

  it("is not taken from a command that still runs, which is named", async () => {
    const first = host.varvol("up", "--replace", "hello");
    // Until it has begun.
    for (let i = 0; i < 100 && !fs.existsSync(path.join(".varvol/running", `${host.stack}.json`)); i++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    const second = await host.varvol("up");
    assert.equal(second.code, 1);
    assert.match(second.stderr, /is being changed by another command: process \d+ .*\n.*kill -INT \d+/);
    assert.equal((await first).code, 0);
  });

  it("is not taken from another machine's command either", async () => {
    const lock = { pid: 1, username: "root", hostname: "elsewhere", timestamp: new Date().toISOString() };
    fs.mkdirSync(locks, { recursive: true });
    fs.writeFileSync(path.join(locks, "held.json"), JSON.stringify(lock));
    const refused = await host.varvol("up");
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /process 1 of root on elsewhere/);
    fs.rmSync(path.join(locks, "held.json"));
  });

  it("is taken from a command that is dead, though another process has its id by now", async () => {
    const lock = {
      pid: process.pid,
      username: "root",
      hostname: os.hostname(),
      timestamp: "2026-01-01T00:00:00Z",
    };
    fs.writeFileSync(path.join(locks, "dead.json"), JSON.stringify(lock));
    // What a killed engine leaves of a write.
    fs.writeFileSync(`${state}.18be4a7c.tmp`, "{");
    fs.truncateSync(`${state}.attrs`, 0);
    assert.match(await host.up(), /Nothing changed/);
    assert.deepEqual((await endStateOf(host)).litter, []);
  });
});
