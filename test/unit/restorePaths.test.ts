import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parseRequest } from "../../agent/input";
import { restoredPaths, shownPath, volumePath } from "../../flows/backup/paths";

const BLOG = { name: "blog", kind: "wordpress", folders: ["content"] };
const HELLO = { name: "hello", kind: "static", folders: ["site"] };

describe("a restore of single files", () => {
  it("names them as a site's people do", () => {
    const known: [site: typeof BLOG, text: string, path: string, shown: string][] = [
      [BLOG, "wp-content/uploads/2024/", "content/uploads/2024", "wp-content/uploads/2024"],
      [BLOG, "/wp-content/themes", "content/themes", "wp-content/themes"],
      [BLOG, "content/themes", "content/themes", "wp-content/themes"],
      [HELLO, "index.html", "site/index.html", "site/index.html"],
      [HELLO, "./site/a b/", "site/a b", "site/a b"],
    ];
    for (const [site, text, wanted, shown] of known) {
      assert.equal(volumePath(site, text), wanted);
      assert.equal(shownPath(site, wanted), shown);
    }
    assert.equal(volumePath(BLOG, ""), "");
    assert.throws(() => volumePath(BLOG, "uploads"), /nothing that snapshots of blog have/);
    assert.throws(() => volumePath(BLOG, "wp-content/../../shop"), /leads out/);
  });

  it("takes no whole folder of the volume, and none within another one", () => {
    assert.deepEqual(restoredPaths(BLOG, ["wp-content/a", "content/a", "wp-content/b"]), [
      "content/a",
      "content/b",
    ]);
    for (const all of ["wp-content", "content/", ""])
      assert.throws(() => restoredPaths(BLOG, [all]), /that is all of its files/);
    assert.throws(() => restoredPaths(HELLO, ["a", "a/b"]), /site\/a\/b lies in another/);
  });

  it("is asked of the agent by paths below the volume only", () => {
    const site = { ...BLOG, database: true, domain: "blog.example" };
    const ask = (one: string) =>
      parseRequest(
        JSON.stringify({
          job: "restore-paths",
          site,
          run: "20200101t000000-0001",
          source: "blog",
          paths: [one],
        }),
      );
    assert.ok(ask("content/a\nb"));
    for (const wrong of ["/etc/passwd", "content/../../shop", "content//a", "", ".", "content/a\0"])
      assert.throws(() => ask(wrong), /does not understand paths/, wrong);
  });
});

describe("the switch of single files", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-paths-"));
  const volume = path.join(folder, "blog/content");
  const work = path.join(folder, ".varvol/restore/blog");
  const write = (file: string, text: string) => {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  };
  const tree = () =>
    (fs.readdirSync(volume, { recursive: true }) as string[])
      .filter((name) => fs.lstatSync(path.join(volume, name)).isFile())
      .sort()
      .map((name) => `${name}=${fs.readFileSync(path.join(volume, name), "utf8")}`);
  // The volume root is known from the environment when the agent starts.
  const act = (work: string, words: string) =>
    execFileSync(
      process.execPath,
      [
        "-r",
        "tsx/cjs",
        "-e",
        `const { PathSwitch } = require("./agent/pathSwitch.ts"); const s = new PathSwitch(${JSON.stringify(work)}, "blog"); ${words}`,
      ],
      { env: { ...process.env, VARVOL_ROOT: folder }, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] },
    );

  beforeEach(() => {
    for (const name of ["blog", ".varvol", "shop"])
      fs.rmSync(path.join(folder, name), { recursive: true, force: true });
    write(path.join(volume, "up/a"), "live");
    write(path.join(volume, "up/later"), "live");
    write(path.join(volume, "one"), "live");
    write(path.join(work, "new/0/up/a"), "kept");
    write(path.join(work, "new/1/one"), "kept");
    write(path.join(work, "new/2/gone"), "kept");
  });
  after(() => fs.rmSync(folder, { recursive: true }));
  const PATHS = 's.begin(["content/up", "content/one", "content/deep/er/gone"]);';

  it("replaces what is there, makes what is not, and leaves the rest; and all of that back, twice", () => {
    const before = tree();
    act(work, `${PATHS} s.perform();`);
    assert.deepEqual(tree(), ["deep/er/gone=kept", "one=kept", "up/a=kept"]);
    act(work, "s.putBack(); s.putBack();");
    assert.deepEqual(tree(), before);
  });

  it("comes back from any point at which it was cut off", () => {
    const before = tree();
    for (let steps = 0; steps < 6; steps++) {
      const cut = `let n = 0; const fs = require("fs"), real = fs.renameSync; fs.renameSync = (...a) => { if (n++ === ${steps}) process.exit(0); real(...a); };`;
      act(work, `${cut} ${PATHS} s.perform();`);
      act(work, "s.putBack();");
      assert.deepEqual(tree(), before, String(steps));
    }
  });

  it("follows no link on the way, and touches nothing of another site's", () => {
    write(path.join(folder, "shop/content/one"), "the shop's");
    fs.rmSync(path.join(volume, "up"), { recursive: true });
    fs.symlinkSync("../../shop/content", path.join(volume, "up"));
    assert.throws(() => act(work, 's.begin(["content/up/up"]); s.perform();'), /up is no folder on the site/);
    assert.deepEqual(fs.readdirSync(path.join(folder, "shop/content")), ["one"]);
    // A link itself is replaced as a file is.
    act(work, 's.begin(["content/up"]); s.perform();');
    assert.equal(fs.readFileSync(path.join(volume, "up/a"), "utf8"), "kept");
  });
});
