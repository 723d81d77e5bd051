import assert from "node:assert/strict";
import * as fs from "node:fs";
import { parse } from "yaml";
import { resolveConfig } from "../../stacks/config";
import { stackFileSchema } from "../../stacks/jsonSchema";
import { checkConfig, ConfigError } from "../../stacks/problems";

const hello = { name: "hello", kind: "static", domains: ["hello.example.org"] };

function problems(raw: Record<string, unknown>): readonly string[] {
  try {
    checkConfig("test", raw);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
  return [];
}

const site = (change: Record<string, unknown>) => ({ kind: "local", sites: [{ ...hello, ...change }] });

describe("a stack file", () => {
  const refused: [string, Record<string, unknown>, RegExp][] = [
    ["an unknown key", { kind: "local", colour: "red" }, /^varvol:colour: is not a key that Varvol knows/],
    ["a misspelt key", { kind: "local", gatway: {} }, /^varvol:gatway: .*\. Did you mean gateway\?$/],
    [
      "a misspelt key of a site",
      site({ domain: "x" }),
      /^varvol:sites\[0\]\.domain: .* Did you mean domains\?$/,
    ],
    [
      "a misspelt value",
      { kind: "prd" },
      /^varvol:kind: "prd" must be local or prod or rpi\. Did you mean prod\?$/,
    ],
    ["an unknown key of a site", site({ domain: "x" }), /^varvol:sites\[0\]\.domain: is not a key/],
    ["a missing key", {}, /^varvol:kind: is missing; must be local or prod or rpi/],
    [
      "a missing key of a site",
      { kind: "local", sites: [{ name: "a", kind: "static-git", domains: ["a.b"] }] },
      /^varvol:sites\[0\]\.git: is missing/,
    ],
    [
      "an unknown kind of site",
      site({ kind: "drupal" }),
      /^varvol:sites\[0\]\.kind: "drupal" must be static, static-git, wordpress or php/,
    ],
    [
      "a name that is no DNS label",
      site({ name: "Hello_1" }),
      /^varvol:sites\[0\]\.name: "Hello_1" is no DNS label/,
    ],
    [
      "a name that a module has",
      site({ name: "mysql" }),
      /^varvol:sites\[0\]\.name: "mysql" is the name of a module/,
    ],
    [
      "denied paths of an image that knows nothing of them",
      site({ denied: ["/x/"], image: `a@sha256:${"0".repeat(64)}` }),
      /^varvol:sites\[0\]\.denied: .* is answered by Varvol's own web image/,
    ],
    [
      "a domain with a scheme",
      site({ domains: ["https://a.example.org/x"] }),
      /has a scheme; write a\.example\.org/,
    ],
    ["a domain with a path", site({ domains: ["a.example.org/x"] }), /has a path; write a\.example\.org/],
    ["a domain with a port", site({ domains: ["a.example.org:80"] }), /has a port; write a\.example\.org/],
    [
      "an upper-case domain",
      site({ domains: ["A.example.org"] }),
      /has upper-case letters; write a\.example\.org/,
    ],
    ["an IDN", site({ domains: ["bücher.example"] }), /write its punycode xn--bcher-kva\.example/],
    ["no domain", site({ domains: [] }), /^varvol:sites\[0\]\.domains: \[\] must have at least one entry/],
    [
      "an image without a digest",
      site({ image: "nginx:latest" }),
      /^varvol:sites\[0\]\.image: "nginx:latest" must be pinned by digest/,
    ],
    [
      "a port twice",
      { kind: "local", gateway: { http: 80, https: 80 } },
      /^varvol:gateway\.https: 80 is the port of/,
    ],
    [
      "a proxy that is everybody",
      { kind: "local", gateway: { trustedProxies: ["0.0.0.0/0"] } },
      /^varvol:gateway\.trustedProxies\[0\]: "0\.0\.0\.0\/0" is everybody/,
    ],
    [
      "a proxy by its name",
      { kind: "local", gateway: { trustedProxies: ["cdn.example.org"] } },
      /^varvol:gateway\.trustedProxies\[0\]: "cdn\.example\.org" /,
    ],
    [
      "a time without a unit",
      {
        kind: "local",
        sites: [{ ...hello, kind: "static-git", git: { url: "https://a.b/c", every: "10" } }],
      },
      /^varvol:sites\[0\]\.git\.every: "10" must be a time/,
    ],
    [
      "a folder outside the repository",
      {
        kind: "local",
        sites: [{ ...hello, kind: "static-git", git: { url: "https://a.b/c", folder: "../x" } }],
      },
      /^varvol:sites\[0\]\.git\.folder: "\.\.\/x" must be a folder inside/,
    ],
    [
      "a local repository for another machine",
      {
        kind: "prod",
        host: { address: "a.b", hostKey: "ssh-ed25519 AAAA", privateKeyFile: "/dev/null" },
        sites: [{ ...hello, kind: "static-git", git: { url: "./x" } }],
      },
      /is a path, which varvol:host can't see/,
    ],
  ];
  for (const [what, raw, message] of refused) {
    it(`is refused for ${what}, in one line that names key, value and remedy`, () => {
      const found = problems(raw);
      assert.equal(found.length, 1, found.join("\n"));
      assert.match(found[0] ?? "", message);
    });
  }

  it("is refused for two sites of one name or domain, naming the first", () => {
    assert.deepEqual(problems({ kind: "local", sites: [hello, hello] }), [
      'varvol:sites[1].name: "hello" is taken by varvol:sites[0].name; choose another',
      'varvol:sites[1].domains[0]: "hello.example.org" is taken by varvol:sites[0].domains[0]; choose another',
    ]);
  });

  it("is refused for former names that can't be, each with its key", () => {
    const named = (name: string, formerly?: string) => ({
      ...{ ...hello, name, domains: [`${name}.example.org`] },
      ...(formerly !== undefined && { formerly }),
    });
    const found = (...sites: object[]) => problems({ kind: "local", sites });
    assert.deepEqual(found(named("new", "old"), named("other", "else")), []);
    assert.deepEqual(found(named("new", "new")), [
      'varvol:sites[0].formerly: "new" is the name that the site has; give the one that it had before',
    ]);
    assert.deepEqual(found(named("new", "old"), named("old")), [
      'varvol:sites[0].formerly: "old" is the name of a site that is in the stack file still; take one of the two out',
    ]);
    assert.deepEqual(found(named("new", "old"), named("other", "old")), [
      'varvol:sites[1].formerly: "old" is the former name of another site too; leave one of the two out',
    ]);
    assert.match(found(named("new", "Old")).join(), /sites\[0\]\.formerly: "Old" is no DNS label/);
  });

  it("takes its kind's defaults, and its own keys win", () => {
    const local = resolveConfig("x", checkConfig("x", { kind: "local", gateway: { http: 9090 } }));
    assert.equal(local.http, 9090);
    assert.equal(local.https, 8443);
    const rpi = resolveConfig("x", checkConfig("x", { kind: "rpi" }));
    const prod = resolveConfig("x", checkConfig("x", { kind: "prod" }));
    assert.ok(rpi.limits.php < prod.limits.php && rpi.accessLog === "none" && prod.accessLog === "errors");
  });

  it("has a JSON schema for editors that is up to date (npm run schema)", () => {
    assert.deepEqual(
      JSON.parse(fs.readFileSync("schema/stack.schema.json", "utf8")),
      JSON.parse(JSON.stringify(stackFileSchema())),
    );
    for (const stack of ["local", "prod", "rpi"]) {
      const text = fs.readFileSync(`Pulumi.${stack}.yaml`, "utf8");
      assert.match(text, /^# yaml-language-server: \$schema=schema\/stack\.schema\.json\n/);
      const { config } = parse(text) as { config: Record<string, unknown> };
      assert.deepEqual(
        problems(
          Object.fromEntries(
            Object.entries(config).map(([key, value]) => [key.replace("varvol:", ""), value]),
          ),
        ),
        [],
      );
    }
  });
});
