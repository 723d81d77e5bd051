import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { capture } from "../../base/exec";
import type { Drilled } from "../../flows/backup/drill";
import { folderOf } from "../../flows/import/fetched";
import { readLock, writeLock } from "../../stacks/lock";
import { AdminerUser, fetchAdminer } from "../support/adminer";
import { GitServer } from "../support/gitServer";
import { Load, type Shot } from "../support/load";
import { sql } from "../support/siteData";
import { describeLoad } from "../support/siteLoad";
import { TestHost } from "../support/testHost";
import { until } from "../support/until";

/** An application that counts its visits in a file, keeps what is sent to it, and says what it is asked by. */
const PAGE = (version: string) => `<?php
$file = __DIR__ . '/../var/state/count';
$count = is_file($file) ? (int) file_get_contents($file) : 0;
if (isset($_GET['count'])) file_put_contents($file, ++$count);
if (isset($_GET['keep'])) file_put_contents(__DIR__ . '/uploads/kept.' . $_GET['keep'], '<?php echo "run";');
$written = @file_put_contents(__DIR__ . '/index.php', 'mine') !== false;
$login = array_map('getenv', ['DB_HOST', 'DB_USER', 'DB_PASSWORD', 'DB_NAME']);
$server = getenv('DB_NAME') ? (new mysqli(...$login))->server_info : '';
echo json_encode(['server' => $server, 'version' => '${version}', 'count' => $count, 'written' => $written, 'info' => $_SERVER['PATH_INFO'] ?? '',
  'url' => "$_SERVER[REQUEST_SCHEME]://$_SERVER[HTTP_HOST]$_SERVER[REQUEST_URI]", 'name' => $_SERVER['SERVER_NAME']]);
`;

interface Said {
  readonly version: string;
  /** Version of the database's server; empty where there is none. */
  readonly server: string;
  readonly count: number;
  readonly written: boolean;
  readonly info: string;
  readonly url: string;
  readonly name: string;
}

describe("a PHP application", function () {
  this.timeout(600_000);
  const host = new TestHost("php", 18820);
  const backup = { repository: path.join(host.folder, "repository") };
  const pages = path.join(host.folder, "pages");
  let tool: Record<string, unknown>;
  let notes: Record<string, unknown>;
  let files: Record<string, unknown>;
  let git: GitServer;
  let first: string;
  let user: AdminerUser;

  before(async () => {
    // Images with a package too many: what an upgrade finds is different.
    const lock = readLock();
    const asked = "apt-get -qq update && apt-cache show netbase | sed -n 's/^Version: //p' | head -n 1";
    const netbase = (
      await capture(["docker", "run", "--rm", "debian:trixie-slim", "sh", "-c", asked])
    ).trim();
    const older = (set: "web" | "php") => ({
      snapshot: "20260101T000000Z",
      packages: { ...lock.sets[set]?.packages, netbase },
    });
    writeLock({ ...lock, sets: { ...lock.sets, web: older("web"), php: older("php") } }, host.lockFile);
    const content = await fetchAdminer(path.join(host.folder, "debian"));
    tool = {
      ...{ name: "tool", kind: "php", domains: ["tool.localhost"] },
      ...{ import: { content }, front: "adminer.php", database: true },
    };
    git = await GitServer.start(path.join(host.folder, "git"));
    first = await git.commit("notes", {
      "web/index.php": PAGE("first"),
      "web/other.php": "<?php echo 'other';",
      "web/uploads/seed.txt": "from the code",
      "web/cache/seed.txt": "from the code",
      "web/.env": "SECRET=1",
      "src/secret.php": "<?php echo 'never served';",
    });
    const writable = ["web/uploads", "var/state"];
    notes = {
      ...{ name: "notes", kind: "php", domains: ["notes.localhost"], root: "web", writable },
      ...{ git: { url: `${git.address}/notes`, branch: "main", every: "10s" }, database: true },
    };
    fs.mkdirSync(path.join(pages, "web/uploads"), { recursive: true });
    fs.writeFileSync(path.join(pages, "web/index.php"), PAGE("imported"));
    fs.writeFileSync(path.join(pages, "web/uploads/seed.txt"), "from the code");
    files = {
      ...{ name: "files", kind: "php", domains: ["files.localhost"], root: "web", writable },
      import: { content: pages },
    };
    host.configure([tool, notes, files], { backup });
    assert.match(await host.up(), /tool .* ok/);
    await sql(host, "CREATE TABLE tool.harvest (apples INT); INSERT INTO tool.harvest VALUES (3), (4)");
    user = new AdminerUser(host, "tool");
  });

  after(() => git?.stop());

  const loadOf = (shots: readonly Shot[]) => new Load({ port: host.http, rate: 20, shots });

  const imageOf = async (role: string) =>
    capture(["docker", "inspect", "-f", "{{.Image}}", await host.container(role)]);

  const said = async (site: string, target = "/") =>
    JSON.parse((await host.get(`${site}.localhost`, target)).body) as Said;

  it("serves one that Debian packages, which works on a database of its own", async () => {
    assert.match((await host.get("tool.localhost", "/", { tls: true })).body, /<title>Login - Adminer/);
    const password = fs.readFileSync(path.join(host.root, "tool/secrets/database"), "utf8");
    const page = await user.logIn(password);
    assert.match(page, /harvest/, page);
    assert.ok(!(await capture(["docker", "inspect", await host.container("tool/php")])).includes(password));
  });

  it("runs the front controller and no other script, and shows none", async () => {
    for (const target of [
      "/compile.php",
      "/adminer/index.php",
      "/editor.php",
      "/adminer/include/auth.inc.php",
    ])
      assert.equal((await host.get("tool.localhost", target)).status, 404, target);
    assert.match((await host.get("tool.localhost", "/no/such/page")).body, /Adminer/);
  });

  it("tells the application how it was asked", async () => {
    const target = "/index.php/some/path?x=1";
    const headers = { host: `files.localhost:${host.https}` };
    const { body } = await host.get("files.localhost", target, { tls: true, headers });
    const { url, name, info, server } = JSON.parse(body) as Said;
    assert.equal(url, `https://files.localhost:${host.https}${target}`);
    assert.equal(name, "files.localhost");
    assert.equal(info, "/some/path");
    assert.equal(server, "");
    assert.match((await said("notes")).server, /MariaDB/);
  });

  for (const site of ["notes", "files"]) {
    it(`lets ${site} write where the stack file says so, and nowhere else; nothing there is run`, async () => {
      assert.equal((await said(site, "/?count&keep=php")).written, false);
      await said(site, "/?count&keep=txt");
      assert.equal((await said(site)).count, 2);
      assert.equal((await host.get(`${site}.localhost`, "/uploads/seed.txt")).body, "from the code");
      assert.match((await host.get(`${site}.localhost`, "/uploads/kept.txt")).body, /^<\?php/);
      assert.equal((await host.get(`${site}.localhost`, "/uploads/kept.php")).status, 404);
      assert.equal(fs.readFileSync(path.join(host.root, site, "data/var/state/count"), "utf8"), "2");
      for (const target of ["/.env", "/../src/secret.php", "/../var/state/count"])
        assert.match(String((await host.get(`${site}.localhost`, target)).status), /^40[04]$/, target);
    });
  }

  it("is in the status, with the commit that is served, in the plan and in drift", async () => {
    const { sites } = JSON.parse((await host.varvol("status", "--json")).stdout) as {
      sites: { name: string; kind: string; state: string; git?: { served: string } }[];
    };
    assert.deepEqual(
      sites.map(({ name, kind, state, git: of }) => ({ name, kind, state, served: of?.served })),
      [
        { name: "tool", kind: "php", state: "ok", served: undefined },
        { name: "notes", kind: "php", state: "ok", served: first },
        { name: "files", kind: "php", state: "ok", served: undefined },
      ],
    );
    assert.match(await host.up(), /Nothing changed/);
    const again = await host.pulumi("preview", "--refresh", "--expect-no-changes");
    assert.equal(again.code, 0, again.stdout);
    const drift = await host.varvol("drift");
    assert.equal(drift.code, 0, drift.stdout + drift.stderr);
    await capture(["docker", "rm", "-f", await host.container("notes/php")]);
    assert.match((await host.varvol("drift")).stdout, /notes\/php/);
    assert.match((await host.varvol("plan")).stdout, /notes\/php/);
    await host.up();
    assert.equal((await said("notes")).count, 2);
  });

  it("is upgraded without a failed request, and its users stay logged in", async () => {
    const before = await host.containers();
    const upgraded = await host.varvol("upgrade", "tool", "notes", "files");
    assert.match(upgraded.stdout, /tool\s+netbase\s+\S+\s+-/, upgraded.stderr);
    assert.match((await host.varvol("plan")).stdout, /tool\/php[\s\S]*netbase/);
    const load = loadOf([
      { domain: "tool.localhost", path: (n) => `/?n=${n}` },
      { domain: "notes.localhost", path: (n) => `/?n=${n}` },
      { domain: "files.localhost", path: (n) => `/uploads/seed.txt?n=${n}` },
    ]);
    await host.up();
    const result = await load.stop();
    console.log(`      ${describeLoad(result)}`);
    assert.deepEqual(result.failures, []);
    assert.ok(result.sent > 100, `${result.sent} requests`);
    const after = await host.containers();
    for (const role of ["tool/php", "tool/web", "notes/php", "notes/web", "files/php"])
      assert.notEqual(after.get(role), before.get(role), role);
    assert.match(await user.page(user.database), /harvest/);
  });

  it("gets further extensions of PHP without a failed request, and no other site another image", async () => {
    const before = await host.containers();
    const images = await Promise.all(["tool/php", "files/php"].map(imageOf));
    notes = { ...notes, php: { extensions: ["bcmath", "yaml", "mbstring"] } };
    host.configure([tool, notes, files], { backup });
    const refused = await host.varvol("up");
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /for notes than its key says \(bcmath, yaml\); run: npx varvol upgrade notes/,
    );
    const upgraded = await host.varvol("upgrade", "notes");
    assert.match(upgraded.stdout, /notes\s+php8\.4-bcmath\s+-\s+8\.4\.\S+/, upgraded.stderr);
    const load = loadOf([
      { domain: "notes.localhost", path: (n) => `/?n=${n}` },
      { domain: "files.localhost", path: (n) => `/?n=${n}` },
    ]);
    await host.up();
    assert.deepEqual((await load.stop()).failures, []);
    const loaded =
      'echo json_encode(array_map("extension_loaded", ["bcmath", "yaml", "mbstring", "imagick"]));';
    const php = await host.varvol("php", "notes", "--", "-r", loaded);
    assert.equal(php.stdout, "[true,true,true,false]", php.stderr);
    const after = await host.containers();
    const replaced = [...after].filter(([role, id]) => before.get(role) !== id).map(([role]) => role);
    assert.ok(
      replaced.includes("notes/php") && replaced.every((role) => role.startsWith("notes/")),
      replaced.join(),
    );
    assert.deepEqual(await Promise.all(["tool/php", "files/php"].map(imageOf)), images);
    assert.match(await host.up(), /Nothing changed/);
  });

  it("goes over to a new commit without a failed request, and keeps what it wrote", async () => {
    const load = loadOf([{ domain: "notes.localhost", path: (n) => `/?n=${n}` }]);
    await git.commit("notes", { "web/index.php": PAGE("second"), "web/uploads/seed.txt": "another" });
    await until("the second commit", async () => (await said("notes")).version === "second");
    assert.deepEqual((await load.stop()).failures, []);
    assert.equal((await said("notes")).count, 2);
    assert.equal((await host.get("notes.localhost", "/uploads/seed.txt")).body, "from the code");
  });

  it("may write to a further folder of the code that is served", async () => {
    const more = { ...notes, writable: ["web/uploads", "var/state", "web/cache"] };
    host.configure([tool, more, files], { backup });
    await host.up();
    const { version, count } = await said("notes");
    assert.deepEqual({ version, count }, { version: "second", count: 2 });
    assert.equal((await host.get("notes.localhost", "/cache/seed.txt")).body, "from the code");
    assert.ok(fs.existsSync(path.join(host.root, "notes/data/web/cache/seed.txt")));
    host.configure([tool, notes, files], { backup });
    await host.up();
  });

  it("never switches to a generation whose page fails", async () => {
    const before = await host.containers();
    host.configure([tool, { ...notes, health: "/broken.php" }, files], { backup, healthTimeout: "20s" });
    const failed = await host.varvol("up");
    assert.notEqual(failed.code, 0);
    assert.match(failed.stdout + failed.stderr, /the code has no current\/web\/broken\.php/);
    assert.equal((await said("notes")).version, "second");
    assert.equal((await host.containers()).get("notes/web"), before.get("notes/web"));
    host.configure([tool, notes, files], { backup });
    await host.up();
  });

  it("comes from an archive by `varvol import`, with a dump of its database", async () => {
    const archive = path.join(host.folder, "pages.tar.gz");
    const dump = path.join(host.folder, "dump.sql");
    await capture(["tar", "-C", host.folder, "-czf", archive, "pages"]);
    fs.writeFileSync(dump, "CREATE TABLE pears (n INT);\nINSERT INTO pears VALUES (1), (2);\n");
    const imported = await host.varvol(
      ...["import", "moved", "--from", archive, "--database", dump],
      ...["--kind", "php", "--domain", "moved.localhost"],
    );
    fs.rmSync(folderOf(host.stack, "moved"), { recursive: true, force: true });
    assert.equal(imported.code, 0, imported.stdout + imported.stderr);
    assert.match(imported.stdout, /moved has come: 2 files .* 1 tables/);
    assert.equal((await said("moved")).version, "imported");
    assert.deepEqual(await sql(host, "SELECT COUNT(*) FROM moved.pears"), ["2"]);
    host.configure([tool, notes, files], { backup });
    await host.up();
  });

  it("is backed up and comes back, with its code, its database and what it wrote", async () => {
    assert.equal((await host.varvol("backup", "tool", "files")).code, 0);
    await sql(host, "DROP TABLE tool.harvest");
    await said("files", "/?count");
    for (const site of ["tool", "files"]) {
      const { code, stdout, stderr } = await host.varvol("restore", site, "--yes");
      assert.equal(code, 0, stdout + stderr);
    }
    assert.match(await user.page(user.database), /harvest/);
    assert.equal((await said("files")).count, 2);
  });

  it("is drilled", async () => {
    const { code, stdout, stderr } = await host.varvol("drill", "tool", "files", "--json");
    assert.equal(code, 0, stdout + stderr);
    const drilled = JSON.parse(stdout) as Drilled[];
    assert.deepEqual(
      drilled.map(({ site, ok, answer, tables }) => ({ site, ok, answer, tables })),
      [
        { site: "tool", ok: true, answer: 200, tables: 1 },
        { site: "files", ok: true, answer: 200, tables: undefined },
      ],
    );
  });
});
