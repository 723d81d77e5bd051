import assert from "node:assert/strict";
import { phpConf } from "../../components/sites/phpNginx";
import { servedAs } from "../../components/sites/phpSite";
import { shapeOf } from "../../stacks/kinds";
import { checkConfig, ConfigError } from "../../stacks/problems";
import { type Registered, render } from "../support/mocks";

const wiki = { name: "wiki", kind: "php", domains: ["wiki.localhost"] };
const git = { url: "https://example.org/wiki.git" };
const content = "/srv/wiki";

describe("a PHP application", () => {
  const problem = (keys: Record<string, unknown>) => {
    try {
      checkConfig("x", { kind: "local", sites: [{ ...wiki, ...keys }] });
      return undefined;
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      return error.problems.join("\n");
    }
  };

  it("has its code from one place, and keys that name nothing outside of that", () => {
    assert.equal(problem({ git }), undefined);
    assert.equal(
      problem({
        import: { content },
        root: "a/b",
        front: "in.dex.php",
        writable: ["a/c", "ab"],
        health: "/x/",
      }),
      undefined,
    );
    assert.match(
      problem({}) ?? "",
      /sites\[0\]\.import: is missing; must have either git or import\.content/,
    );
    assert.match(problem({ git, import: { content } }) ?? "", /either git or import\.content/);
    assert.match(problem({ import: { content, database: "/d.sql" } }) ?? "", /\.database: .* must be true/);
    for (const root of ["/srv", "../x", "a/../b", "a/", ".git", "a b", "a;b", "a\nb"])
      assert.match(problem({ git, root }) ?? "", /\.root: .* must be a folder below the code/, root);
    for (const writable of [["../x"], ["a", "a/b"], ["a", "a"], ["a$b"], [""]])
      assert.match(problem({ git, writable }) ?? "", /\.writable.* must/, writable.join());
    assert.match(problem({ git, front: "index.html" }) ?? "", /\.front: .* must be a \.php file/);
    assert.match(problem({ git, health: "login" }) ?? "", /\.health: .* must be a path/);
  });

  it("is well where it answers, asks who comes, or says that it is closed", () => {
    const { sites } = checkConfig("x", { kind: "local", sites: [{ ...wiki, git, health: "/up.php" }] });
    const [site] = sites;
    assert.ok(site);
    const { path, answers } = shapeOf(site).health;
    assert.equal(path, "/up.php");
    const well = ["200", "302", "401", "403", "404", "500", "502", "503", "000"].filter((code) =>
      answers.test(code),
    );
    assert.deepEqual(well, ["200", "302", "401", "403"]);
  });

  it("runs the front controller alone, or each script but those that were written", () => {
    const args = { root: "/srv/site" };
    const front = phpConf({ ...args, front: "in.dex.php", writable: [] });
    assert.match(front, /location ~ \^\(\?<script>\/in\\\.dex\\\.php\)/);
    assert.match(front, /location ~ \\\.php\(\?:\/\|\$\) \{ return 404; \}/);
    assert.match(front, /try_files \$uri \/in\.dex\.php\$is_args\$args;/);
    const each = phpConf({ ...args, writable: ["up.loads"] });
    assert.ok(each.indexOf("^/up\\.loads/.*\\.php") < each.indexOf("<script>"));
    assert.match(each, /try_files \$uri \$uri\/ =404;/);
    assert.deepEqual(
      ["web/uploads", "web", "var"].flatMap((folder) => servedAs(folder, "web")),
      ["uploads"],
    );
    assert.deepEqual(servedAs("uploads", ""), ["uploads"]);
  });

  it("writes to its own data alone, and is off the gateway's network", async () => {
    const sites = [
      { ...wiki, git, writable: ["a/b"] },
      {
        ...{ ...wiki, name: "shop", domains: ["shop.localhost"] },
        ...{ import: { content }, writable: ["c"], database: true },
      },
    ];
    const all = await render("local", { kind: "local", sites });
    const containers = new Map(
      all
        .filter(({ type }) => type === "docker:index/container:Container")
        .map((one): [string, Registered["inputs"]] => [one.name, one.inputs]),
    );
    const mounts = (name: string, readOnly: boolean) =>
      (containers.get(name)?.mounts as { source: string; target: string; readOnly: boolean }[])
        .filter((one) => one.readOnly === readOnly)
        .map(({ source, target }) => `${source.replace("/var/vol/", "")} ${target}`);
    assert.deepEqual(mounts("wiki-php", false), [
      "wiki/data /srv/data",
      "wiki/sessions /srv/sessions",
      "wiki/tmp /srv/tmp",
      "wiki/run/php /run/php",
    ]);
    assert.deepEqual(mounts("shop-php", false), [
      "shop/data/c /srv/site/c",
      "shop/sessions /srv/sessions",
      "shop/tmp /srv/tmp",
      "shop/run/php /run/php",
    ]);
    assert.deepEqual(mounts("shop-php", true), [
      "shop/site /srv/site",
      "shop/site /srv/code",
      "shop/secrets /run/secrets",
    ]);
    assert.deepEqual(mounts("shop-web", false), []);
    const networks = (name: string) =>
      (containers.get(name)?.networksAdvanced as { name: string }[]).map((network) => network.name);
    assert.deepEqual(networks("shop-php"), ["database", "abroad"]);
    assert.deepEqual(networks("wiki-git"), ["abroad"]);
    assert.doesNotMatch(JSON.stringify(containers.get("shop-php")), /-password/);
  });
});
