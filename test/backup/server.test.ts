import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { attempt, capture } from "../../base/exec";
import { remove } from "../support/cleanUp";
import { KeptHost } from "../support/keptHost";
import { filesOf } from "../support/siteData";
import { NAMESPACE } from "../support/testHost";
import { until } from "../support/until";

const INSTALL =
  "apt-get -qq update && apt-get -qqy install --no-install-recommends restic-rest-server apache2-utils > /dev/null";
const SERVE = "restic-rest-server --path /data";

describe("a backup repository on a server", function () {
  this.timeout(900_000);
  const host = new KeptHost("server", 18860, ["hello"]);
  const server = `${NAMESPACE}store-server`;
  const blob = path.join(host.root, "hello/site/blob");

  before(async () => {
    // One that only takes more, and one that also removes, of the same folder.
    await capture([
      ...["docker", "run", "-d", "--init", "--name", server, "debian:trixie-slim", "sh", "-c"],
      `[ -d /data ] || { ${INSTALL} && mkdir /data && htpasswd -Bbc /data/.htpasswd user 'word of the server'; }; ${SERVE} --listen :8001 & ${SERVE} --append-only --listen :8000`,
    ]);
    await until(
      "the server",
      async () => (await attempt(["docker", "logs", server])).stderr.includes("start server on"),
      180,
    );
    const credentials = path.join(host.folder, "credentials");
    const words = "RESTIC_REST_USERNAME=user\nRESTIC_REST_PASSWORD='word of the server'\n";
    fs.writeFileSync(credentials, words, { mode: 0o600 });
    await use(8000);
  });

  async function use(port: number): Promise<void> {
    const address = await capture(["docker", "inspect", "-f", "{{.NetworkSettings.IPAddress}}", server]);
    host.repository = `rest:http://${address}:${port}/hello`;
    host.keep({ credentials: path.join(host.folder, "credentials") });
    await host.up();
  }

  it("takes and gives snapshots, with its password in a file", async () => {
    fs.writeFileSync(blob, randomBytes(100_000));
    const files = filesOf(host, "hello");
    await host.ok("backup");
    fs.rmSync(blob);
    await host.ok("restore", "hello", "--yes");
    assert.deepEqual(filesOf(host, "hello"), files);
  });

  it("that only takes more lets nobody remove what is there", async () => {
    host.keep({ credentials: path.join(host.folder, "credentials"), keep: { last: 1 } });
    const before = await host.snapshots();
    await host.ok("backup");
    assert.match(
      await host.refused("forget", "--yes"),
      /lets nothing be removed; where its server only takes more/,
    );
    const left = await host.snapshots();
    for (const { run } of before) assert.ok(left.some((one) => one.run === run));
  });

  it("that goes away in the middle is waited for; whoever does not want to wait leaves no half snapshot", async () => {
    await use(8001);
    const before = await host.complete();
    fs.writeFileSync(blob, randomBytes(60_000_000));
    const waited = host.varvol("backup");
    await until("the backup", async () => (await host.jobs("backup")).length > 0);
    await sleep(1500);
    await capture(["docker", "pause", server]);
    await sleep(8000);
    await capture(["docker", "unpause", server]);
    assert.equal((await waited).code, 0);

    fs.writeFileSync(blob, randomBytes(60_000_000));
    const given = host.varvol("backup", "--mode", "stop");
    await until("the backup", async () => (await host.jobs("backup")).length > 0);
    await sleep(1500);
    await capture(["docker", "pause", server]);
    await sleep(3000);
    const [command] = (await attempt(["pgrep", "-f", `varvol.cjs backup.*${host.configFile}`])).stdout.split(
      "\n",
    );
    process.kill(Number(command), "SIGINT");
    const { code } = await given;
    assert.equal(code, 130);
    await host.untilIdle();
    await capture(["docker", "unpause", server]);
    assert.equal((await host.complete()).length, before.length + 1);
    await host.ok("backup");
  });

  it("has no lock that is in the way after a backup and a forget were killed", async () => {
    for (const verb of ["backup", "forget"]) {
      fs.writeFileSync(blob, randomBytes(30_000_000));
      if (verb === "forget") await host.ok("backup");
      const run = host.varvol(verb, ...(verb === "forget" ? ["--yes"] : []));
      await until("the job", () => host.killJob(verb).then((killed) => killed || undefined));
      await run;
    }
    host.keep({ credentials: path.join(host.folder, "credentials"), keep: { last: 1 } });
    await host.ok("backup");
    await host.ok("forget", "--yes");
    assert.deepEqual((await host.snapshots()).length, 1);
  });

  it("brings a lost host back, with what the server asks for in a file", async () => {
    const password = path.join(host.folder, "kit");
    fs.copyFileSync(host.password, password);
    await host.ok("host-backup");
    const files = filesOf(host, "hello");
    remove({ namespace: host.namespace, folder: host.root });
    for (const name of ["state", "stack.yaml"]) fs.rmSync(path.join(host.folder, name), { recursive: true });
    fs.mkdirSync(path.join(host.folder, "state"));
    await host.ok(
      ...["host-restore", "--repository", host.repository, "--password-file", password],
      ...["--credentials", path.join(host.folder, "credentials"), "--yes"],
    );
    assert.deepEqual(filesOf(host, "hello"), files);
    assert.match(await host.up(), /Nothing changed/);
  });
});
