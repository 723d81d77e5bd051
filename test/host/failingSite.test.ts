import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { attempt, capture } from "../../base/exec";
import type { StateResource } from "../../engine/state";
import { Load } from "../support/load";
import { Registry } from "../support/registry";
import { sql } from "../support/siteData";
import { TestHost } from "../support/testHost";

describe("RUN-3: a site that lets no new generation serve", function () {
  this.timeout(600_000);
  const host = new TestHost("alone", 18270);
  const version = "UPDATE one.wp_options SET option_value = %s WHERE option_name = 'db_version'";
  const plugin = () => path.join(host.root, "one/content/mu-plugins/keep.php");
  let registry: Registry;
  let broken = "";
  let load: Load | undefined;
  let memory = 300;

  before(async () => {
    configure();
    await host.up();
    registry = await Registry.start();
    broken = registry.add("broken", "echo 'no configuration found'; exit 3");
    const shots = ["one", "two", "three"].map((name) => ({
      domain: `${name}.localhost`,
      path: (n: number) => (name === "one" ? `/wp-includes/css/buttons.css?n=${n}` : `/?n=${n}`),
    }));
    load = new Load({ port: host.http, rate: 30, shots });
  });

  after("no request to any site was lost by any of it", async () => {
    await registry?.stop();
    const { failures = [], sent } = (await load?.stop()) ?? {};
    assert.deepEqual(failures.slice(0, 20), [], `${failures.length} of ${sent}`);
  });

  /** Another memory of each site's containers, which replaces them all. */
  function configure(more: string[] = [], own: Record<string, Record<string, unknown>> = {}): void {
    memory += 1;
    const page = (name: string, ...domains: string[]) => ({
      ...{ name, kind: "static", domains: [`${name}.localhost`, ...domains] },
      ...{ import: path.resolve("demo/hello"), ...own[name] },
    });
    host.configure(
      [
        { name: "one", kind: "wordpress", domains: ["one.localhost"], memory },
        page("two", ...more),
        page("three"),
        ...["four", "five"].filter((name) => own[name]).map((name) => page(name)),
      ],
      { healthTimeout: "30s" },
    );
  }

  const php = async () => host.container("one/php");

  /** That what served a site before does, alone, and that the state has it so and nothing that waits. */
  async function isAsBefore(site: string, before: ReadonlyMap<string, string>): Promise<void> {
    const now = await host.containers();
    for (const [role, id] of before) if (role.startsWith(`${site}/`)) assert.equal(now.get(role), id, role);
    await isWhole();
    assert.equal((await host.get(`${site}.localhost`)).status, 200);
  }

  async function isWhole(): Promise<void> {
    const format = '{{.Label "varvol.owner"}}/{{.Label "varvol.role"}}';
    const label = `label=varvol.host=varvol/${host.stack}`;
    const roles = (await capture(["docker", "ps", "-a", "--filter", label, "--format", format])).split("\n");
    assert.deepEqual(roles.sort(), [...new Set(roles)].sort(), "one container a role");
    const { stdout } = await host.pulumi("stack", "export");
    const { deployment } = JSON.parse(stdout) as {
      deployment: { resources: StateResource[]; pending_operations?: unknown[] };
    };
    assert.deepEqual(
      deployment.resources.filter((one) => one.delete).map(({ urn }) => urn),
      [],
    );
    assert.deepEqual(deployment.pending_operations ?? [], []);
    const live = new Set(deployment.resources.map(({ id }) => id));
    for (const id of (await host.containers()).values()) assert.ok(live.has(id), `${id} is in the state`);
  }

  async function fails(...names: string[]): Promise<string> {
    const { code, stdout, stderr } = await host.varvol("up");
    assert.equal(code, 1, stdout + stderr);
    const named = /^error: (.*): could not be brought up/m.exec(stderr)?.[1]?.split(", ");
    assert.deepEqual(named?.sort(), names, stderr);
    return stderr;
  }

  const refuseStart = () =>
    sql(host, `CREATE TABLE one.varvol_import (id INT); ${version.replace("%s", "99999999")}`);

  it("as its database says that it is a newer WordPress's, is left as it was, and others go on", async () => {
    const [known = ""] = await sql(
      host,
      "SELECT option_value FROM one.wp_options WHERE option_name = 'db_version'",
    );
    await refuseStart();
    const before = await host.containers();
    const snippet = path.join(host.folder, "three.conf");
    fs.writeFileSync(snippet, "add_header X-A b;\nserve_everything on;\n");
    configure(["more.localhost"], { three: { nginx: snippet } });
    assert.match(await fails("one", "three"), /unknown directive "serve_everything" in \/tmp\/site\.conf:2/);
    assert.equal((await host.get("more.localhost")).status, 301, "the other's route has switched");
    await isAsBefore("one", before);
    await isAsBefore("three", before);
    assert.equal(fs.readlinkSync(path.join(host.root, "one/run/fpm.sock")), socketOf(before.get("one/php")));
    await sql(host, `DROP TABLE one.varvol_import; ${version.replace("%s", known)}`);
  });

  it("as that removes its socket, and beside it one whose image is broken, again and again", async () => {
    fs.mkdirSync(path.dirname(plugin()), { recursive: true });
    const serving = (await php()).slice(0, 12);
    const unlink = "unlink('/run/php/php-' . gethostname() . '.sock');";
    fs.writeFileSync(plugin(), `<?php if (gethostname() !== '${serving}') ${unlink}\n`);
    for (const more of ["again.localhost", "third.localhost"]) {
      const before = await host.containers();
      configure([more], { three: { image: broken } });
      // What serves need not run at every moment to be what serves.
      await attempt(["docker", "exec", before.get("one/php") ?? "", "sh", "-c", "kill -TERM 1"]);
      const said = await fails("one", "three");
      assert.match(said, /three-web-\w+ (crashes|has stopped)[^]*\| no configuration found/);
      assert.equal((await host.get(more)).status, 301, more);
      for (const name of ["one", "three"]) await isAsBefore(name, before);
    }
  });

  it("leaves a state that the engine itself goes on with, and what that leaves can be held again", async () => {
    const before = await host.containers();
    const preview = await host.pulumi("preview");
    assert.equal(preview.code, 0, preview.stdout);
    const { code, stdout } = await host.pulumi("up", "--yes", "--skip-preview");
    assert.notEqual(code, 0);
    assert.match(stdout, /one-php-\w+ is not healthy|no configuration found/);
    for (const role of ["one/php", "one/web", "three/web"])
      assert.equal((await attempt(["docker", "inspect", before.get(role) ?? ""])).code, 0, role);
    configure(["fourth.localhost"], { three: { image: broken } });
    await fails("one", "three");
    assert.equal((await host.get("fourth.localhost")).status, 301);
    assert.equal(fs.readlinkSync(path.join(host.root, "one/run/fpm.sock")), socketOf(before.get("one/php")));
    for (const name of ["one", "three"]) await isAsBefore(name, before);
  });

  it("is replaced by the next up of the engine itself once it is mended, and ours has nothing to do", async () => {
    fs.rmSync(plugin());
    const before = await php();
    configure(["fifth.localhost"]);
    const { code, stdout } = await host.pulumi("up", "--yes", "--skip-preview");
    assert.equal(code, 0, stdout);
    assert.notEqual(await php(), before);
    await isWhole();
    for (const name of ["one", "two", "three"])
      assert.equal((await host.get(`${name}.localhost`)).status, 200);
    assert.match(await host.up(), /Nothing changed/);
  });

  it("is left out where it has never served, beside one that fails and one that is new, and begun anew by the next up", async () => {
    configure([], { three: { image: broken }, four: { image: broken }, five: {} });
    const { code, stderr } = await host.varvol("up");
    assert.equal(code, 1);
    assert.match(
      stderr,
      /three: could not be brought up, .* serves as before\. four: .* is not served\. All/,
    );
    for (const name of ["one", "two", "three", "five"])
      assert.equal((await host.get(`${name}.localhost`)).status, 200, name);
    const label = `label=varvol.owner=four`;
    const left = [
      "docker",
      "ps",
      "-aq",
      "--filter",
      `label=varvol.host=varvol/${host.stack}`,
      "--filter",
      label,
    ];
    assert.equal(await capture(left), "");
    configure([], { four: {}, five: {} });
    await host.up();
    assert.equal((await host.get("four.localhost")).status, 200);
    configure();
    await host.up();
    await isWhole();
  });
});

function socketOf(id = ""): string {
  return `php/php-${id.slice(0, 12)}.sock`;
}
