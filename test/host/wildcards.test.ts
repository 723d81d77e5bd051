import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import * as tls from "node:tls";
import type { Certificate } from "../../flows/certificates/certificates";
import { remove } from "../support/cleanUp";
import { CommandLines } from "../support/commandLines";
import { Pebble } from "../support/pebble";
import { TestHost } from "../support/testHost";
import { until } from "../support/until";

describe("certificates of names that are proven by the DNS, on a host", function () {
  this.timeout(400_000);
  const host = new TestHost("wild", 18890);
  const zone = { name: "example.org", secret: randomBytes(32).toString("base64") };
  const eab = { kid: "kid", hmac: randomBytes(32).toString("base64url") };
  const commandLines = new CommandLines();
  let pebble: Pebble;
  let root: string;

  const certificate = (name: string): Promise<tls.PeerCertificate & { readonly trusted: boolean }> =>
    new Promise((resolve, reject) => {
      const where = { host: "127.0.0.1", port: host.https, servername: name };
      const socket = tls.connect({ ...where, ca: root, rejectUnauthorized: false }, () => {
        resolve({ ...socket.getPeerCertificate(), trusted: socket.authorized });
        socket.destroy();
      });
      socket.once("error", reject);
    });
  const trusted = async (name: string) => (await certificate(name)).trusted;
  const one = async (site: string, ...args: string[]) => {
    const { code, stdout, stderr } = await host.varvol("certs", "--json", ...args, site);
    assert.ok(stdout, stderr);
    const [found] = JSON.parse(stdout) as Certificate[];
    assert.ok(found);
    return { ...found, code };
  };
  const configure = async (server: string) => {
    const authority = path.join(host.folder, "authority.pem");
    fs.writeFileSync(authority, await pebble.authority());
    const content = path.resolve("demo/hello");
    host.configure(
      [
        { name: "garden", kind: "static", domains: ["example.org", "*.example.org"], import: content },
        {
          ...{ name: "shop", kind: "static", domains: ["shop.example.org"], import: content },
          hsts: { days: 30 },
        },
      ],
      {
        tls: "acme",
        acme: {
          ...{ directory: pebble.directory, authority, eab, resolvers: [`${await pebble.elsewhere()}:53`] },
          dns: {
            // The zone's server has a name that no other server knows.
            ...{ provider: "rfc2136", wait: "10s" },
            credentials: {
              ...{ RFC2136_NAMESERVER: server, RFC2136_TSIG_KEY: "acme." },
              ...{ RFC2136_TSIG_ALGORITHM: "hmac-sha256.", RFC2136_SEQUENCE_INTERVAL: "1" },
            },
          },
        },
        backup: { repository: path.join(host.folder, "archive") },
      },
    );
    const where = ["--path", "varvol:acme.dns.credentials.RFC2136_TSIG_SECRET", zone.secret];
    const set = await host.pulumi("config", "set", "--secret", ...where, "--config-file", host.configFile);
    assert.equal(set.code, 0, set.stderr);
    await host.up();
  };

  before(async () => {
    pebble = await Pebble.start(18895, { httpPort: host.http, seconds: 3600, eab, zone });
    root = await pebble.root();
    host.configure([]);
    await host.up();
    commandLines.watch();
  });

  after(async () => {
    commandLines.stop();
    await pebble?.stop();
  });

  it("name the server that can't be asked, and the own authority's serve meanwhile", async () => {
    await configure(`${pebble.bridge}:9`);
    await until("a try", async () => (await one("garden")).error !== undefined, 120);
    const { error = "" } = await one("garden");
    assert.match(error, /:9\b/);
    assert.ok(!error.includes(zone.secret));
    assert.ok(!(await trusted("example.org")));
  });

  it("are had with wildcards, for names without any address", async () => {
    await configure(`${await pebble.elsewhere()}:53`);
    for (const site of ["garden", "shop"]) {
      const { code, error } = await one(site, "--renew");
      assert.deepEqual([code, error], [0, undefined]);
    }
    assert.equal((await certificate("any.example.org")).subjectaltname, "DNS:example.org, DNS:*.example.org");
    assert.ok(await trusted("any.example.org"));
    assert.equal((await certificate("shop.example.org")).subjectaltname, "DNS:shop.example.org");
    assert.ok(await trusted("shop.example.org"));
  });

  it("serve a domain, lead what only the wildcard has to it, and leave another site its own", async () => {
    const ask = (name: string) => host.get(name, "/page", { tls: true });
    assert.equal((await host.get("example.org", "/", { tls: true })).status, 200);
    const led = await ask("any.example.org");
    assert.deepEqual([led.status, led.headers.location], [301, "https://example.org/page"]);
    assert.equal((await host.get("shop.example.org", "/", { tls: true })).status, 200);
  });

  it("have browsers come by HTTPS alone where a site says so, which is said by HTTPS alone", async () => {
    const said = async (name: string, target: string, tls: boolean) => {
      const { headers } = await host.get(name, target, { tls });
      assert.equal(headers["x-content-type-options"], "nosniff");
      return headers["strict-transport-security"];
    };
    for (const target of ["/", "/not-there"])
      assert.equal(await said("shop.example.org", target, true), "max-age=2592000");
    assert.equal(await said("shop.example.org", "/", false), undefined);
    assert.equal(await said("example.org", "/", true), undefined);
  });

  it("leave nothing behind in the zone, and the key to it nowhere in clear", async () => {
    assert.deepEqual(await pebble.proofs(`_acme-challenge.${zone.name}`), []);
    const state = path.join(host.folder, "state");
    const states = fs
      .readdirSync(state, { recursive: true, encoding: "utf8" })
      .map((file) => path.join(state, file))
      .filter((file) => fs.statSync(file).isFile());
    const seen = commandLines.stop().split("\n");
    assert.ok(seen.some((line) => /docker run .*--dns rfc2136/.test(line)));
    // Of the test's own.
    const own = (line: string) =>
      line.includes(" config set ") || line.includes(`${pebble.bridge} ${host.http} `);
    assert.ok(!seen.some((line) => line.includes(zone.secret) && !own(line)));
    for (const file of states) assert.ok(!fs.readFileSync(file, "utf8").includes(zone.secret), file);
  });

  it("are back on a host that was lost, with nothing ordered anew", async () => {
    const before = await Promise.all(["any.example.org", "shop.example.org"].map(certificate));
    const password = path.join(host.folder, "password");
    const kit = JSON.parse((await host.varvol("recovery-kit", "--json")).stdout) as { password: string };
    fs.writeFileSync(password, kit.password, { mode: 0o600 });
    const made = await host.varvol("host-backup");
    assert.equal(made.code, 0, made.stderr);
    remove({ namespace: host.namespace, folder: host.root });
    for (const file of ["state", "stack.yaml"]) fs.rmSync(path.join(host.folder, file), { recursive: true });
    fs.mkdirSync(path.join(host.folder, "state"));
    const asked = (await pebble.log()).length;
    const where = ["--repository", path.join(host.folder, "archive"), "--password-file", password];
    const restored = await host.varvol("host-restore", ...where, "--yes");
    assert.equal(restored.code, 0, restored.stdout + restored.stderr);
    for (const { serialNumber, subjectaltname } of before) {
      const name = subjectaltname?.includes("*") ? "any.example.org" : "shop.example.org";
      assert.equal((await certificate(name)).serialNumber, serialNumber);
    }
    // It is asked by its account of before when the time has come, or somebody wants to know.
    const { code, error, until: end } = await one("garden", "--renew");
    assert.deepEqual([code, error, end !== undefined], [0, undefined, true]);
    assert.doesNotMatch((await pebble.log()).slice(asked), /order-plz|sign-me-up/);
    assert.match((await host.varvol("up")).stdout, /Nothing changed/);
  });
});
