import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { capture } from "../../base/exec";
import type { Drilled } from "../../flows/backup/drill";
import { execIn } from "../support/docker";
import { FILE_NAMES, RENAMED } from "../support/hostileNames";
import {
  hostileFiles,
  hostileState,
  importedFiles,
  makeHostile,
  makeHostileFiles,
} from "../support/hostileSite";
import { TestHost } from "../support/testHost";

describe("NAME-2: names of files and of what is in a database, whatever they would be elsewhere", function () {
  this.timeout(300_000);
  const host = new TestHost("names", 18260);
  const found = new TestHost("named", 18265);
  const repository = path.join(host.folder, "repository");
  const passwordFile = path.join(found.folder, "password");
  const site = (name: string, kind: string, more = {}) => ({
    ...{ name, kind, domains: [`${name}.localhost`] },
    ...more,
  });
  const blog = site("blog", "wordpress");
  const pages = site("pages", "static", { import: path.join(host.folder, "pages") });
  const packed = site("packed", "static", { import: path.join(host.folder, "pages.tar") });
  const copy = site("copy", "wordpress");
  const foreign = {
    content: path.join(host.folder, "content.tar"),
    database: path.join(host.folder, "dump.sql"),
  };
  const taken = site("taken", "wordpress", { import: foreign });
  const others = { backup: { repository } };
  let state: Awaited<ReturnType<typeof hostileState>>;

  const told = async (of: TestHost, ...args: string[]) => {
    const { code, stdout, stderr } = await of.varvol(...args);
    assert.equal(code, 0, stdout + stderr);
    // Whatever is told of them is told in lines of its own, and moves no cursor.
    assert.doesNotMatch(stdout + stderr, /[\u0000-\u0009\u000b-\u001f\u202e]/);
    return { stdout, stderr };
  };
  const ok = async (of: TestHost, ...args: string[]) => (await told(of, ...args)).stdout;

  const inFolder = (folder: string) => hostileFiles(folder).map(({ name, content }) => [name, content]);

  /** That nothing was made by a command in a name: none of the places that commands run in has what they make. */
  const nothingOwned = async () => {
    for (const folder of [
      ".",
      host.folder,
      host.root,
      path.join(host.root, "blog"),
      found.folder,
      "/",
      "/root",
    ])
      for (const name of ["owned", "two"]) assert.ok(!fs.existsSync(path.join(folder, name)), folder);
    for (const place of ["/", "/tmp", "/var/lib/mysql"]) {
      const { stdout } = await execIn(`${host.namespace}mysql`, ["ls", "-A", place]);
      assert.doesNotMatch(stdout, /owned/, place);
    }
  };

  before(async () => {
    fs.mkdirSync(path.join(host.folder, "pages"));
    fs.writeFileSync(path.join(host.folder, "pages/index.html"), "pages");
    makeHostileFiles(path.join(host.folder, "pages/hostile"));
    await capture([
      "tar",
      "-C",
      path.join(host.folder, "pages"),
      "-cf",
      path.join(host.folder, "pages.tar"),
      ".",
    ]);
    host.configure([blog, pages, packed, copy], others);
    await host.up();
    await makeHostile(host, "blog");
    state = await hostileState(host, "blog");
    assert.ok(state.files.length > 3 * FILE_NAMES.length);
  });

  afterEach(nothingOwned);

  it("come with a static site, from a folder and from an archive, and are served", async () => {
    const made = inFolder(path.join(host.folder, "pages/hostile"));
    for (const name of ["pages", "packed"]) {
      assert.deepEqual(inFolder(path.join(host.root, name, "site/hostile")), made, name);
      const { status } = await host.get(`${name}.localhost`, "/hostile/files/%DCber%20uns.jpg");
      assert.equal(status, 200, name);
    }
  });

  it("are in a backup, and a drill of it", async () => {
    await ok(host, "backup");
    const drilled = JSON.parse(await ok(host, "drill", "--json")) as Drilled[];
    assert.deepEqual(
      drilled.map((one) => [one.site, one.ok]),
      ["blog", "pages", "packed", "copy"].map((name) => [name, true]),
    );
  });

  it("are put back alone, as the site's whole data, and as another site's", async () => {
    const folder = path.join(host.root, "blog/content/hostile");
    fs.rmSync(folder, { recursive: true });
    await ok(host, "restore", "blog", "--files", "wp-content/hostile", "--yes");
    assert.deepEqual(await hostileState(host, "blog"), state);
    fs.rmSync(folder, { recursive: true });
    await ok(host, "restore", "blog", "--yes");
    assert.deepEqual(await hostileState(host, "blog"), state);
    await ok(host, "restore", "blog", "--as", "copy", "--yes");
    assert.deepEqual(await hostileState(host, "copy"), state);
    const made = inFolder(path.join(host.root, "packed/site/hostile"));
    fs.rmSync(path.join(host.root, "pages/site/hostile"), { recursive: true });
    await ok(host, "restore", "pages", "--yes");
    assert.deepEqual(inFolder(path.join(host.root, "pages/site/hostile")), made);
  });

  it("come with another host's WordPress, as UTF-8, by which its pages ask for them, and that is said", async () => {
    const mysql = await host.container("mysql/mysql");
    const all = ["--routines", "--events", "--triggers", "--hex-blob", "--single-transaction"];
    const dump = await execIn(mysql, ["mariadb-dump", ...all, "blog"]);
    assert.equal(dump.code, 0, dump.stderr);
    fs.writeFileSync(foreign.database, dump.stdout);
    await capture(["tar", "-C", path.join(host.root, "blog/content"), "-cf", foreign.content, "."]);
    host.configure([blog, pages, packed, copy, taken], others);
    const { stderr } = await told(host, "up");
    // A file and a folder with a file in it.
    const pattern = new RegExp(`taken: ${3 * RENAMED.length} entries .*Über uns.jpg: its name was no UTF-8`);
    assert.match(stderr, pattern);
    assert.deepEqual(await hostileState(host, "taken"), { ...state, files: importedFiles(state.files) });
    for (const target of ["/", "/wp-content/hostile/files/%C3%9Cber%20uns.jpg"])
      assert.equal((await host.get("taken.localhost", target)).status, 200, target);
  });

  it("are told of in lines of their own, and go with a site that is purged, which takes no other's along", async () => {
    await ok(host, "status");
    await ok(host, "doctor");
    host.configure([blog, pages, packed], others);
    await host.up();
    for (const name of ["copy", "taken"]) {
      await ok(host, "purge", name, "--yes");
      assert.ok(!fs.existsSync(path.join(host.root, name)));
    }
    assert.deepEqual(await hostileState(host, "blog"), state);
    assert.equal((await host.get("blog.localhost")).status, 200);
    assert.equal((await host.get("packed.localhost")).body, "pages");
  });

  it("come back on a host that was lost", async () => {
    const kit = JSON.parse((await host.varvol("recovery-kit", "--json")).stdout) as { password: string };
    fs.writeFileSync(passwordFile, kit.password, { mode: 0o600 });
    await ok(host, "host-backup");
    found.configure([blog, pages, packed], others);
    await ok(
      found,
      ...[
        "host-restore",
        "--repository",
        repository,
        "--password-file",
        passwordFile,
        "--keep-config",
        "--yes",
      ],
    );
    assert.deepEqual(await hostileState(found, "blog"), state);
    assert.deepEqual(
      inFolder(path.join(found.root, "packed/site/hostile")),
      inFolder(path.join(host.root, "packed/site/hostile")),
    );
  });
});
