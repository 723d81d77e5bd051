import assert from "node:assert/strict";
import * as fs from "node:fs";
import { marker, planMarkdown } from "../../cli/plan/markdown";
import { planText } from "../../cli/plan/text";
import { type Preview, previewSchema } from "../../engine/preview";
import type { PlanFacts } from "../../flows/plan/facts";
import { plannedImage } from "../../flows/plan/imageChange";
import { makePlan } from "../../flows/plan/plan";
import { type Plan, type PlannedContainer, planJsonSchema, planSchema } from "../../flows/plan/schema";

/** What the real engine printed for a real host; only names, paths and ports were made short. */
function captured(name: "changes" | "pending" | "missing"): Preview {
  return previewSchema.parse(JSON.parse(fs.readFileSync(`test/fixtures/preview/${name}.json`, "utf8")));
}

const site = (name: string, ...domains: string[]) => ({
  ...{ name, domains, database: name.startsWith("blog") },
  scheduled: false,
});

const facts: PlanFacts = {
  stack: "local",
  volumeRoot: "/var/vol",
  sites: [
    site("hello", "hello.localhost", "www.hello.localhost"),
    site("fresh", "fresh.localhost"),
    site("docs", "docs.localhost"),
    site("blog", "blog2.localhost", "www.blog.localhost"),
  ],
  backups: false,
  missing: [],
  images: {},
  host: { measured: new Map([["mysql", 4.9]]), images: new Set() },
};

const of = (plan: Plan, name: string): PlannedContainer => {
  const found = plan.containers.find((one) => one.name === name);
  assert.ok(found, `${name} is in the plan`);
  return found;
};

describe("a plan", () => {
  const plan = makePlan(captured("changes"), facts);

  it("says for each container whether it is kept, created, replaced or deleted", () => {
    assert.deepEqual(Object.fromEntries(plan.containers.map(({ name, action }) => [name, action])), {
      "blog/php": "replace",
      "blog/web": "keep",
      "docs/git": "replace",
      "docs/web": "keep",
      "fresh/web": "create",
      "gateway/gateway": "keep",
      "gateway/net": "replace",
      "gone/web": "delete",
      "hello/web": "replace",
      "mysql/mysql": "keep",
    });
    assert.deepEqual(plan.summary, { keep: 4, create: 1, replace: 4, delete: 1 });
  });

  it("says why, by the keys that change", () => {
    assert.deepEqual(of(plan, "hello/web").changes, [{ key: "memory", old: "64 MiB", new: "48 MiB" }]);
    assert.deepEqual(of(plan, "docs/git").why, ["env GIT_INTERVAL: 600 -> 1200"]);
    assert.deepEqual(of(plan, "gateway/net").why, [
      "image varvol/gateway:b7c63e44adb4 -> 566ee6b8c065",
      "what it is built from changed",
      "ports: 127.0.0.1:8080:8080, 127.0.0.1:8443:8443 -> 127.0.0.1:8080:8080, 127.0.0.1:18403:8443",
    ]);
    assert.match(of(plan, "gone/web").why.join(), /no site any more; its data stays/);
  });

  it("says what is interrupted: only what can't overlap is", () => {
    assert.deepEqual(of(plan, "blog/php").interrupts.kind, "none");
    assert.deepEqual(of(plan, "gateway/net").interrupts, {
      kind: "down",
      seconds: 1,
      what: "new connections to every site are refused",
    });
  });

  it("names the data that a container touches", () => {
    assert.deepEqual(of(plan, "blog/php").data, [
      { path: "/var/vol/blog/content", access: "write" },
      { path: "/var/vol/blog/run", access: "write" },
      { path: "/var/vol/blog/secrets", access: "read" },
    ]);
  });

  it("lists what is no container: routes, volumes, databases, certificates, networks", () => {
    assert.deepEqual(
      plan.routes.map(({ site: name, action }) => [name, action]),
      [
        ["blog", "change"],
        ["docs", "keep"],
        ["fresh", "add"],
        ["gone", "remove"],
        ["hello", "change"],
      ],
    );
    const fates = (entries: readonly { name: string; action: string }[]) =>
      entries.filter(({ action }) => action !== "keep").map(({ name, action }) => `${name} ${action}`);
    assert.deepEqual(fates(plan.volumes), ["fresh create", "gone leave"]);
    assert.deepEqual(fates(plan.databases), []);
    assert.deepEqual(fates(plan.networks), []);
    assert.deepEqual(
      plan.certificates.map(({ site: name, action, why }) => [name, action, why]),
      [
        ["blog", "replace", "other domains"],
        ["docs", "keep", "valid until 2027-12-23"],
        ["fresh", "create", "a new route"],
        ["gone", "remove", "the route goes"],
        ["hello", "replace", "other domains"],
      ],
    );
  });

  it("tells an earlier generation that an interrupted `up` left behind", () => {
    const hello = makePlan(captured("pending"), facts).containers.filter(({ owner }) => owner === "hello");
    assert.deepEqual(
      hello.map(({ action }) => action),
      ["keep", "delete"],
    );
    assert.match(hello[1]?.why.join() ?? "", /interrupted/);
  });

  it("tells what is missing on the host and what is only started again", () => {
    const now = makePlan(captured("missing"), {
      ...facts,
      sites: [...facts.sites, site("gone", "gone.localhost")],
      missing: ["gone/web", "hello/web"],
    });
    assert.equal(of(now, "gone/web").action, "create");
    assert.deepEqual(of(now, "gone/web").why, ["it is missing on the host"]);
    assert.equal(of(now, "hello/web").action, "keep");
    assert.match(of(now, "hello/web").why.join(), /started again/);
  });
});

/** The captured preview with other arguments for one container. */
function withInputs(
  name: string,
  change: (inputs: Record<string, unknown>) => Record<string, unknown>,
): Preview {
  const preview = captured("changes");
  return {
    steps: preview.steps.map((step) => {
      if (!step.urn.endsWith(`:Container::${name}`) || step.op === "delete-replaced") return step;
      const inputs = step.oldState?.inputs ?? {};
      return { ...step, op: "replace", newState: { ...step.oldState!, inputs: change(inputs) } };
    }),
  };
}

it("a plan says that a site which takes another one's domain over begins without its data", () => {
  const sites = [...facts.sites, site("renamed", "gone.localhost", "more.localhost")];
  assert.match(
    planText(makePlan(captured("changes"), { ...facts, sites })),
    /site renamed: takes gone\.localhost over from gone and begins without its data/,
  );
  assert.doesNotMatch(planText(makePlan(captured("changes"), facts)), /takes .* over from/);
});

describe("a plan of another address", () => {
  const [old, now] = ["https://blog.localhost:8443", "https://blog2.localhost:8443"];
  const planned = (image: string, domains: readonly string[]) => {
    const preview = withInputs("blog-php", (inputs) => ({
      ...inputs,
      image,
      envs: [`WORDPRESS_URL=${now}`],
    }));
    for (const step of preview.steps)
      if (step.urn.endsWith(":Container::blog-php")) step.oldState!.inputs.envs = [`WORDPRESS_URL=${old}`];
    return makePlan(preview, { ...facts, sites: [site("blog", ...domains)] });
  };
  const words = (plan: Plan) =>
    planText(plan)
      .split("\n")
      .filter((line) => line.startsWith("  address "));

  it("says that it is replaced, after a dump, and what is not served any more", () => {
    const plan = planned("varvol/wordpress-php:0123456789ab", ["blog2.localhost"]);
    assert.deepEqual(plan.addresses, [{ site: "blog", old, new: now, action: "replace", redirected: false }]);
    const [replaced = "", lost = ""] = words(plan);
    assert.match(replaced, /blog2\S+, replaced in its database .* after a dump .* npx varvol rollback blog/);
    assert.match(lost, /https:\/\/blog\.localhost:8443 is not served any more/);
    assert.match(planMarkdown(plan), /address blog: https.* is not served any more/);
  });

  it("says that an old domain which stays leads to the new one, and that an image of one's own replaces nothing", () => {
    const plan = planned("own@sha256:00", ["blog2.localhost", "blog.localhost"]);
    assert.deepEqual(plan.addresses, [{ site: "blog", old, new: now, action: "leave", redirected: true }]);
    assert.match(
      words(plan).join("|"),
      /^ {2}address blog: [^|]*nothing replaces it: the site's image is your own$/,
    );
  });

  it("says nothing where it stays", () => {
    assert.deepEqual(makePlan(captured("missing"), facts).addresses, []);
  });
});

describe("a plan with snapshots", () => {
  const inputs = { site: "hello", detail: "stop", trigger: "new" };
  const event = (type: string, op: string, more: Record<string, unknown> = {}, trigger?: string) => ({
    op,
    urn: `urn:pulumi:local::varvol::pulumi-nodejs:dynamic/backup:${type}::hello-event`,
    newState: { type: `pulumi-nodejs:dynamic/backup:${type}`, inputs: { ...inputs, ...more }, outputs: {} },
    ...(trigger !== undefined && {
      oldState: { type: `pulumi-nodejs:dynamic/backup:${type}`, inputs: {}, outputs: { trigger } },
    }),
  });
  const planned = (...steps: Preview["steps"]) =>
    makePlan({ steps: [...captured("changes").steps, ...steps] }, facts);

  it("says what is taken, put back and tried, and that this is no other change", () => {
    const taken = planned(event("Backup", "update", {}, "old"));
    assert.deepEqual(taken.events, [{ site: "hello", action: "backup", detail: "stop" }]);
    assert.match(planText(taken), /hello: a snapshot is taken first; what writes is stopped/);
    assert.deepEqual(taken.containers, makePlan(captured("changes"), facts).containers);
    const put = planned(event("Restore", "create", { detail: "20261121t030000-12ab" }));
    assert.match(planText(put), /hello: its data is replaced by the snapshot 20261121t030000-12ab/);
    assert.match(planMarkdown(put), /its data is replaced/);
  });

  it("says nothing of those that do nothing", () => {
    for (const step of [
      event("Backup", "same", {}, "new"),
      event("Backup", "update", {}, "new"),
      event("Backup", "create", { site: "fresh" }),
      event("Restore", "delete", {}, "new"),
    ])
      assert.deepEqual(planned(step).events, []);
  });
});

describe("a plan of an upgrade", () => {
  const image = (now: string) => withInputs("mysql-server", (inputs) => ({ ...inputs, image: now }));
  const old = String(
    captured("changes").steps.find(({ urn }) => urn.endsWith(":Container::mysql-server"))?.oldState?.inputs
      .image,
  );
  const now = "varvol/mariadb:0123456789ab";
  const packages = (version: string) => ({ packages: { "mariadb-server": version, libc6: "2.41" } });

  it("names the packages whose version changes, old -> new, and the time last measured", () => {
    const images = { [old]: packages("1:11.8.3-0+deb13u1"), [now]: packages("1:11.8.5-0+deb13u1") };
    const mysql = of(makePlan(image(now), { ...facts, images }), "mysql/mysql");
    assert.deepEqual(mysql.image?.packages, [
      { name: "mariadb-server", old: "1:11.8.3-0+deb13u1", new: "1:11.8.5-0+deb13u1" },
    ]);
    assert.deepEqual(mysql.interrupts, {
      kind: "down",
      seconds: 4.9,
      what: "pages of blog that are not cached",
    });
  });

  it("puts packages of one change together, and names a few of them", () => {
    const source = (version: string) =>
      Object.fromEntries(["cli", "curl", "fpm", "gd", "xml"].map((part) => [`php8.4-${part}`, version]));
    const images = {
      "varvol/php:1": { packages: { ...source("8.4.24"), zlib1g: "1.3" } },
      "varvol/php:2": { packages: { ...source("8.4.28"), zlib1g: "1.4", tzdata: "2026" } },
    };
    const change = plannedImage({ image: "varvol/php:1" }, { image: "varvol/php:2" }, images);
    assert.deepEqual(change?.words.slice(1), [
      "php8.4-cli, php8.4-curl, php8.4-fpm and 2 more 8.4.24 -> 8.4.28",
      "tzdata 2026 (new)",
      "zlib1g 1.3 -> 1.4",
    ]);
    assert.equal(change?.packages.length, 7);
  });

  it("says that an interruption was never measured", () => {
    const host = { measured: new Map<string, number>(), images: new Set<string>() };
    const plan = makePlan(image(now), { ...facts, host });
    assert.equal(of(plan, "mysql/mysql").interrupts.seconds, null);
    assert.match(planText(plan), /not measured yet/);
  });

  it("knows a way back where the old image is still there, and none across major versions", () => {
    const there = { ...facts, host: { ...facts.host, images: new Set([old]) } };
    assert.deepEqual(of(makePlan(image(now), there), "mysql/mysql").rollback, {
      possible: true,
      how: "npx varvol rollback mysql",
    });
    assert.equal(of(makePlan(image(now), facts), "mysql/mysql").rollback?.possible, false);
    const images = { [old]: packages("1:11.8.3"), [now]: packages("1:12.3.1") };
    assert.equal(of(makePlan(image(now), { ...there, images }), "mysql/mysql").rollback?.possible, false);
  });

  it("shows a changed configuration as a short diff", () => {
    const preview = withInputs("docs-web", (inputs) => ({
      ...inputs,
      envs: ["NGINX_CONF=a\nb\nc\nd\nnew\nf\n"],
    }));
    for (const step of preview.steps)
      if (step.urn.endsWith(":Container::docs-web"))
        step.oldState!.inputs.envs = ["NGINX_CONF=a\nb\nc\nd\ne\nf\n"];
    const web = of(makePlan(preview, facts), "docs/web");
    assert.deepEqual(web.why, ["env NGINX_CONF: +1 -1 lines"]);
    assert.equal(web.changes[0]?.diff, "@@ -3,4 +3,4 @@\n c\n d\n-e\n+new\n f");
  });

  it("never prints the password in an address", () => {
    const preview = withInputs("docs-git", (inputs) => ({
      ...inputs,
      envs: ["GIT_URL=https://user:hunter2@example.org/docs.git"],
    }));
    const plan = makePlan(preview, facts);
    for (const text of [JSON.stringify(plan), planText(plan), planMarkdown(plan)]) {
      assert.doesNotMatch(text, /hunter2/);
      assert.match(text, /\*\*\*@|\\\*\\\*\\\*@/);
    }
  });
});

describe("a plan's forms", () => {
  const plan = makePlan(captured("changes"), facts);

  it("is JSON by the published schema, which is up to date (npm run schema)", () => {
    assert.deepEqual(planSchema.parse(JSON.parse(JSON.stringify(plan))), plan);
    assert.deepEqual(
      JSON.parse(fs.readFileSync("schema/plan.schema.json", "utf8")),
      JSON.parse(JSON.stringify(planJsonSchema())),
    );
  });

  it("is Markdown that a pull request's comment is found by, and that nothing in it breaks", () => {
    const text = planMarkdown(plan);
    assert.ok(text.startsWith(`${marker("local")}\n`));
    const rows = text.split("\n").filter((line) => line.startsWith("| "));
    for (const row of rows) assert.equal(row.split(/(?<!\\)\|/).length, 8, row);
    const evil = withInputs("hello-web", (inputs) => ({
      ...inputs,
      envs: ["X=<img src=x> | @everyone `code`", "Y=a\n```\n</details>\n"],
    }));
    const shown = planMarkdown(makePlan(evil, facts));
    assert.doesNotMatch(shown, /<img|@everyone/);
    assert.match(shown, /\n````diff\n/);
  });

  it("says in one line that nothing changes", () => {
    const same = captured("changes");
    const kept = same.steps
      .filter(({ op }) => op === "same")
      .map((step) =>
        step.oldState?.outputs.sites ? { ...step, oldState: { ...step.oldState, outputs: {} } } : step,
      );
    const empty = makePlan({ steps: kept }, { ...facts, sites: [] });
    assert.match(planText(empty), /^local: nothing changes\./);
    assert.match(planMarkdown(empty), /nothing changes/);
  });
});
