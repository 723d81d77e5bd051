import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { containersIn } from "../../flows/up/replace";
import { resolveConfig } from "../../stacks/config";
import { filledFolders, importable, KINDS, kindOf, type SiteConfig, subjectOf } from "../../stacks/kinds";
import { common } from "../../stacks/kinds/common";
import { modulesOf } from "../../stacks/modules";
import { checkConfig } from "../../stacks/problems";

const DOMAINS = ["a.example.org"];
const SITES = {
  hello: { name: "hello", kind: "static", domains: DOMAINS },
  docs: { name: "docs", kind: "static-git", domains: DOMAINS, git: { url: "https://example.org/docs.git" } },
  blog: { name: "blog", kind: "wordpress", domains: DOMAINS },
  shop: {
    ...{ name: "shop", kind: "php", domains: DOMAINS, import: { content: "/srv/shop" } },
    ...{ database: true, root: "public", front: "index.php", writable: ["var", "public/media"] },
  },
  wiki: { name: "wiki", kind: "php", domains: DOMAINS, git: { url: "https://example.org/wiki.git" } },
};

const config = (...sites: Record<string, unknown>[]) =>
  resolveConfig("x", checkConfig("x", { kind: "local", sites }));

function site(keys: Record<string, unknown>): SiteConfig {
  const [found] = config(keys).sites;
  assert.ok(found);
  return found;
}

describe("the kinds of sites", () => {
  it("have a name each, which their schemas take", () => {
    for (const { name, schema } of KINDS) {
      assert.equal(kindOf(name).name, name);
      assert.equal(schema.shape.kind.value, name);
    }
    assert.throws(() => kindOf("drupal"), /no kind of site drupal/);
  });

  it("tell backups what a site is", () => {
    assert.deepEqual(Object.values(SITES).map(site).map(subjectOf), [
      { name: "hello", kind: "static", folders: ["site"], database: false },
      { name: "docs", kind: "static-git", folders: ["site", "repo"], database: false },
      {
        ...{ name: "blog", kind: "wordpress", folders: ["content", "root"], database: true },
        application: "wordpress",
      },
      { name: "shop", kind: "php", folders: ["site", "data"], database: true },
      { name: "wiki", kind: "php", folders: ["site", "repo"], database: false },
    ]);
  });

  it("fill folders that hold data", () => {
    assert.deepEqual(filledFolders(), ["site", "content"]);
    for (const one of Object.values(SITES).map(site))
      assert.ok(subjectOf(one).folders.includes(kindOf(one.kind).folder), one.name);
  });

  it("tell which containers a host has, with those of its modules", () => {
    const names = (...sites: Record<string, unknown>[]) =>
      containersIn(config(...sites)).map(({ name }) => name);
    assert.deepEqual(names(SITES.hello), ["gateway/gateway", "gateway/net", "hello/web"]);
    assert.deepEqual(names(SITES.docs).slice(2), ["docs/web", "docs/git"]);
    assert.deepEqual(names(SITES.blog).slice(2), ["mysql/mysql", "blog/php", "blog/web"]);
    assert.deepEqual(names(SITES.shop, { ...SITES.wiki, domains: ["b.example.org"] }).slice(2), [
      "mysql/mysql",
      "shop/php",
      "shop/web",
      "wiki/git",
      "wiki/php",
      "wiki/web",
    ]);
    assert.deepEqual(
      modulesOf(config(SITES.blog)).map(({ name }) => name),
      ["gateway", "mysql"],
    );
  });

  it("say what an import of them accepts", () => {
    const fetched = { content: "/a", database: "/b" };
    const values = importable().map(({ name, accepts }) => [name, accepts.value(fetched)]);
    assert.deepEqual(values, [
      ["static", "/a"],
      ["wordpress", fetched],
      ["php", fetched],
    ]);
  });

  it("are in the documentation, with each of their keys", () => {
    const rows = readFileSync("docs/configuration.md", "utf8")
      .split("\n")
      .map((line) => line.split("|").map((cell) => cell.trim()));
    for (const { name, what, schema } of KINDS) {
      assert.ok(
        rows.some(([, first, text]) => first === `\`${name}\`` && text === what),
        `${name} is ${what}`,
      );
      const own = Object.keys(schema.shape).filter((key) => key !== "kind" && !(key in common));
      for (const key of own) {
        const said = rows.some(
          ([, keys = "", kinds = ""]) =>
            new RegExp(`\`${key}[\`.]`).test(keys) && kinds.split(", ").includes(name),
        );
        assert.ok(said, `${name} has the key ${key}`);
      }
    }
  });
});
