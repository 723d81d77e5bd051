import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { attempt, run } from "../../base/exec";
import { imageBuild, type ImageName, imageTag } from "../../components/imageSource";
import { readLock } from "../../stacks/lock";
import { NAMESPACE, testFolder } from "../support/testHost";
import { until } from "../support/until";

async function built(name: ImageName, tag: string): Promise<void> {
  if ((await attempt(["docker", "image", "inspect", tag])).code === 0) return;
  const { dockerfile, target = "", buildArgs } = imageBuild(name, readLock(), "");
  const args = Object.entries(buildArgs).flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]);
  const to = target ? ["--target", target] : [];
  await run(["docker", "build", "-t", tag, ...to, "-f", `images/${dockerfile}`, ...args, "images"]);
}

describe("the rewriter of serialised values", function () {
  this.timeout(600_000);
  const image = imageTag("wordpress-php", readLock(), "");

  before(() => built("wordpress-php", image));

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

  it("replaces in tables with keys of any type or none, and leaves and names what can't be changed", async () => {
    const server = imageTag("mariadb", readLock(), "");
    await built("mariadb", server);
    const name = `${NAMESPACE}tables`;
    const sizes = ["--innodb-buffer-pool-size=64M", "--innodb-log-file-size=48M"];
    const folders = [
      "/run/mysqld:rw,mode=0755,uid=999,gid=999",
      "/var/lib/mysql:rw,uid=999,gid=999,mode=0700",
    ];
    const tmpfs = folders.flatMap((folder) => ["--tmpfs", folder]);
    const secrets = testFolder();
    fs.writeFileSync(path.join(secrets, "database"), "a password");
    fs.chmodSync(secrets, 0o755);
    await run([
      "docker",
      "run",
      "-d",
      "--name",
      name,
      "--network",
      "none",
      "--user",
      "999:999",
      ...tmpfs,
      server,
      ...sizes,
    ]);
    try {
      const user =
        "CREATE DATABASE site; CREATE USER site@'%' IDENTIFIED BY 'a password'; GRANT ALL ON site.* TO site@'%'";
      await until(
        "the server answers",
        async () => (await attempt(["docker", "exec", name, "mariadb", "-e", user])).code === 0,
      );
      const script = fs.readFileSync(path.join(__dirname, "tables.php"), "utf8");
      const at = ["DB_HOST=127.0.0.1", "DB_USER=site", "DB_NAME=site"].flatMap((one) => ["-e", one]);
      const sandbox = [
        "--rm",
        "-i",
        "--network",
        `container:${name}`,
        "--memory",
        "512m",
        "-v",
        `${secrets}:/run/secrets:ro`,
      ];
      const php = ["--entrypoint", "php", image, "-d", "memory_limit=256M"];
      const result = await attempt(["docker", "run", ...sandbox, ...at, ...php], { input: script });
      assert.equal(result.code, 0, result.stdout + result.stderr);
      const { peak } = JSON.parse(result.stdout) as { peak: number };
      assert.ok(peak < 160, `${peak} MiB for rows of 8`);
    } finally {
      await run(["docker", "rm", "-f", name]);
    }
  });
});
