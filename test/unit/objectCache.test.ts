import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { containerMemory, usersAcl } from "../../components/valkey/acl";
import { interruptionOf } from "../../flows/plan/interruption";
import { resolveConfig } from "../../stacks/config";
import { extensionsOf } from "../../stacks/extensions";
import { imagesInUse } from "../../stacks/images";
import { kindOf } from "../../stacks/kinds";
import { modulesOf } from "../../stacks/modules";
import { checkConfig } from "../../stacks/problems";
import { readLock } from "../../stacks/lock";
import { PROFILES } from "../../stacks/profiles";
import { render } from "../support/mocks";

const blog = { name: "blog", kind: "wordpress", domains: ["blog.localhost"], objectCache: "valkey" };
const shop = { name: "shop", kind: "wordpress", domains: ["shop.localhost"] };
const read = (sites: object[], more: object = {}) =>
  resolveConfig("x", checkConfig("x", { kind: "local", sites, ...more }));

describe("an object cache", () => {
  it("has a user for each site, who sees its keys alone, and no password in clear", () => {
    const text = usersAcl([
      { site: "blog", password: "one" },
      { site: "shop", password: "two" },
    ]);
    const [nobody, first = "", second = ""] = text.split("\n");
    assert.equal(nobody, "user default reset off");
    assert.match(first, /^user blog reset on #[0-9a-f]{64} ~blog:\* -@all \+get /);
    assert.match(second, / ~shop:\* /);
    assert.doesNotMatch(text, /one|two|allkeys|&|\+@|flush|scan|keys |config|eval|acl|client/i);
    assert.equal(usersAcl([]), "user default reset off\n");
  });

  it("is there where a site asks for it, with what that site's php needs, and for no other one", () => {
    const named = (sites: object[]) => modulesOf(read(sites)).map(({ name }) => name);
    assert.ok(named([blog, shop]).includes("valkey"));
    assert.ok(!named([shop]).includes("valkey"));
    const [first, second] = read([blog, shop]).sites;
    assert.ok(first && second);
    assert.deepEqual([extensionsOf(first), extensionsOf(second)], [["redis"], []]);
    const lock = readLock();
    assert.ok(
      Object.keys(imagesInUse({ ...read([blog]), lock })).some((one) => one.startsWith("varvol/valkey:")),
    );
  });

  it("takes as much memory as its host has for it, or the stack file says", () => {
    for (const { objects } of Object.values(PROFILES)) assert.ok(containerMemory(objects) > objects + 32);
    assert.equal(read([blog]).objects, PROFILES.local.objects);
    assert.equal(read([blog], { objectCache: { memory: 200 } }).objects, 200);
  });

  for (const [what, sites, problem] of [
    [
      "beside an image of one's own",
      [{ ...blog, image: `a@sha256:${"0".repeat(64)}` }],
      /objectCache: "valkey" is for Varvol's php/,
    ],
    ["of another name", [{ ...blog, objectCache: "redis" }], /objectCache: "redis" must be valkey/],
    ["for another kind of site", [{ ...blog, kind: "static" }], /objectCache: is not a key/],
    ["for a site of the module's name", [{ ...shop, name: "valkey" }], /is the name of a module/],
  ] as const)
    it(`is refused ${what}`, () => assert.throws(() => read([...sites]), problem));

  it("is no reason to refuse an import that has a drop-in for it", () => {
    const config = read([
      { ...blog, import: { content: "a", database: "b.sql" } },
      { ...shop, import: { content: "a", database: "b.sql" } },
    ]);
    const objects = config.sites.map((site) =>
      kindOf(site.kind)
        .fillings(site)
        .flatMap((one) => ("archive" in one ? one.wordpress?.objects : [])),
    );
    assert.deepEqual(objects, [[true], [false]]);
  });

  it("is no interruption where it is replaced", () => {
    const subject = { action: "replace", owner: "valkey", role: "valkey", exclusive: true } as const;
    const facts = { sites: [], host: { measured: new Map([["valkey", 3]]) } } as unknown as Parameters<
      typeof interruptionOf
    >[1];
    assert.equal(interruptionOf(subject, facts).kind, "none");
  });

  it("is reached by a socket that the site's php has, and no password is in a container's arguments", async () => {
    const lock = process.env.VARVOL_LOCK_FILE;
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-unit-"));
    const file = path.join(folder, "lock.json");
    const locked = {
      names: ["redis"],
      packages: { "php8.4-redis": "6.2.0-1" },
      snapshot: "20261121T000000Z",
    };
    fs.writeFileSync(file, JSON.stringify({ ...readLock(), extensions: { blog: locked } }));
    process.env.VARVOL_LOCK_FILE = file;
    try {
      const all = await render("local", { kind: "local", sites: [blog, shop] });
      const containers = all.filter(({ type }) => type === "docker:index/container:Container");
      const of = (name: string) => containers.find((one) => one.name === name)?.inputs ?? {};
      const places = (name: string) =>
        (of(name).mounts as { source: string; readOnly: boolean }[]).filter(({ source }) =>
          source.includes("/valkey/"),
        );
      assert.deepEqual(
        places("blog-php").map(({ source, readOnly }) => [source, readOnly]),
        [["/var/vol/valkey/run", true]],
      );
      assert.deepEqual([...places("shop-php"), ...places("blog-web")], []);
      const server = of("valkey-server");
      assert.deepEqual([server.networkMode, server.user, server.readOnly], ["none", "995:995", true]);
      assert.doesNotMatch(JSON.stringify(containers), /user blog|valkey-password/);
    } finally {
      if (lock === undefined) delete process.env.VARVOL_LOCK_FILE;
      else process.env.VARVOL_LOCK_FILE = lock;
      fs.rmSync(folder, { recursive: true });
    }
  });
});
