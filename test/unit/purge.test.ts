import assert from "node:assert/strict";
import { purge as purgeTool } from "../../machine/tools";
import { HostTools } from "../support/hostTool";

const REMEMBERED = ["backup/restored", "addresses", "migrated"].map(
  (folder) => `.varvol/${folder}/hello-old`,
);

describe("the tool purge", () => {
  let host: HostTools;
  const purge = (name: string) => host.run("purge", [name, "varvol/local", "mysql"]);
  const without = (...containers: string[]) =>
    host.standIn("docker", containers.map((one) => `case "$*" in *${one}*) exit 1 ;; esac`).join("\n"));

  beforeEach(() => {
    host = new HostTools();
    host.file("hello-old/content/page", "text");
    for (const file of REMEMBERED) host.file(file);
  });
  afterEach(() => host.remove());

  it("says nothing of a database where there is none", async () => {
    without();
    assert.deepEqual(
      await host.call(purgeTool, { name: "hello-old", label: "varvol/local", mysql: "mysql" }),
      [{ deleted: "folder" }],
    );
  });

  it("deletes a site's folder, and its database by the server", async () => {
    without();
    host.file("mysql/data/data/hello@002dold/db.opt");
    assert.deepEqual(
      await host.call(purgeTool, { name: "hello-old", label: "varvol/local", mysql: "mysql" }),
      [{ deleted: "database" }, { deleted: "folder" }],
    );
    for (const file of ["hello-old", ...REMEMBERED]) assert.ok(!host.has(file), file);
    assert.match(
      host.calls("docker").join("\n"),
      /exec -i mysql mariadb -e DROP DATABASE IF EXISTS `hello-old`/,
    );
  });

  it("deletes nothing of a site whose database no server can drop, by the server's own name of its folder", async () => {
    without("inspect");
    for (const [name, folder] of [
      ["hello-old", "hello@002dold"],
      ["blog", "blog"],
    ] as const) {
      host.file(`${name}/content/page`);
      host.file(`mysql/data/data/${folder}/wp_posts.ibd`);
      const { code, stderr } = await purge(name);
      assert.equal(code, 1);
      assert.match(stderr, new RegExp(`the database of ${name} is in .*no MySQL runs that could drop it`));
      assert.ok(host.has(`${name}/content/page`));
    }
  });

  it("deletes the folder alone where there never was a database", async () => {
    without("inspect");
    assert.equal((await purge("hello-old")).code, 0);
    assert.ok(!host.has("hello-old"));
  });

  it("refuses what still has containers, and what is no site", async () => {
    host.standIn("docker", '[ "$1" != ps ] || echo hello-old-web');
    assert.match((await purge("hello-old")).stderr, /still has containers \(hello-old-web\)/);
    for (const name of ["mysql", "gateway", ".varvol", "a/b", "", "a'b", "a`b", "a b", "a\nb"])
      assert.match((await purge(name)).stderr, /is no site/);
    assert.ok(host.has("hello-old/content/page"));
  });
});
