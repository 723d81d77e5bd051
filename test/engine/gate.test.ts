import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { attempt } from "../../base/exec";
import { openWorkspace } from "../../engine/workspace";
import { TestHost } from "../support/testHost";

describe("the engine", function () {
  this.timeout(120_000);
  const host = new TestHost("engine", 18050);
  const has = (file: string) => fs.existsSync(path.join(host.folder, file));
  let env: NodeJS.ProcessEnv;

  const pulumi = (...args: string[]) =>
    attempt(["pulumi", ...args, "--non-interactive", "-s", "gate"], {
      cwd: path.join(__dirname, "gate"),
      env,
    });
  const up = async (generation: string, ...args: string[]) => {
    for (const pair of [`generation=${generation}`, `folder=${host.folder}`])
      await pulumi("config", "set", ...pair.split("="), "--config-file", host.configFile);
    return pulumi("up", "--yes", "--skip-preview", "--config-file", host.configFile, ...args);
  };

  // In a folder of its own, because it writes a stack file.
  const initStack = async (stack: string, project: string): Promise<string> => {
    const folder = fs.mkdtempSync(path.join(host.folder, "project-"));
    fs.copyFileSync(project, path.join(folder, "Pulumi.yaml"));
    const made = await attempt(["pulumi", "stack", "init", stack, "--no-select"], { cwd: folder, env });
    assert.equal(made.code, 0, made.stderr);
    return path.join(folder, `Pulumi.${stack}.yaml`);
  };

  before(async () => {
    // All but the PATH, which the workspace puts the engine on.
    env = { ...host.env, ...(await openWorkspace()).env, ...host.backend };
    fs.copyFileSync(await initStack("gate", path.join(__dirname, "gate/Pulumi.yaml")), host.configFile);
    fs.writeFileSync(path.join(host.folder, "healthy-a"), "");
    const first = await up("a");
    assert.equal(first.code, 0, first.stdout + first.stderr);
    assert.equal(fs.readFileSync(path.join(host.folder, "serving"), "utf8"), "a\n");
  });

  it("leaves the old generation alone behind a shut gate, also when it is asked again, and with a refresh", async () => {
    for (const args of [[], [], ["--refresh"]]) {
      const failed = await up("b", ...args);
      assert.notEqual(failed.code, 0);
      assert.match(failed.stdout + failed.stderr, /not healthy: b/);
      assert.ok(has("made-b") && !has("deleted-a"));
      assert.equal(fs.readFileSync(path.join(host.folder, "serving"), "utf8"), "a\n");
    }
  });

  it("replaces both the old and the broken generation by the next good one", async () => {
    fs.writeFileSync(path.join(host.folder, "healthy-c"), "");
    const good = await up("c");
    assert.equal(good.code, 0, good.stdout + good.stderr);
    assert.equal(fs.readFileSync(path.join(host.folder, "serving"), "utf8"), "c\n");
    assert.ok(has("deleted-a") && has("deleted-b") && !has("deleted-c"));
  });

  it("tells by itself what is wrong with a stack file, without our command line", async () => {
    await initStack(host.stack, "Pulumi.yaml");
    host.configure([{ name: "Blog", kind: "wordpress", domains: ["https://blog.example.org"] }]);
    const refused = await host.pulumi("preview");
    assert.notEqual(refused.code, 0);
    const text = refused.stdout + refused.stderr;
    assert.match(text, /varvol:sites\[0\]\.name: "Blog" is no DNS label/);
    assert.match(
      text,
      /varvol:sites\[0\]\.domains\[0\]: "https:\/\/blog\.example\.org" has a scheme; write blog\.example\.org/,
    );
  });
});
