import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import {
  legoAccount,
  legoArguments,
  legoFiles,
  legoReason,
  legoVariables,
} from "../../agent/certificates/lego";
import { issuers } from "../../agent/certificates/lookUp";
import { nextTry, readHeld, stepOf } from "../../agent/certificates/steps";
import { certificateId } from "../../agent/certificates/windows";
import { type Certificates, type Journal, journalSchema, requestSchema } from "../../agent/protocol";
import { vhostConf } from "../../components/gateway/nginx";
import { renewalOf } from "../../flows/certificates/certificates";
import { keysInClear } from "../../flows/certificates/inClear";
import { judgePages } from "../../flows/status/judge";
import { checkConfig } from "../../stacks/problems";
import { acmeProblems, isPublic, LETS_ENCRYPT, tlsOf } from "../../stacks/tls";

const DAY = 86_400;
const NOW = 1_800_000_000;
const directory = "https://ca.example.org/dir";

const plan: Certificates = {
  ...{ stack: "prod", namespace: "", image: "varvol/acme:1", agent: "varvol/agent:1" },
  ...{ directory, resolvers: [], port: 80, sites: [] },
};
const journal = (more: Partial<Journal> = {}): Journal => ({
  ...{ directory, names: ["a.org", "www.a.org"], tried: NOW - 10, failures: 0, next: NOW + 1000 },
  ...more,
});
const held = (names: readonly string[] = ["a.org", "www.a.org"]) => ({
  ...{ names, issuer: "R1", from: NOW - 10 * DAY, until: NOW + 80 * DAY },
});

describe("certificates of a public authority", () => {
  const wanted = { domains: ["a.org", "www.a.org"], directory };
  const step = (...args: [ReturnType<typeof held> | undefined, Journal | undefined]) =>
    stepOf(wanted, ...args, NOW);

  it("are ordered where there is none, where the names are others, and where another authority is to give them", () => {
    assert.equal(step(undefined, undefined), "order");
    assert.equal(step(held(["a.org"]), journal({ names: ["a.org"] })), "order");
    assert.equal(step(held(), journal({ directory: "https://other.example.org/dir" })), "order");
    assert.equal(step(undefined, journal({ next: NOW - 1 })), "order");
  });

  it("are never ordered again because their names stand in another order", () => {
    assert.equal(step(held(["www.a.org", "a.org"]), journal({ next: NOW - 1 })), "look");
  });

  it("are looked after when their time has come, and not before, also after a failure", () => {
    assert.equal(step(held(), journal()), "wait");
    assert.equal(step(held(), journal({ next: NOW })), "look");
    assert.equal(step(undefined, journal({ failures: 2 })), "wait");
  });

  it("are tried again after 1, 10 and 100 minutes, and daily from then on", () => {
    assert.deepEqual(
      [1, 2, 3, 4, 50].map((failures) => nextTry(failures, NOW) - NOW),
      [60, 600, 6000, DAY, DAY],
    );
  });

  it("are asked for twice a day, and a short one no later than at half of its life", () => {
    assert.equal(nextTry(0, NOW, held()), NOW + DAY / 2);
    const hour = { from: NOW - 60, until: NOW + 3540 };
    assert.equal(nextTry(0, NOW, hour), hour.until - 1800);
    assert.equal(nextTry(0, NOW, { from: NOW - 3600, until: NOW + 10 }), NOW + 60);
  });

  it("are read: their names, whom they are from, and when they end", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-unit-"));
    const [key, pem] = ["key.pem", "a.pem"].map((file) => path.join(folder, file));
    const names = "subjectAltName=DNS:a.org,DNS:*.a.org,IP:127.0.0.1";
    execFileSync(
      "openssl",
      [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90"],
        ...["-subj", "/O=An authority/CN=R1", "-addext", names, "-keyout", key ?? "", "-out", pem ?? ""],
      ],
      { stdio: "ignore" },
    );
    const read = readHeld(fs.readFileSync(pem ?? "", "utf8"));
    fs.rmSync(folder, { recursive: true });
    assert.deepEqual(read.names, ["a.org", "*.a.org"]);
    assert.equal(read.issuer, "An authority R1");
    assert.equal(read.until - read.from, 90 * DAY);
  });
});

describe("the authority's window for a certificate's renewal", () => {
  // Of RFC 9773, appendix A, with its id.
  const pem = `-----BEGIN CERTIFICATE-----
MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt
cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS
BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu
7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf
qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B
yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb
+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK
-----END CERTIFICATE-----
`;

  it("is asked for by the key that signed the certificate, and its number", () => {
    assert.equal(certificateId(pem), "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
  });

  it("is shown with the rest of what came of the tries", () => {
    const window = { from: NOW + 50 * DAY, until: NOW + 52 * DAY };
    const { issuer, from, until } = held();
    const kept = journalSchema.parse(journal({ held: { issuer, from, until, window }, error: "no" }));
    const { window: shown, nextTry, error } = renewalOf(kept);
    assert.deepEqual(shown, { from: "2027-03-06T08:00:00Z", until: "2027-03-08T08:00:00Z" });
    assert.deepEqual([nextTry, error], ["2027-01-15T08:16:40Z", "no"]);
    assert.equal(renewalOf(journal()).window, undefined);
  });
});

describe("what lego is asked", () => {
  const eab = { kid: "kid-1", hmac: "hmac-secret" };
  const dns = { provider: "rfc2136", credentials: { RFC2136_TSIG_SECRET: "tsig-secret" } };

  it("is an order with all names, or a look that decides by the certificate's lifetime", () => {
    const order = legoArguments(
      { ...plan, profile: "tlsserver", email: "a@b.org" },
      ["a.org", "b.org"],
      "order",
    );
    assert.equal(
      order.join(" "),
      `--server ${directory} --accept-tos --path /acme --key-type ec256 --email a@b.org --domains a.org --domains b.org ` +
        "--http --http.webroot /challenges run --profile tlsserver",
    );
    const look = legoArguments({ ...plan, dns, resolvers: ["192.0.2.1:53"] }, ["*.a.org"], "look");
    assert.match(look.join(" "), /--dns rfc2136 --dns\.resolvers 192\.0\.2\.1:53 renew --dynamic/);
    assert.ok(!look.includes("--must-staple"));
    const waits = legoArguments({ ...plan, dns: { ...dns, wait: 90 } }, ["a.org"], "order");
    assert.match(waits.join(" "), /--dns rfc2136 --dns\.propagation-wait 90s run$/);
  });

  it("has its secrets by standard input, and none in its arguments", () => {
    const all = { ...plan, eab, dns, authority: "PEM" };
    assert.doesNotMatch(legoArguments(all, ["a.org"], "order").join(" "), /secret|kid-1/);
    assert.equal(
      legoVariables(all),
      "LEGO_CA_CERTIFICATES=/acme/authority.pem\nLEGO_EAB_KID=kid-1\nLEGO_EAB_HMAC=hmac-secret\nRFC2136_TSIG_SECRET=tsig-secret\n",
    );
  });

  it("is kept by the first name, as lego writes it", () => {
    assert.equal(legoFiles(["*.a.org", "a.org"]).chain, "certificates/_.a.org.crt");
    assert.equal(legoAccount(plan), "accounts/ca.example.org/noemail@example.com/account.json");
    assert.equal(
      legoAccount({ ...plan, directory: "https://192.0.2.1:14000/dir", email: "a@b.org" }),
      "accounts/192.0.2.1_14000/a@b.org/account.json",
    );
  });

  it("fails with lego's own reason, without its times and what went well", () => {
    const said = [
      "2026/11/29 22:07:42 [INFO] [a.org] acme: Obtaining bundled SAN certificate",
      "2026/11/29 22:07:43 Could not obtain certificates:",
      "\terror: one or more domains had a problem:",
      "[a.org] acme: error: 403 :: urn:ietf:params:acme:error:unauthorized :: 404",
      "",
    ].join("\n");
    assert.match(
      legoReason(said),
      /^Could not obtain certificates:; error: one .*; \[a\.org\] acme: error: 403/,
    );
    assert.equal(legoReason(""), "lego said nothing");
  });
});

describe("what a host's copy has of public certificates", () => {
  const isTaken = (file: string) =>
    requestSchema.safeParse({ job: "certificates-back", files: { [file]: "text" } }).success;

  it("comes back to their own folders, and to nothing else", () => {
    for (const file of [
      "gateway/acme/accounts/ca.example.org/a@b.org/account.json",
      "gateway/certificates/blog/key.pem",
      ".varvol/certificates/blog.json",
    ])
      assert.ok(isTaken(file), file);
    for (const file of [
      "gateway/conf/current/nginx.conf",
      "gateway/acme/../conf/nginx.conf",
      "gateway/acme",
      ".varvol/bin/routes",
      "/etc/passwd",
      "blog/gateway/acme/x",
    ])
      assert.ok(!isTaken(file), file);
  });
});

describe("the CAA records of a name", () => {
  const set = (...all: Readonly<Record<string, string | number>>[]) => all;

  it("allow anybody where none says who issues", () => {
    assert.equal(issuers(set({ critical: 0, iodef: "mailto:a@b.org" }), false), undefined);
  });

  it("allow those that they name, parameters aside, and nobody by an empty one", () => {
    const two = set(
      { critical: 0, issue: "letsencrypt.org; accounturi=https://x" },
      { critical: 0, issue: "CA.example" },
    );
    assert.deepEqual(issuers(two, false), ["letsencrypt.org", "ca.example"]);
    assert.deepEqual(issuers(set({ critical: 0, issue: ";" }), false), [""]);
  });

  it("have rules of their own for wildcards, which count in place of the others", () => {
    const both = set({ critical: 0, issue: "a.example" }, { critical: 0, issuewild: ";" });
    assert.deepEqual(issuers(both, true), [""]);
    assert.deepEqual(issuers(both, false), ["a.example"]);
  });
});

describe("tls of a stack file", () => {
  it("is a public authority's on a server where all names are public, and else the host's own", () => {
    assert.equal(tlsOf(undefined, undefined, "acme", ["example.org"]), "acme");
    assert.equal(tlsOf(undefined, undefined, "acme", ["example.org", "blog.localhost"]), "own");
    assert.equal(tlsOf(undefined, undefined, "own", ["example.org"]), "own");
    assert.equal(tlsOf("own", "acme", "acme", ["example.org"]), "own");
    assert.equal(tlsOf(undefined, "own", "acme", ["example.org"]), "own");
  });

  it("knows names that no public authority certifies", () => {
    for (const name of ["blog.localhost", "nas.local", "a.test", "printer", "x.home.arpa", "shop.internal"])
      assert.ok(!isPublic(name), name);
    for (const name of ["example.org", "localhost.example.org", "xn--mller-kva.de"])
      assert.ok(isPublic(name), name);
  });

  it("refuses names that no public authority certifies, and more than a certificate takes", () => {
    assert.match(
      acmeProblems(["a.local"], { directory: LETS_ENCRYPT })[0] ?? "",
      /a\.local is no public name.*tls: own/,
    );
    assert.deepEqual(acmeProblems(["a.local"], { directory }), []);
    const many = Array.from({ length: 26 }, (_, i) => `n${i}.example.org`);
    assert.match(
      acmeProblems(many, { directory: LETS_ENCRYPT })[0] ?? "",
      /has 26 names, and a certificate takes 25/,
    );
  });

  it("has wildcards proven by the DNS, and none of them a site's first domain", () => {
    const raw = (domains: readonly string[], more: object = {}) => ({
      ...{ kind: "prod", namespace: "", volumeRoot: "/var/vol", policies: {} },
      ...{ sites: [{ name: "a", kind: "static", domains }], ...more },
    });
    const dns = { provider: "hetzner", credentials: { HETZNER_API_TOKEN: "token" } };
    const both = ["a.org", "*.a.org"];
    assert.throws(
      () => checkConfig("prod", raw(both)),
      /varvol:sites\[0\]\.domains: \*\.a\.org is proven to a public authority by the DNS alone/,
    );
    assert.doesNotThrow(() => checkConfig("prod", raw(both, { acme: { dns } })));
    assert.doesNotThrow(() => checkConfig("prod", raw(both, { tls: "own" })));
    assert.throws(
      () => checkConfig("prod", raw(["*.a.org"], { acme: { dns } })),
      /must begin with the domain that the site is served under/,
    );
    for (const wrong of ["a.*.org", "*", "**.a.org", "*a.org"])
      assert.throws(
        () => checkConfig("prod", raw(["a.org", wrong], { acme: { dns } })),
        /no DNS label/,
        wrong,
      );
  });
});

describe("hsts of a site", () => {
  it("is off, and takes what browsers ask for before they have it built in", () => {
    const of = (hsts?: object) =>
      checkConfig("local", {
        ...{ kind: "local", sites: [{ name: "a", kind: "static", domains: ["a.localhost"], hsts }] },
      }).sites[0]?.hsts;
    assert.equal(of(), undefined);
    assert.deepEqual(of({ days: 30 }), { days: 30, subdomains: false, preload: false });
    assert.equal(of({ days: 365, subdomains: true, preload: true })?.preload, true);
    for (const wrong of [
      { days: 365, preload: true },
      { days: 30, subdomains: true, preload: true },
    ])
      assert.throws(() => of(wrong), /takes subdomains: true and at least 365 days/);
    assert.throws(() => of({ days: -1 }));
  });
});

describe("keys that an authority or a DNS provider is asked with", () => {
  it("are named where the stack file has them in clear text, and not where they are encrypted", () => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "varvol-unit-")), "stack.yaml");
    fs.writeFileSync(
      file,
      `config:
  varvol:acme:
    eab: { kid: kid-1, hmac: { secure: v1:abc } }
    dns: { provider: rfc2136, credentials: { RFC2136_TSIG_SECRET: tsig-secret } }
`,
    );
    const acme = { directory, resolvers: [], eab: { kid: "kid-1", hmac: "hmac" } };
    const dns = { provider: "rfc2136", credentials: { RFC2136_TSIG_SECRET: "tsig-secret" } };
    assert.deepEqual(keysInClear({ acme }, file), []);
    assert.deepEqual(keysInClear({ acme: { ...acme, dns } }, file), [
      "varvol:acme.dns.credentials.RFC2136_TSIG_SECRET",
    ]);
    fs.rmSync(path.dirname(file), { recursive: true });
  });
});

describe("the gateway's configuration of a site with a public certificate", () => {
  const site = { site: "blog", domains: ["a.org", "www.a.org"], upstream: "blog-web-1", cacheable: false };

  it("answers an authority's question by HTTP under each name, before it redirects", () => {
    const conf = vhostConf({ ...site, key: "tls/blog.key", challenges: true, redirectToPort: 443 });
    const servers = conf.split(/^server \{$/m).slice(1);
    assert.equal(servers.length, 3);
    for (const server of servers) assert.match(server, /location \^~ \/\.well-known\/acme-challenge\/ \{/);
    assert.match(servers[0] ?? "", /location \/ \{ return 308/);
    assert.match(conf, /ssl_certificate tls\/blog\.pem;\s+ssl_certificate_key tls\/blog\.key;/);
    assert.doesNotMatch(vhostConf(site), /acme|ssl_certificate_key/);
  });
});

describe("status of a certificate that the host renews", () => {
  const now = new Date(NOW * 1000);
  const page = {
    path: "/",
    code: "200",
    exit: 0,
    seen: true,
    until: "",
    error: "",
    leadsTo: "",
    form: false,
  };
  const problems = (renewed: Journal) =>
    judgePages(page, undefined, /^2/, now, renewed).map(({ text }) => text);

  it("is well for as long as it may still be renewed, however short its life", () => {
    const short = { issuer: "R1", from: NOW - 3 * DAY, until: NOW + 3 * DAY };
    assert.deepEqual(problems(journal({ held: short })), []);
    assert.deepEqual(problems(journal()), []);
  });

  it("names what the authority says, and one that is not renewed in time", () => {
    assert.match(
      problems(journal({ failures: 1, error: "no A record" }))[0] ?? "",
      /could be had: no A record; it is tried again in 17 min/,
    );
    const held = { issuer: "R1", from: NOW - 60 * DAY, until: NOW + 30 * DAY };
    assert.match(
      problems(journal({ held, failures: 1, error: "no A record" }))[0] ?? "",
      /ends in 30 d, and no new one could be had: no A record/,
    );
    const late = { issuer: "R1", from: NOW - 80 * DAY, until: NOW + 10 * DAY };
    assert.match(problems(journal({ held: late }))[0] ?? "", /ends in 10 d, and the host has not renewed it/);
  });
});
