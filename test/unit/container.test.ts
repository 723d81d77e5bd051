import assert from "node:assert/strict";
import * as path from "node:path";
import * as os from "node:os";
import * as fs from "node:fs";
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { quote } from "../../base/quoting";
import { containerArgs, exclusive, overlapping } from "../../components/container";
import { installScript } from "../../machine/hostTools";

const args = containerArgs({
  image: "x",
  mounts: [],
  networks: [],
  memory: 64,
  stopSignal: "SIGQUIT",
  grace: 30,
  labels: { owner: "blog" },
  logs: { files: 2, size: 5 },
});

describe("every container", () => {
  it("has least privilege, limits and log rotation", () => {
    assert.equal(args.readOnly, true);
    assert.deepEqual(args.capabilities, { drops: ["ALL"] });
    assert.deepEqual(args.securityOpts, ["no-new-privileges:true"]);
    assert.equal(args.user, "33:33");
    assert.equal(args.memorySwap, 64);
    assert.deepEqual(args.logOpts, { "max-file": "2", "max-size": "5m" });
  });

  it("is stopped gracefully, never with the provider's default of an immediate SIGKILL", () => {
    assert.equal(args.destroyGraceSeconds, 30);
    assert.equal(args.stopSignal, "SIGQUIT");
  });

  it("is created before its predecessor goes, unless it owns what only one can have", () => {
    assert.equal(overlapping().deleteBeforeReplace, false);
    assert.equal(exclusive().deleteBeforeReplace, true);
  });

  it("is replaced by what the provider would change in place or only pretend to change", () => {
    for (const key of ["healthcheck", "tmpfs", "init", "cpuPeriod", "cpuQuota", "memory", "mounts"]) {
      assert.ok(overlapping().replaceOnChanges?.includes(key), key);
    }
  });
});

describe("the host's tools", () => {
  it("get their arguments through the shell unchanged", () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes("\0")),
        (text) => {
          const { stdout } = spawnSync("sh", ["-c", `printf %s ${quote(text) || "''"}`]);
          assert.equal(stdout.toString(), text);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("are installed by a script that the shell accepts", () => {
    const { status, stderr } = spawnSync("sh", ["-n"], { input: installScript("/var/vol") });
    assert.equal(status, 0, stderr.toString());
  });

  it("take the place of former ones, which go", () => {
    const root = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-tools-"));
    const bin = path.join(root, ".varvol/bin");
    fs.mkdirSync(bin, { recursive: true });
    for (const name of ["former", "volume"]) fs.writeFileSync(path.join(bin, name), "#!/bin/sh\n");
    const { status, stderr } = spawnSync("sh", [], { input: installScript(root) });
    assert.equal(status, 0, stderr.toString());
    assert.deepEqual(fs.readdirSync(bin).sort(), fs.readdirSync("host").sort());
    assert.equal(fs.readFileSync(path.join(bin, "volume"), "utf8"), fs.readFileSync("host/volume", "utf8"));
    fs.rmSync(root, { recursive: true });
  });
});
