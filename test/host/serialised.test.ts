import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { attempt, run } from "../../base/exec";
import { imageBuild, imageTag } from "../../components/imageSource";
import { readLock } from "../../stacks/lock";
import { NAMESPACE } from "../support/testHost";

describe("the rewriter of serialised values", function () {
  this.timeout(600_000);
  const image = imageTag("wordpress-php", readLock(), "");

  before(async () => {
    if ((await attempt(["docker", "image", "inspect", image])).code === 0) return;
    const { dockerfile, target = "", buildArgs } = imageBuild("wordpress-php", readLock(), "");
    const args = Object.entries(buildArgs).flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]);
    await run([
      "docker",
      "build",
      "-t",
      image,
      "--target",
      target,
      "-f",
      `images/${dockerfile}`,
      ...args,
      "images",
    ]);
  });

  it("writes what PHP itself would, for 20,000 random values, and never fails on damaged ones", async () => {
    const script = fs.readFileSync(path.join(__dirname, "serialised.php"), "utf8");
    const sandbox = [
      "--rm",
      "-i",
      "--network",
      "none",
      "--read-only",
      "--cap-drop",
      "ALL",
      "--memory",
      "512m",
    ];
    const php = ["--entrypoint", "php", image, "-d", "memory_limit=256M"];
    const result = await attempt(["docker", "run", "--name", `${NAMESPACE}serialised`, ...sandbox, ...php], {
      input: script,
    });
    assert.equal(result.code, 0, result.stdout + result.stderr);
    const { values, changed, largeSeconds } = JSON.parse(result.stdout) as Record<string, number>;
    assert.equal(values, 20_000);
    assert.ok((changed ?? 0) > 4_000, `only ${changed} held an old address`);
    assert.ok((largeSeconds ?? 99) < 15, `${largeSeconds} s for a few megabytes`);
  });
});
