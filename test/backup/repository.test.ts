import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { attempt, capture } from "../../cli/exec";
import { filesOf } from "../support/siteData";
import { NAMESPACE, TestHost } from "../support/testHost";

describe("a backup repository", function () {
  this.timeout(300_000);
  const host = new TestHost("store", 18740);
  const repository = path.join(host.folder, "repository");
  const small = path.join(host.folder, "small");
  const site = path.join(host.root, "hello/site");
  const hello = {
    name: "hello",
    kind: "static",
    domains: ["hello.localhost"],
    import: path.resolve("demo/hello"),
  };
  const blob = path.join(site, "blob");

  before(async () => {
    host.configure([hello], { backup: { repository } });
    await host.up();
    fs.writeFileSync(blob, Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * i) % 251)));
    await varvol("backup");
  });

  after(() => attempt(["umount", small]));

  async function varvol(...args: string[]): Promise<string> {
    const result = await host.varvol(...args);
    assert.equal(result.code, 0, `${args.join(" ")}: ${result.stdout}${result.stderr}`);
    return result.stdout;
  }

  const snapshots = async () => JSON.parse(await varvol("snapshots", "--json")) as { run: string }[];

  it("still opens after the stack was destroyed and made again, with the new password as with the old", async () => {
    const [files, before] = [filesOf(host, "hello"), await snapshots()];
    const old = fs.readFileSync(path.join(host.root, ".varvol/backup/password"), "utf8");
    await varvol("destroy", "--yes");
    await host.up();
    assert.notEqual(fs.readFileSync(path.join(host.root, ".varvol/backup/password"), "utf8"), old);
    assert.deepEqual(await snapshots(), before);
    fs.rmSync(blob);
    await varvol("restore", "hello", "--yes");
    assert.deepEqual(filesOf(host, "hello"), files);
  });

  it("of another host is refused by the up, and not touched", async () => {
    const password = path.join(host.root, ".varvol/backup/password");
    const right = fs.readFileSync(password);
    const image =
      fs.readFileSync(path.join(host.root, ".varvol/backup/host"), "utf8").trim().split(" ")[2] ?? "";
    const foreign = path.join(host.folder, "foreign");
    fs.mkdirSync(foreign);
    const mount = ["-v", `${foreign}:/r`, "--name", `${host.namespace}foreign`];
    await capture(
      [
        "docker",
        "run",
        "--rm",
        ...mount,
        "-e",
        "RESTIC_PASSWORD=its own",
        "--entrypoint",
        "restic",
        image,
      ].concat(["-r", "/r", "init"]),
    );
    host.configure([hello], { backup: { repository: foreign } });
    const refused = await host.varvol("up");
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /has another password than this host/);
    host.configure([hello], { backup: { repository } });
    await host.up();
    assert.deepEqual(fs.readFileSync(password), right);
    await varvol("backup");
  });

  it("that is full fails the backup, and keeps the earlier snapshots and the site", async () => {
    const before = await snapshots();
    fs.mkdirSync(small);
    const size = Number((await capture(["du", "-sk", repository])).split("\t")[0]) + 400;
    await capture(["mount", "-t", "tmpfs", "-o", `size=${size}k`, "tmpfs", small]);
    await capture(["cp", "-a", `${repository}/.`, small]);
    host.configure([hello], { backup: { repository: small } });
    await host.up();
    fs.writeFileSync(path.join(site, "large"), randomBytes(3_000_000));
    const full = await host.varvol("backup");
    assert.equal(full.code, 1);
    assert.match(full.stderr, /hello: files could not be kept[\s\S]*no space left on device/);
    assert.deepEqual(await snapshots(), before);
    assert.equal((await host.get("hello.localhost")).status, 200);
    fs.rmSync(path.join(site, "large"));
    await varvol("restore", "hello", "--yes");
    host.configure([hello], { backup: { repository } });
    await host.up();
    await capture(["umount", small]);
  });

  it("that is damaged gives back what was kept, or nothing: the live data stays", async () => {
    const files = filesOf(host, "hello");
    const packs = fs
      .readdirSync(path.join(repository, "data"), { recursive: true, encoding: "utf8" })
      .map((name) => path.join(repository, "data", name))
      .filter((file) => fs.statSync(file).isFile());
    let refusals = 0;
    for (const pack of packs) {
      const whole = fs.readFileSync(pack);
      const damaged = Buffer.from(whole);
      const at = Math.floor(damaged.length / 3);
      damaged[at] = (damaged[at] ?? 0) ^ 0xff;
      fs.chmodSync(pack, 0o600);
      fs.writeFileSync(pack, damaged);
      fs.rmSync(path.join(host.root, ".varvol/backup/cache"), { recursive: true });
      const { code, stderr } = await host.varvol("restore", "hello", "--yes");
      if (code !== 0) refusals++;
      if (code !== 0) assert.match(stderr, /the snapshot can't be read[\s\S]*Nothing was changed/);
      assert.deepEqual(filesOf(host, "hello"), files);
      fs.writeFileSync(pack, whole);
    }
    assert.ok(refusals > 0, "no damage was met");
  });

  it("may be a server's, with its password in a file", async () => {
    const server = `${NAMESPACE}store-server`;
    const made = await attempt([
      ...["docker", "run", "-d", "--name", server, "debian:trixie-slim", "sh", "-c"],
      "apt-get -qq update && apt-get -qqy install --no-install-recommends restic-rest-server apache2-utils > /dev/null && mkdir /data && htpasswd -Bbc /data/.htpasswd user 'word of the server' && exec restic-rest-server --path /data --append-only --listen :8000",
    ]);
    assert.equal(made.code, 0, made.stderr);
    const address = await capture(["docker", "inspect", "-f", "{{.NetworkSettings.IPAddress}}", server]);
    const credentials = path.join(host.folder, "credentials");
    fs.writeFileSync(credentials, "RESTIC_REST_USERNAME=user\nRESTIC_REST_PASSWORD='word of the server'\n", {
      mode: 0o600,
    });
    for (let i = 0; i < 240; i++) {
      if ((await attempt(["docker", "logs", server])).stderr.includes("start server on")) break;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    host.configure([hello], { backup: { repository: `rest:http://${address}:8000/hello`, credentials } });
    await host.up();
    const files = filesOf(host, "hello");
    await varvol("backup");
    fs.rmSync(blob);
    await varvol("restore", "hello", "--yes");
    assert.deepEqual(filesOf(host, "hello"), files);
  });
});
