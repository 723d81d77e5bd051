import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { vhostConf } from "../../components/gateway/nginx";
import { hashed, passwordFile } from "../../components/gateway/passwords";
import type { Requests } from "../../components/gateway/requests";
import { resolveConfig } from "../../stacks/config";
import { checkConfig, ConfigError } from "../../stacks/problems";

const site = { name: "my-shop", kind: "static", domains: ["shop.localhost", "www.shop.localhost"] };
const vhost = { site: "my-shop", domains: site.domains, upstream: "my-shop-web-1", cacheable: true };
const NONE: Requests = { redirects: [], headers: {}, auth: false, robots: true };

const config = (keys: Record<string, unknown>) =>
  resolveConfig("x", checkConfig("x", { kind: "local", sites: [{ ...site, ...keys }] }));

function problem(keys: Record<string, unknown>): string {
  try {
    config(keys);
    return "";
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems.join("\n");
  }
}

const textOf = (keys: Record<string, unknown>) =>
  vhostConf({ ...vhost, requests: config(keys).requests["my-shop"] });

/** Where nginx would send a request, by the maps of a virtual host. */
function sentTo(text: string, asked: string): string | undefined {
  for (const [, code, lines = ""] of text.matchAll(/\$to_(30[12])_\w+ \{\n([^}]*)\n\}/g))
    for (const [, pattern = "", place = ""] of lines.matchAll(/"~(.*)" "(.*)";/g)) {
      // JavaScript has no groups with flags of their own.
      const found = new RegExp(pattern.replaceAll(/\(\?i:(%..)\)/g, "$1")).exec(asked);
      if (found && place === "") break;
      if (found)
        return `${code} ${place.replaceAll(/\$(below|asked)/g, (_, name: string) => found.groups?.[name] ?? "")}`;
    }
  return undefined;
}

describe("what becomes of a site's requests before it is asked", () => {
  it("is nothing where nothing is said", () => {
    assert.deepEqual(config({}).requests, {});
    assert.equal(vhostConf({ ...vhost, requests: NONE }), vhostConf(vhost));
  });

  describe("redirects", () => {
    it("lead a path, or all below one, to a path or an address, with what was asked", () => {
      const text = textOf({
        redirects: {
          "/old": "/new",
          "/café": { to: "/coffee", code: 302 },
          "/blog/*": "https://blog.example.org/*",
          "/a.b/*": "/all",
          "/q": "/r?x=1",
          "/f": "/g#part",
        },
      });
      const here = "$scheme://$host$visible_port";
      for (const [asked, place] of [
        ["/old", `301 ${here}/new`],
        ["/old?a=1&b=%0d%0a", `301 ${here}/new?a=1&b=%0d%0a`],
        ["/older", undefined],
        ["/old/", undefined],
        ["/caf%C3%A9", `302 ${here}/coffee`],
        ["/blog/2024/x%20y?z", "301 https://blog.example.org/2024/x%20y?z"],
        ["/blog", undefined],
        ["/a.b/c", `301 ${here}/all`],
        ["/aXb/c", undefined],
        ["/q?y", `301 ${here}/r?x=1`],
        ["/f?y", `301 ${here}/g?y#part`],
      ] as const)
        assert.equal(sentTo(text, asked), place, asked);
      assert.match(
        textOf({ redirects: { "/*": "https://new.example.org/*" } }),
        /\(\?!\/\\\.well-known\/acme-challenge\//,
      );
    });

    it("are those of a single path before those of all below one, whatever their codes", () => {
      const text = textOf({
        redirects: { "/*": "https://all.example/", "/a/*": { to: "/b", code: 302 }, "/a/c": "/c" },
      });
      const here = "$scheme://$host$visible_port";
      assert.equal(sentTo(text, "/a/c"), `301 ${here}/c`);
      assert.equal(sentTo(text, "/a/d"), `302 ${here}/b`);
      assert.equal(sentTo(text, "/d"), "301 https://all.example/");
    });

    it("lead in no circle, and take nothing that others need", () => {
      for (const redirects of [
        { "/a": "/a" },
        { "/a": "/b", "/b": "/c", "/c": "/a?x" },
        { "/a/*": "/a/b/*" },
        { "/*": "/x/*" },
        { "/a": "https://shop.localhost/a" },
        { "/a": "https://www.shop.localhost:8443/a#x" },
      ])
        assert.match(problem({ redirects }), /leads in a circle/, JSON.stringify(redirects));
      assert.equal(
        problem({ redirects: { "/a/*": "/b/*", "/b": "/a/", "/x": "/y", "/y": "https://else.example/x" } }),
        "",
      );
      for (const from of ["/.well-known/acme-challenge/x", "/.varvol/health"])
        assert.match(problem({ redirects: { [from]: "/x" } }), /is Varvol's own, or an authority's/, from);
      for (const from of ["old", "//x", "/a b", "/a?b", "/a$b", '/a"b', "/a;b", "/a%zz"])
        assert.match(problem({ redirects: { [from]: "/x" } }), /must be a path/, from);
      for (const to of ["new", "//evil.example", "ftp://x", "/$host", '/"', "javascript:alert(1)", "/a\nb"])
        assert.match(problem({ redirects: { "/a": to } }), /must lead to a path/, to);
      assert.match(problem({ redirects: { "/a*": "/b" } }), /only at its end/);
      assert.match(problem({ redirects: { "/a": "/b/*" } }), /has a \*/);
      assert.match(problem({ redirects: { "/a": { to: "/b", code: 307 } } }), /code: 307 must be 301/);
    });
  });

  describe("headers", () => {
    it("stand beside those that all sites have, once each", () => {
      const hsts = { days: 1, subdomains: false, preload: false };
      const { requests } = config({
        headers: { "X-Frame-Options": "SAMEORIGIN", "X-Q": 'a "b" \\c' },
        robots: false,
      });
      const text = vhostConf({ ...vhost, hsts, requests: requests["my-shop"] });
      const server = text.slice(text.lastIndexOf("server {"));
      for (const name of [
        "X-Content-Type-Options",
        "Strict-Transport-Security",
        "X-Frame-Options",
        "X-Q",
        "X-Robots-Tag",
      ]) {
        assert.equal(server.split(`add_header ${name} `).length, 2, name);
        assert.ok(server.includes(`proxy_hide_header ${name};`), name);
      }
      assert.ok(server.includes('add_header X-Q "a \\"b\\" \\\\c" always;'));
    });

    it("are refused where they are another key's, Varvol's own, or of the connection", () => {
      assert.match(problem({ headers: { "strict-transport-security": "x" } }), /belongs to the key hsts/);
      assert.match(problem({ headers: { "X-Robots-Tag": "x" } }), /belongs to the key robots/);
      for (const name of ["Connection", "Transfer-Encoding", "Content-Length", "Set-Cookie", "Upgrade"])
        assert.match(problem({ headers: { [name]: "x" } }), /tells of the connection/, name);
      for (const name of ["X-Accel-Redirect", "Referrer-Policy"])
        assert.match(problem({ headers: { [name]: "x" } }), /is set by Varvol itself/, name);
      for (const name of ["a b", "x\ny", "x;y", ""])
        assert.match(problem({ headers: { [name]: "x" } }), /is no name/, name);
      for (const value of ["a\nb", "a\r", "$host", ""])
        assert.match(problem({ headers: { "X-A": value } }), /must be a line/);
      assert.match(problem({ headers: { "X-A": "1", "x-a": "2" } }), /stands here twice/);
    });
  });

  describe("auth", () => {
    const users = { editor: "a long password" };

    it("lets in who has a password, an authority, a forge and the host itself, and tells the site nothing of it", () => {
      const requests = config({ auth: { users } }).requests["my-shop"];
      const text = vhostConf({ ...vhost, requests, challenges: true, hook: true });
      assert.match(text, /auth_basic_user_file auth\/my-shop;/);
      assert.match(text, /geo \$realip_remote_addr \$host_asks_my_shop \{ default 0; 127\.0\.0\.1 1; \}/);
      const server = text.slice(text.lastIndexOf("server {"));
      for (const place of ["^~ /.well-known/acme-challenge/", "/.varvol/pull/"])
        assert.ok(server.includes(`location ${place} {\n        auth_basic off;`), place);
      assert.match(
        server,
        /proxy_set_header X-Real-IP \$remote_addr;[\s\S]*proxy_set_header Authorization "";/,
      );
      assert.ok(!text.includes(users.editor));
    });

    it("knows passwords by their hashes alone, as crypt(3) makes them, and says none in an error", () => {
      const file = passwordFile({ ...users, old: `$apr1$abcdefgh$${"x".repeat(22)}` }, "a word");
      assert.match(
        file,
        /^editor:\$6\$rounds=1000\$[0-9a-f]{16}\$[./\w]{86}\nold:\$apr1\$abcdefgh\$x{22}\n$/,
      );
      assert.equal(file, passwordFile({ ...users, old: `$apr1$abcdefgh$${"x".repeat(22)}` }, "a word"));
      for (const [password, salt] of [
        ["Hello world!", "saltstring"],
        ["ü".repeat(70), "0123456789abcdef"],
        ["x", "y"],
      ] as const) {
        const { stdout } = spawnSync("openssl", ["passwd", "-6", "-salt", salt, "-stdin"], {
          input: password,
        });
        assert.equal(hashed(password, salt, 5000).replace("rounds=5000$", ""), String(stdout).trim());
      }
      for (const given of ["short", "a long\npassword"]) {
        const said = problem({ auth: { users: { editor: given } } });
        assert.match(said, /auth\.users\.editor: its value must be a password/);
        assert.ok(!said.includes("short") && !said.includes("a long"));
      }
      assert.match(problem({ auth: { users: {} } }), /must have at least one user/);
      assert.match(problem({ auth: { users: { "a:b": "long enough" } } }), /./);
    });
  });

  describe("maintenance", () => {
    it("closes the site to visitors, but not to those named, the host itself, an authority and a forge", () => {
      const requests = config({ maintenance: { allow: ["192.0.2.0/24", "2001:db8::1"], retry: "1h" } })
        .requests["my-shop"];
      const text = vhostConf({ ...vhost, requests, challenges: true, hook: true });
      assert.match(text, /geo \$shut_my_shop \{ default 1; 192\.0\.2\.0\/24 0; 2001:db8::1 0; \}/);
      assert.match(
        text,
        /location @closed \{[\s\S]*add_header X-Content-Type-Options[\s\S]*Retry-After 3600 always;[\s\S]*return 503/,
      );
      assert.equal(text.split("return 503;").length, 2);
      assert.match(
        text,
        /location \/ \{\s+error_page 503 @closed;\s+if \(\$closed_my_shop\) \{ return 503; \}/,
      );
      assert.deepEqual(config({ maintenance: true }).requests["my-shop"]?.maintenance, {
        allow: [],
        retry: 600,
      });
      assert.deepEqual(config({ maintenance: false }).requests, {});
      assert.match(problem({ maintenance: { allow: ["everybody"] } }), /must be an address, or a range/);
    });
  });

  it("robots forbids search engines to keep the site, also where it asks for a password", () => {
    const text = textOf({ robots: false, auth: { users: { a: "long enough" } } });
    assert.match(text, /add_header X-Robots-Tag "noindex, nofollow" always;/);
    assert.match(
      text,
      /location = \/robots\.txt \{\s+default_type text\/plain;\s+return 200 "User-agent: \*\\nDisallow: \/\\n";/,
    );
  });
});
