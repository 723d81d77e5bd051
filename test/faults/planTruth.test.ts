import assert from "node:assert/strict";
import * as path from "node:path";
import { capture } from "../../base/exec";
import { readLock, writeLock } from "../../stacks/lock";
import { GitServer } from "../support/gitServer";
import { nothingChanges, planOf, upAsPlanned } from "../support/planTruth";
import { TestHost } from "../support/testHost";

type Site = Record<string, unknown> & { readonly name: string };

/** A change of the stack file, and the containers that are not kept, by what becomes of them. */
interface Change {
  readonly what: string;
  readonly touches: Record<string, "create" | "replace" | "delete">;
}

describe("the plan's truth", function () {
  this.timeout(900_000);
  const host = new TestHost("truth", 18430);
  const sites = new Map<string, Site>();
  const more: Record<string, unknown> = {
    gateway: { http: host.http, https: host.https, addresses: ["127.0.0.1"] },
  };
  let git: GitServer;

  const set = (name: string, values: Record<string, unknown>) =>
    void sites.set(name, {
      kind: "static",
      domains: [`${name}.localhost`],
      ...sites.get(name),
      ...values,
      name,
    });
  const source = (values: Record<string, unknown> = {}) => ({
    url: `${git.address}/docs`,
    branch: "main",
    folder: "public",
    every: "60s",
    ...values,
  });

  /** Plans and carries out changes that come together; each must show in the plan as it says. */
  async function carryOut(changes: readonly Change[]): Promise<void> {
    host.configure([...sites.values()], more);
    const told = await upAsPlanned(host);
    const touched = Object.fromEntries([...told].filter(([, fate]) => fate !== "keep").sort());
    const expected = Object.assign({}, ...changes.map(({ touches }) => touches)) as Record<string, string>;
    assert.deepEqual(touched, Object.fromEntries(Object.entries(expected).sort()));
  }

  before(async () => {
    git = await GitServer.start(path.join(host.folder, "git"));
    await git.commit("docs", { "public/index.html": "docs", "other/index.html": "other" });
    await git.commit("more", { "public/index.html": "more" });
    await capture(["git", "-C", path.join(host.folder, "git", "docs"), "branch", "next"]);
    for (const name of ["memory", "alias", "swapped", "moved", "gone", "renamed", "kind", "import"])
      set(name, {});
    set("swapped", { domains: ["swapped.localhost", "www.swapped.localhost"] });
    for (const name of ["interval", "folder", "branch", "url"])
      set(name, { kind: "static-git", git: source() });
    set("blog", { kind: "wordpress", title: "A blog", domains: ["blog.localhost", "www.blog.localhost"] });
    host.configure([...sites.values()], more);
    await upAsPlanned(host);
  });

  after(() => git.stop());

  it("holds for no change at all", () => nothingChanges(host));

  it("holds for changes of sites that replace, create and delete", async () => {
    set("memory", { memory: 48 });
    sites.delete("gone");
    sites.delete("renamed");
    set("other", { domains: ["renamed.localhost"] });
    set("fresh", {});
    set("interval", { git: source({ every: "120s" }) });
    set("folder", { git: source({ folder: "other" }) });
    set("branch", { git: source({ branch: "next" }) });
    set("url", { git: source({ url: `${git.address}/more` }) });
    await carryOut([
      { what: "a memory limit", touches: { "memory/web": "replace" } },
      { what: "a site less", touches: { "gone/web": "delete" } },
      { what: "another name", touches: { "renamed/web": "delete", "other/web": "create" } },
      { what: "a site more", touches: { "fresh/web": "create" } },
      { what: "a git interval", touches: { "interval/git": "replace" } },
      { what: "a git folder", touches: { "folder/git": "replace" } },
      { what: "a git branch", touches: { "branch/git": "replace" } },
      { what: "a git address", touches: { "url/git": "replace" } },
    ]);
  });

  it("holds for changes that replace no container", async () => {
    set("alias", { domains: ["alias.localhost", "www.alias.localhost"] });
    set("swapped", { domains: ["www.swapped.localhost", "swapped.localhost"] });
    set("moved", { domains: ["elsewhere.localhost"] });
    set("import", { import: path.resolve("demo/hello") });
    await carryOut([
      { what: "an alias more", touches: {} },
      { what: "another canonical domain", touches: {} },
      { what: "another domain", touches: {} },
      { what: "an import for data that is there", touches: {} },
    ]);
  });

  it("holds for changes of a WordPress", async () => {
    set("blog", { title: "Another title", memory: 300, domains: ["www.blog.localhost", "blog.localhost"] });
    set("second", { kind: "wordpress" });
    await carryOut([
      { what: "title, memory limit and order of domains", touches: { "blog/php": "replace" } },
      { what: "a second WordPress", touches: { "second/php": "create", "second/web": "create" } },
    ]);
  });

  it("holds for another kind of site, and for one site's upgrade with the packages that it names", async () => {
    set("kind", { kind: "static-git", git: source() });
    const lock = readLock();
    const web = { ...lock.sets.web!.packages };
    // One package less to name: what the image is made of changes, not what there is to install.
    const [dropped = ""] = Object.keys(web).filter((name) => name.startsWith("libnginx-mod"));
    delete web[dropped];
    writeLock({ ...lock, sites: { memory: { web: { ...lock.sets.web!, packages: web } } } }, host.lockFile);
    host.configure([...sites.values()], more);
    const upgraded = (await planOf(host)).containers.find(({ name }) => name === "memory/web");
    assert.deepEqual(
      upgraded?.image?.packages.map(({ name, new: now }) => [name, now]),
      [[dropped, null]],
    );
    await carryOut([
      { what: "another kind", touches: { "kind/git": "create", "kind/web": "replace" } },
      { what: "another image", touches: { "memory/web": "replace" } },
    ]);
  });

  it("holds for another port and address of the gateway", async () => {
    more.gateway = { http: host.http, https: host.https + 1, addresses: ["127.0.0.1", "127.0.0.2"] };
    await carryOut([
      { what: "a port", touches: { "gateway/net": "replace" } },
      { what: "an address", touches: { "gateway/net": "replace" } },
      // A WordPress knows the address that visitors type.
      { what: "the sites' addresses", touches: { "blog/php": "replace", "second/php": "replace" } },
    ]);
  });

  it("holds for the last WordPress going, and MySQL with it", async () => {
    sites.delete("second");
    sites.delete("blog");
    await carryOut([
      { what: "no WordPress", touches: { "blog/php": "delete", "blog/web": "delete" } },
      { what: "one less", touches: { "second/php": "delete", "second/web": "delete" } },
      { what: "no MySQL", touches: { "mysql/mysql": "delete" } },
    ]);
  });

  it("holds for another kind of host, whose limits replace everything", async () => {
    more.kind = "rpi";
    host.configure([...sites.values()], more);
    const told = await upAsPlanned(host);
    assert.deepEqual([...new Set(told.values())], ["replace"]);
  });

  it("holds for containers that were removed or stopped by hand", async () => {
    await capture(["docker", "rm", "-f", await host.container("fresh/web")]);
    await capture(["docker", "stop", "-t", "5", await host.container("alias/web")]);
    await carryOut([{ what: "a missing container", touches: { "fresh/web": "create" } }]);
  });

  it("holds for no change after all that", () => nothingChanges(host));
});
