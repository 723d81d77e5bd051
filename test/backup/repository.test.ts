import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { attempt, capture } from "../../base/exec";
import { randomFrom } from "../support/interrupt";
import { KeptHost } from "../support/keptHost";
import { filesOf } from "../support/siteData";

/** Files of the repository that are damaged, one after the other. */
const DAMAGES = Number(process.env.VARVOL_BACKUP_DAMAGES || 50);
const SEED = Number(process.env.VARVOL_SEED || Math.floor(Math.random() * 1e9));

describe("a backup repository", function () {
  this.timeout(1_800_000);
  const host = new KeptHost("store", 18740, ["hello"]);
  const { repository } = host;
  const small = path.join(host.folder, "small");
  const site = path.join(host.root, "hello/site");
  const blob = path.join(site, "blob");

  before(async () => {
    host.keep();
    await host.up();
    fs.writeFileSync(blob, Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * i) % 251)));
    await host.ok("backup");
  });

  after(() => attempt(["umount", small]));

  async function moveTo(place: string): Promise<void> {
    host.repository = place;
    host.keep();
    await host.up();
  }

  it("still opens after the stack was destroyed and made again, with the new password as with the old", async () => {
    const [files, before] = [filesOf(host, "hello"), await host.snapshots()];
    const old = fs.readFileSync(host.password, "utf8");
    await host.ok("destroy", "--yes");
    await host.up();
    assert.notEqual(fs.readFileSync(host.password, "utf8"), old);
    assert.deepEqual(await host.snapshots(), before);
    fs.rmSync(blob);
    await host.ok("restore", "hello", "--yes");
    assert.deepEqual(filesOf(host, "hello"), files);
  });

  it("of another host is refused by the up, and not touched", async () => {
    const right = fs.readFileSync(host.password);
    const foreign = path.join(host.folder, "foreign");
    const foreignPassword = path.join(host.folder, "foreign-password");
    fs.mkdirSync(foreign);
    fs.writeFileSync(foreignPassword, "its own");
    const made = await host.restic(["init", "--password-file", "/its-own"], {
      repository: foreign,
      mounts: [`${foreignPassword}:/its-own:ro`],
    });
    assert.equal(made.code, 0, made.stderr);
    host.repository = foreign;
    host.keep();
    assert.match(await host.refused("up"), /has another password than this host/);
    await moveTo(repository);
    assert.deepEqual(fs.readFileSync(host.password), right);
    await host.ok("backup");
  });

  it("has both snapshots of two backups at once, and a restore waits for a backup", async () => {
    const before = new Set((await host.complete()).map(({ run }) => run));
    const files = filesOf(host, "hello");
    await Promise.all([host.ok("backup", "hello"), host.ok("backup", "hello", "--mode", "stop")]);
    const made = (await host.complete()).filter(({ run }) => !before.has(run));
    assert.equal(made.length, 2);
    for (const { run } of made) assert.deepEqual(await host.filesIn("hello", run), files);
    await Promise.all([host.ok("backup", "hello"), host.ok("restore", "hello", "--yes")]);
    assert.deepEqual(filesOf(host, "hello"), files);
    await host.checked();
  });

  it("that is full fails the backup, and keeps the earlier snapshots and the site", async () => {
    const before = await host.snapshots();
    fs.mkdirSync(small);
    const size = Number((await capture(["du", "-sk", repository])).split("\t")[0]) + 400;
    await capture(["mount", "-t", "tmpfs", "-o", `size=${size}k`, "tmpfs", small]);
    await capture(["cp", "-a", `${repository}/.`, small]);
    await moveTo(small);
    fs.writeFileSync(path.join(site, "large"), randomBytes(3_000_000));
    for (const mode of ["hot", "stop"]) {
      const states = await host.states();
      assert.match(
        await host.refused("backup", "--mode", mode),
        /hello: files could not be kept[\s\S]*no space left on device/,
      );
      assert.deepEqual(await host.states(), states);
    }
    assert.deepEqual(await host.complete(), before);
    await host.checked();
    assert.equal((await host.get("hello.localhost")).status, 200);
    fs.rmSync(path.join(site, "large"));
    await host.ok("restore", "hello", "--yes");
    await moveTo(repository);
    await capture(["umount", small]);
  });

  it(`that is damaged shows it at a check, and gives back what was kept or nothing: ${DAMAGES} times (seed ${SEED})`, async () => {
    const random = randomFrom(SEED);
    const files = filesOf(host, "hello");
    const all = fs
      .readdirSync(repository, { recursive: true, encoding: "utf8" })
      .map((name) => path.join(repository, name))
      .filter((file) => fs.statSync(file).isFile() && !file.includes("/locks/"))
      .sort();
    const tally = { found: 0, refused: 0, exact: 0 };
    for (let i = 0; i < DAMAGES; i++) {
      const file = all[Math.floor(random() * all.length)] ?? "";
      const whole = fs.readFileSync(file);
      const damaged = Buffer.from(whole);
      const at = Math.floor(random() * damaged.length);
      damaged[at] = (damaged[at] ?? 0) ^ (1 + Math.floor(random() * 255));
      const { mode } = fs.statSync(file);
      fs.chmodSync(file, 0o600);
      fs.writeFileSync(file, damaged);
      const what = `byte ${at} of ${path.relative(repository, file)}`;
      if ((await host.restic(["check", "--read-data", "--no-lock"])).code !== 0) tally.found++;
      else console.log(`      not found by the check: ${what}`);
      fs.rmSync(path.join(host.root, ".varvol/backup/cache"), { recursive: true, force: true });
      const { code, stderr } = await host.varvol("restore", "hello", "--yes");
      tally[code === 0 ? "exact" : "refused"]++;
      if (code !== 0) assert.match(stderr, /error: .{20,}/, what);
      assert.deepEqual(filesOf(host, "hello"), files, what);
      fs.writeFileSync(file, whole);
      fs.chmodSync(file, mode);
    }
    console.log(
      `      ${DAMAGES} damaged bytes (seed ${SEED}): ${tally.found} found by a check; restores: ${tally.refused} refused, ${tally.exact} bit-exact, 0 wrong`,
    );
    assert.equal(tally.found, DAMAGES);
    await host.checked();
  });
});
