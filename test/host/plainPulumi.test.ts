import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { attempt, type Result } from "../../base/exec";
import { planSchema } from "../../flows/plan/schema";
import { TestHost } from "../support/testHost";

// What someone does who logs in with `pulumi login` and uses both.
describe("plain Pulumi beside the command line", function () {
  this.timeout(300_000);
  const host = new TestHost("plain", 18440);
  const state = path.join(host.folder, "state");
  const elsewhere = path.join(host.folder, "elsewhere");
  const credentials = path.join(host.folder, "credentials");

  /** The command line, with nothing that names a backend but a login. */
  const varvol = (login: string, ...args: string[]): Promise<Result> => {
    fs.mkdirSync(credentials, { recursive: true });
    fs.writeFileSync(path.join(credentials, "credentials.json"), JSON.stringify({ current: login }));
    const env = { ...host.env, PULUMI_BACKEND_URL: undefined, PULUMI_CREDENTIALS_PATH: credentials };
    return attempt([process.execPath, "cli/varvol.cjs", ...args, "--config-file", host.configFile], { env });
  };
  const written = () => fs.readFileSync(host.configFile, "utf8");

  before(() => {
    fs.mkdirSync(elsewhere);
    host.configure([
      { name: "hello", kind: "static", domains: ["hello.localhost"], import: path.resolve("demo/hello") },
    ]);
  });

  it("looks ahead at a stack that is not there yet, and writes nothing", async () => {
    const before = written();
    const { code, stdout, stderr } = await varvol(`file://${state}`, "plan", "--json");
    assert.equal(code, 0, stderr);
    const { containers } = planSchema.parse(JSON.parse(stdout));
    assert.deepEqual(new Set(containers.map(({ action }) => action)), new Set(["create"]));
    assert.equal((await varvol(`file://${state}`, "preview")).code, 0);
    assert.deepEqual(fs.readdirSync(state), []);
    assert.equal(written(), before);
  });

  it("works on the backend that is logged in to", async () => {
    const { code, stderr } = await varvol(`file://${state}`, "up");
    assert.equal(code, 0, stderr);
    assert.equal((await host.get("hello.localhost")).status, 200);
    const planned = await varvol(`file://${state}`, "plan", "--json");
    const { containers } = planSchema.parse(JSON.parse(planned.stdout));
    assert.deepEqual(new Set(containers.map(({ action }) => action)), new Set(["keep"]));
  });

  it("makes no second stack for a host that runs, and says where to look", async () => {
    const before = written();
    for (const verb of ["plan", "preview", "up"]) {
      const { code, stderr } = await varvol(`file://${elsewhere}`, verb);
      assert.equal(code, 1, verb);
      assert.match(
        stderr,
        /runs \d containers of \S+plain, and there is no such stack in .*\n.*pulumi login/,
      );
    }
    assert.deepEqual(fs.readdirSync(elsewhere), []);
    assert.equal(written(), before);
  });

  it("finds nothing to do, and has nothing to warn of", async () => {
    for (const args of [
      ["preview", "--diff"],
      ["up", "--yes"],
      ["up", "--yes", "--refresh"],
    ]) {
      const { code, stdout, stderr } = await host.pulumi(...args);
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(stdout + stderr, /warning|Undefined value/i);
      for (const [, counted] of stdout.matchAll(/^Resources:\n((?: +\S.*\n)+)/gm))
        assert.match(counted, /^ +\d+ unchanged\n$/, args.join(" "));
    }
  });
});
