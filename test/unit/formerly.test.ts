import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parseRequest } from "../../agent/input";
import { type Definitions, missingDefinitions } from "../../agent/contents";
import type { ImageLock } from "../../components/imageLock";
import { previewSchema } from "../../engine/preview";
import { besides } from "../../cli/plan/words";
import type { PlanFacts } from "../../flows/plan/facts";
import { checkFormer } from "../../flows/preflight";
import { makePlan } from "../../flows/plan/plan";
import { dueRenames, formerPartName, hasData, nameByNow, nameOnHost } from "../../stacks/formerNames";
import { type Placed, renderPlaced } from "../support/mocks";

describe("a site that had another name", () => {
  it("has its parts by the names that these had, and no other site's", () => {
    const site = { name: "new", formerly: "old" };
    const known: [part: string, namespace: string, former: string | undefined][] = [
      ["new", "", "old"],
      ["new-php-gate", "", "old-php-gate"],
      ["new", "x-", "old"],
      ["x-new-salt", "x-", "x-old-salt"],
      ["newer-web", "", undefined],
      ["x-newer", "x-", undefined],
      ["gateway", "", undefined],
    ];
    for (const [part, namespace, former] of known)
      assert.equal(formerPartName(part, site, namespace), former, part);
  });

  it("has its data where the host has it", () => {
    const site = { name: "new", formerly: "old" };
    assert.equal(nameOnHost(site, new Set(["old"])), "old");
    assert.equal(nameOnHost(site, new Set(["old", "new"])), "new");
    assert.equal(nameOnHost(site, new Set()), "new");
    assert.equal(hasData(site, new Set(["old"])), true);
    assert.equal(hasData({ name: "new" }, new Set(["old"])), false);
  });

  it("takes nothing over that would be mixed, or would run other versions than before", () => {
    const sites = [{ name: "new", formerly: "old", kind: "static" as const, domains: ["a.org"], denied: [] }];
    const found = (filled: string[], lock: Partial<ImageLock> = {}) =>
      checkFormer(
        { sites, volumeRoot: "/v", lock: { sets: {}, sites: {}, pins: {}, ...lock } },
        { filled: new Set(filled), renamed: new Map([["old", "new"]]) },
      );
    assert.deepEqual(found(["old"]), []);
    assert.deepEqual(found(["new"]), []);
    assert.match(
      found(["old", "new"]).join(),
      /^varvol:sites\[0\]\.formerly: \/v\/old and \/v\/new both hold data; /,
    );
    const pins = { old: { web: "varvol/web:0123456789ab" } };
    assert.match(found(["old"], { pins }).join(), /for old, under pins; put them there under new too$/);
    assert.deepEqual(found(["old"], { pins: { ...pins, new: pins.old } }), []);
    assert.deepEqual(found(["new"], { pins }), []);
  });

  it("is to be renamed while its data has another name, or is between two", () => {
    const sites = [{ name: "new", formerly: "old" }, { name: "other" }];
    const due = (filled: string[], ...renaming: string[]) =>
      dueRenames(sites, { filled: new Set(filled), renaming: new Set(renaming) });
    assert.deepEqual(due(["old"]), ["new"]);
    assert.deepEqual(due(["new"]), []);
    assert.deepEqual(due(["new"], "new"), ["new"]);
    assert.deepEqual(due(["new"], "old"), ["new"]);
    assert.deepEqual(due(["other"], "other"), []);
  });

  it("does not begin without its data where its former name is put back", () => {
    const site = (name: string, formerly?: string) => ({
      ...{ name, kind: "static" as const, domains: ["a.org"], denied: [] },
      ...(formerly !== undefined && { formerly }),
    });
    const renamed = new Map([
      ["old", "new"],
      ["new", "newest"],
    ]);
    const found = (filled: string[], ...sites: ReturnType<typeof site>[]) =>
      checkFormer(
        { sites, volumeRoot: "/v", lock: { sets: {}, sites: {}, pins: {} } },
        { filled: new Set(filled), renamed },
      );
    assert.match(
      found(["newest"], site("old")).join(),
      /sites\[0\]\.name: old was renamed, and its data is \/v\/newest; put `formerly: newest` .* run: npx varvol purge newest$/,
    );
    assert.deepEqual(found(["newest"], site("old", "newest")), []);
    assert.deepEqual(found(["newest"], site("old"), site("newest")), [], "it is another site's by now");
    assert.deepEqual(found(["old", "newest"], site("old")), []);
    assert.deepEqual(found([], site("old")), []);
    assert.equal(
      nameByNow(
        "a",
        new Map([
          ["a", "b"],
          ["b", "a"],
        ]),
      ),
      "a",
    );
  });

  describe("in the program", () => {
    const PARTS = /^varvol:index:/;
    let placed: Placed[] = [];
    before(async () => {
      placed = await renderPlaced("local", {
        kind: "local",
        namespace: "x-",
        backup: { repository: "/srv/b", beforeReplace: true },
        sites: [
          { name: "new", formerly: "old", kind: "wordpress", domains: ["a.org"] },
          { name: "newer", kind: "wordpress", domains: ["b.org"] },
          {
            name: "page",
            formerly: "side",
            kind: "static-git",
            domains: ["c.org"],
            git: { url: "https://d.org/e" },
          },
        ],
      });
    });
    const of = (name: string, type = /./) => {
      const found = placed.find((one) => one.name === name && type.test(one.type));
      assert.ok(found, name);
      return found;
    };

    it("takes over the state of all that it had, passwords too", () => {
      const former = placed.flatMap(({ name, aliases }) => aliases.map((alias) => `${alias} > ${name}`));
      for (const one of ["x-old-salt > x-new-salt", "x-old-admin-password > x-new-admin-password"])
        assert.ok(former.includes(one), one);
      const own = placed.filter(({ name }) => /^(x-)?new(-|$)/.test(name) && name !== "x-new-rename");
      assert.ok(own.length > 20);
      for (const { name, aliases } of own)
        assert.deepEqual(aliases, [name.replace("new", "old")], `${name} was something`);
      for (const { name, aliases } of placed.filter((one) => /newer|gateway-nginx|mysql/.test(one.name)))
        assert.deepEqual(aliases, [], name);
    });

    it("has the host rename its data before anything of it is made there, and after what takes long", () => {
      for (const name of ["x-new-volume", "x-new-database", "x-new-php", "x-new-web", "x-new-snapshot"])
        assert.ok(of(name, /^(command|docker|pulumi-nodejs)/).after.includes("x-new-rename"), name);
      assert.ok(of("x-page-git", /^docker/).after.includes("x-page-rename"));
      for (const { name, type, after } of placed)
        if (PARTS.test(type) || /newer/.test(name))
          assert.ok(!after.some((one) => one.endsWith("-rename")), name);
      const { after } = of("x-new-rename");
      for (const one of [/^x-image-wordpress-php/, /^x-image-wordpress-web/, /mysql-server-gate/])
        assert.ok(
          after.some((name) => one.test(name)),
          `${one} of ${after.join()}`,
        );
      assert.ok(!of("x-page-rename").after.some((name) => /mysql/.test(name)));
    });
  });

  describe("in a plan", () => {
    const STACK = "urn:pulumi:x::varvol::pulumi:pulumi:Stack::varvol-x";
    const container = (owner: string, role: string, folder: string) => ({
      ...{ type: "docker:index/container:Container", id: `${owner}-${role}-id` },
      inputs: {
        ...{ image: "varvol/web:0123456789ab", memory: 64 },
        labels: [
          { label: "varvol.owner", value: owner },
          { label: "varvol.role", value: role },
        ],
        mounts: [{ type: "bind", source: `/var/vol/${owner}/${folder}`, target: "/srv", readOnly: false }],
      },
    });
    const facts = (formerly?: string): PlanFacts => ({
      ...{ stack: "x", volumeRoot: "/var/vol", backups: false, missing: [], images: {} },
      host: { measured: new Map(), images: new Set() },
      sites: [
        { name: "new", domains: ["a.org"], database: true, scheduled: false, ...(formerly && { formerly }) },
      ],
    });
    const preview = (role: string) =>
      previewSchema.parse({
        steps: [
          {
            ...{ op: "same", urn: STACK },
            oldState: {
              type: "pulumi:pulumi:Stack",
              outputs: { sites: [{ name: "old", domains: ["a.org"], data: "/var/vol/old" }] },
            },
          },
          {
            ...{ op: "replace", urn: `urn:pulumi:x::varvol::docker:index/container:Container::new-${role}` },
            ...{ oldState: container("old", role, "content"), newState: container("new", role, "content") },
          },
          // As the engine says it of what had another name.
          {
            op: "delete-replaced",
            urn: `urn:pulumi:x::varvol::docker:index/container:Container::old-${role}`,
            oldState: container("old", role, "content"),
          },
        ],
      });

    it("keeps its route and its data, and says what that interrupts", () => {
      const plan = makePlan(preview("php"), facts("old"));
      assert.deepEqual(plan.renames, [{ site: "new", formerly: "old", database: true }]);
      assert.deepEqual(plan.routes, [{ site: "new", action: "keep", old: ["a.org"], new: ["a.org"] }]);
      const [php, ...others] = plan.containers;
      assert.deepEqual(others, []);
      assert.equal(php?.interrupts.kind, "down");
      assert.match(php?.interrupts.what ?? "", /pages of new that are not cached/);
      assert.equal(php?.why[0], "old is named new from now on");
      assert.deepEqual(
        plan.policies.verdicts.filter(({ policy }) => policy === "data-stays"),
        [],
      );
      assert.deepEqual(besides(plan).slice(0, 1), [
        "site new: was old so far, whose data and passwords go along; its volume and database are renamed, for which PHP is stopped",
      ]);
      assert.equal(makePlan(preview("web"), facts("old")).containers[0]?.interrupts.kind, "none");
    });

    it("begins without that where nothing says that it is the same site", () => {
      const plan = makePlan(preview("php"), facts());
      assert.deepEqual(plan.renames, []);
      assert.deepEqual(plan.policies.verdicts.filter(({ policy }) => policy === "data-stays").length, 1);
      assert.match(besides(plan).join("\n"), /begins without its data.*`formerly: old`/);
    });
  });

  describe("on the host", () => {
    const root = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-former-"));
    after(() => fs.rmSync(root, { recursive: true }));
    const file = (name: string, text = "") => {
      fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      fs.writeFileSync(path.join(root, name), text);
    };
    const has = (name: string) => fs.existsSync(path.join(root, name));
    /** Asks the agent's own code, whose volume root is its process's. */
    const ask = (expression: string): unknown =>
      JSON.parse(
        execFileSync(
          process.execPath,
          ["--import", "tsx", "-e", `console.log(JSON.stringify((${expression}) ?? null))`],
          { env: { ...process.env, VARVOL_ROOT: root }, encoding: "utf8" },
        ),
      );
    const code = `require(${JSON.stringify(path.resolve("agent/rename.ts"))})`;

    it("takes along what is remembered of it, and nothing of a site whose name begins alike", () => {
      const own = ["addresses/old", "migrated/old", "generations/old-php", "imports/old.statements"];
      const others = ["addresses/older", "generations/old-web-php", "imports/older.entries"];
      for (const one of [...own, ...others]) file(`.varvol/${one}`);
      file(".varvol/backup/results/old.backup");
      ask(`${code}.moveMemory("old", "new")`);
      for (const one of own) {
        assert.ok(!has(`.varvol/${one}`), one);
        assert.ok(has(`.varvol/${one.replace("old", "new")}`), one);
      }
      for (const one of others) assert.ok(has(`.varvol/${one}`), one);
      assert.ok(has(".varvol/backup/results/old.backup"), "its snapshots have the former name");
    });

    it("holds data where there is a file that no `up` makes", () => {
      file("empty/run/php/php.sock");
      file("empty/secrets/database", "x");
      fs.mkdirSync(path.join(root, "empty/content/uploads"), { recursive: true });
      file("full/content/uploads/a.png");
      const holds = (name: string) => ask(`${code}.holdsData(${JSON.stringify(path.join(root, name))})`);
      assert.deepEqual(["none", "empty", "full"].map(holds), [false, false, true]);
    });

    it("names what could not be made again", () => {
      const some = (more: Partial<Definitions> = {}): Definitions => ({
        ...{ views: [], broken: [], triggers: [], routines: [], events: [] },
        ...more,
      });
      const wanted = some({ views: ["a", "b"], triggers: ["t"], routines: ["FUNCTION f"], broken: ["c"] });
      assert.deepEqual(missingDefinitions(wanted, some({ views: ["a"] })), [
        ...["view b", "trigger t", "FUNCTION f"],
      ]);
      assert.deepEqual(missingDefinitions(wanted, wanted), []);
    });

    it("is asked for by names alone", () => {
      const site = { name: "new", kind: "wordpress", folders: ["content"], database: true };
      const request = { job: "rename", stack: "x", namespace: "", site, formerly: "old" };
      assert.deepEqual(parseRequest(JSON.stringify(request)), request);
      for (const formerly of ["../old", "", "a;b"])
        assert.throws(() => parseRequest(JSON.stringify({ ...request, formerly })), /formerly/);
    });
  });
});
