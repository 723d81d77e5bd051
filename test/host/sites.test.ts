import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { attempt, capture } from "../../base/exec";
import { GitServer } from "../support/gitServer";
import { handshake } from "../support/handshake";
import { TestHost } from "../support/testHost";
import { until } from "../support/until";

describe("a host", function () {
  this.timeout(600_000);
  const host = new TestHost("sites", 18180);
  const hello = {
    name: "hello",
    kind: "static",
    domains: ["hello.localhost", "www.hello.localhost"],
    import: path.resolve("demo/hello"),
  };
  const blog = {
    name: "blog",
    kind: "wordpress",
    domains: ["blog.localhost", "www.blog.localhost"],
    title: "A blog",
  };
  let docs: Record<string, unknown>;
  let git: GitServer;
  let first: string;

  before(async () => {
    git = await GitServer.start(path.join(host.folder, "git"));
    first = await git.commit("docs", { "public/index.html": "<h1>first</h1>", "secret.txt": "not served" });
    docs = {
      name: "docs",
      kind: "static-git",
      domains: ["docs.localhost"],
      git: { url: `${git.address}/docs`, branch: "main", folder: "public", every: "10s" },
    };
    host.configure([hello, docs, blog]);
    const text = await host.up();
    assert.match(text, /hello .* ok/);
  });

  after(() => git.stop());

  it("serves all three kinds over HTTP and HTTPS by the Host header", async () => {
    for (const tls of [false, true]) {
      assert.match((await host.get("hello.localhost", "/", { tls })).body, /Hello from Varvol/);
      assert.match((await host.get("docs.localhost", "/", { tls })).body, /<h1>first<\/h1>/);
      const page = await host.get("blog.localhost", "/", { tls });
      assert.equal(page.status, 200);
      assert.match(page.body, /<title>A blog/);
    }
  });

  it("serves HTTPS with a certificate of the host's own authority", async () => {
    const authority = JSON.parse(
      (await host.pulumi("stack", "output", "certificateAuthority", "--json")).stdout,
    ) as string;
    const file = path.join(host.folder, "ca.pem");
    fs.writeFileSync(file, authority);
    const { code, stdout } = await attempt([
      "curl",
      "-sS",
      "--cacert",
      file,
      "--resolve",
      `hello.localhost:${host.https}:127.0.0.1`,
      `https://hello.localhost:${host.https}/`,
    ]);
    assert.equal(code, 0);
    assert.match(stdout, /Hello from Varvol/);
  });

  it("redirects a site's other domains to its first", async () => {
    const answer = await host.get("www.hello.localhost", "/a?b");
    assert.equal(answer.status, 301);
    assert.equal(answer.headers.location, "http://hello.localhost/a?b");
    assert.equal(answer.headers["cache-control"], "max-age=300");
  });

  it("SEC-7: gives unknown hosts no answer and unknown server names no handshake", async () => {
    await assert.rejects(host.get("nobody.localhost"), /socket hang up|ECONNRESET/);
    await assert.rejects(
      host.get("nobody.localhost", "/", { tls: true }),
      /alert|EPROTO|ECONNRESET|unrecognized/i,
    );
    assert.equal(
      (await host.get("docs.localhost", "/", { tls: true, servername: "hello.localhost" })).status,
      421,
    );
  });

  // https://ssl-config.mozilla.org/guidelines/6.0.json
  it("SEC-7: speaks TLS as Mozilla's intermediate profile has it", async () => {
    const offer = (offered: Parameters<typeof handshake>[2]) =>
      handshake(host.https, "hello.localhost", offered);
    for (const ecdhCurve of ["X25519", "P-256", "P-384"])
      assert.equal((await offer({ ecdhCurve })).version, "TLSv1.3", ecdhCurve);
    for (const ecdhCurve of ["X448", "P-521"]) assert.deepEqual(await offer({ ecdhCurve }), {}, ecdhCurve);
    const old = { ciphers: "DEFAULT@SECLEVEL=0", minVersion: "TLSv1" } as const;
    assert.deepEqual(await offer({ ...old, maxVersion: "TLSv1.1" }), {});
    assert.equal((await offer({ ...old, maxVersion: "TLSv1.2" })).version, "TLSv1.2");
    const weak = {
      ciphers: "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA",
      maxVersion: "TLSv1.2",
    } as const;
    assert.deepEqual(await offer(weak), {});
    const { days = Infinity } = await offer({});
    assert.ok(days <= 366, `${days} days`);
  });

  it("never passes forged forwarded headers on", async () => {
    const headers = {
      "x-forwarded-host": "evil.example",
      "x-forwarded-proto": "https",
      "x-forwarded-for": "6.6.6.6",
      forwarded: "host=evil.example",
    };
    const { body } = await host.get("blog.localhost", "/?fresh=1", { headers });
    assert.doesNotMatch(body, /evil\.example/);
    assert.match(body, /http:\/\/blog\.localhost\//);
  });

  it("changes nothing when nothing changed, and says so", async () => {
    const before = await host.containers();
    assert.match(await host.up(), /Nothing changed/);
    assert.deepEqual(await host.containers(), before);
    const again = await host.pulumi("preview", "--refresh", "--expect-no-changes");
    assert.equal(again.code, 0, again.stdout);
  });

  it("adds a site without touching the gateway's, MySQL's and other sites' containers, and routes it once it answers", async () => {
    const before = await host.containers();
    const added = path.join(host.folder, "added");
    fs.mkdirSync(added);
    fs.writeFileSync(path.join(added, "index.html"), "added");
    host.configure([
      hello,
      docs,
      blog,
      { name: "added", kind: "static", domains: ["added.localhost"], import: added },
    ]);
    await host.up();
    assert.equal((await host.get("added.localhost")).body, "added");
    const after = await host.containers();
    for (const [role, id] of before) assert.equal(after.get(role), id, role);
  });

  it("removes a site but keeps its volume until purge", async () => {
    host.configure([hello, docs, blog]);
    assert.match(await host.up(), /added is no site any more. Its data stays in .*vol\/added/);
    await assert.rejects(host.get("added.localhost"));
    assert.ok(!(await host.containers()).has("added/web"));
    const file = path.join(host.root, "added/site/index.html");
    assert.equal(fs.readFileSync(file, "utf8"), "added");
    assert.notEqual((await host.varvol("purge", "hello", "--yes")).code, 0, "a site in use is not purged");
    assert.notEqual((await host.varvol("purge", "added")).code, 0, "nobody was asked");
    assert.ok(fs.existsSync(file));
    const purged = await host.varvol("purge", "added", "--yes");
    assert.equal(purged.code, 0, purged.stderr);
    assert.ok(!fs.existsSync(path.join(host.root, "added")));
  });

  it("serves a new commit after the next pull, and nothing but the folder", async () => {
    const second = await git.commit("docs", { "public/index.html": "<h1>second</h1>" });
    await until("the second commit", async () => (await host.get("docs.localhost")).body.includes("second"));
    for (const target of ["/.git/HEAD", "/../secret.txt", "/secret.txt"])
      assert.match(String((await host.get("docs.localhost", target)).status), /^40[04]$/, target);
    const { sites } = JSON.parse((await host.varvol("status", "--json")).stdout) as {
      sites: { name: string; git?: { served: string; error: string | null } }[];
    };
    const status = sites.find(({ name }) => name === "docs")?.git;
    assert.equal(status?.served, second);
    assert.notEqual(second, first);
  });

  it("keeps the old tree when a pull fails, and shows that in the status", async () => {
    git.stop();
    const failed = await until(
      "a failed pull",
      async () => {
        const { stdout } = await host.varvol("status", "--json");
        const { sites } = JSON.parse(stdout) as {
          sites: { name: string; git?: { error: string | null; served: string } }[];
        };
        const status = sites.find(({ name }) => name === "docs")?.git;
        return status?.error ? status : undefined;
      },
      60,
    );
    assert.ok(failed.served);
    assert.match((await host.get("docs.localhost")).body, /second/);
    git = await GitServer.start(path.join(host.folder, "git"), git.port);
  });

  it("GIT-1: takes no harm from a hostile repository", async () => {
    await git.commit("docs", {
      "public/index.html": "<h1>hostile</h1>",
      "public/passwd": "-> /etc/passwd",
      "public/up": "-> ../../../../../../etc/passwd",
      "public/inside": "-> index.html",
      ".gitmodules": '[submodule "x"]\n\tpath = public/x\n\turl = file:///srv/repo\n',
      "public/.git-hooks/post-checkout": "#!/bin/sh\ntouch /srv/site/hooked\n",
    });
    await until("the hostile commit", async () =>
      (await host.get("docs.localhost")).body.includes("hostile"),
    );
    for (const target of ["/passwd", "/up"]) {
      const { status, body } = await host.get("docs.localhost", target);
      assert.notEqual(status, 200, target);
      assert.doesNotMatch(body, /root:/);
    }
    assert.match((await host.get("docs.localhost", "/inside")).body, /hostile/);
    assert.ok(!fs.existsSync(path.join(host.root, "docs/site/hooked")));
  });

  it("has all data back after every container is removed by hand", async () => {
    const ids = [...(await host.containers()).values()];
    await capture(["docker", "rm", "-f", ...ids]);
    const text = await host.up();
    assert.doesNotMatch(text, /Nothing changed/);
    assert.match((await host.get("hello.localhost")).body, /Hello from Varvol/);
    assert.match((await host.get("docs.localhost")).body, /hostile/);
    assert.match((await host.get("blog.localhost")).body, /<title>A blog/);
  });

  it("is removed by destroy, with all data left, and comes back", async () => {
    const gone = await host.varvol("destroy", "--yes");
    assert.equal(gone.code, 0, gone.stderr);
    assert.equal((await host.containers()).size, 0);
    assert.ok(fs.existsSync(path.join(host.root, "blog/content/themes")));
    await host.up();
    assert.match((await host.get("blog.localhost")).body, /<title>A blog/);
  });
});
