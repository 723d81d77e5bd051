import assert from "node:assert/strict";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TestHost } from "../support/testHost";
import { TestMachine } from "../support/testMachine";
import { until } from "../support/until";

// More than preflight asks for.
const DISK_MIB = 3000;

describe("a machine that fails in the middle of up", function () {
  this.timeout(1_200_000);
  const host = new TestHost("failing", 18580);
  const home = os.homedir();
  let machine: TestMachine;

  before(async () => {
    process.env.XDG_CACHE_HOME ??= path.join(home, ".cache");
    process.env.HOME = host.folder;
    machine = await TestMachine.start(host.folder, { ssh: 18582, http: host.http, https: host.https });
    // A disk of its own for docker, so that filling it fills nobody else's.
    await machine.output(
      `systemctl stop docker.socket docker && mount -t tmpfs -o size=${DISK_MIB}m tmpfs /var/lib/docker && systemctl start docker`,
    );
    host.configure(
      [{ name: "hello", kind: "static", domains: ["hello.example.org"], import: path.resolve("demo/hello") }],
      { kind: "prod", tls: "own", namespace: "", volumeRoot: "/var/vol", gateway: {}, host: machine.host },
    );
  });

  after(async () => {
    process.env.HOME = home;
    await machine?.stop();
  });

  const serves = async () =>
    (await host.get("hello.example.org", "/", { tls: true })).body.includes("Hello from Varvol");

  const count = async () => Number(await machine.output("docker ps -aq | wc -l"));

  it("by a full disk while an image is built: up says so, and the next one succeeds", async () => {
    const up = host.varvol("up");
    await until(
      "the base image on the machine",
      async () => (await machine.output("docker images -q debian:trixie-slim")) !== "",
      120,
    );
    await machine.output(
      `fallocate -l $(($(df --output=avail -B1 /var/lib/docker | tail -n 1) - 8388608)) /var/lib/docker/fill`,
    );
    const { code, stderr } = await up;
    assert.equal(code, 1);
    assert.match(stderr, /\d+ MiB are free for docker's folder, 2048 are needed; make room/);
    await machine.output("rm /var/lib/docker/fill");
    await host.up();
    assert.ok(await serves());
    assert.equal(await count(), 3);
  });

  it("by a restart of its docker daemon: it serves again by itself, and the next up succeeds", async () => {
    for (const delay of [0, 500, 1500]) {
      const up = host.varvol("up", "--replace", "hello", "gateway");
      await until("a new container", async () => (await count()) > 3);
      await sleep(delay);
      await machine.output("systemctl restart docker");
      const { code } = await up;
      await until("an answer", serves, 60);
      const { stdout, stderr, code: again } = await host.varvol("up");
      assert.equal(again, 0, `${stdout}\n${stderr}`);
      assert.ok(await serves());
      const containers = await machine.output(
        `docker ps -a --format '{{.Label "varvol.owner"}}/{{.Label "varvol.role"}} {{.State}}'`,
      );
      assert.deepEqual(containers.split("\n").sort(), [
        "gateway/gateway running",
        "gateway/net running",
        "hello/web running",
      ]);
      console.log(
        `      docker restarted ${delay} ms after the first new container of an up that ended with ${code}`,
      );
    }
  });
});
