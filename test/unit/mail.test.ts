import assert from "node:assert/strict";
import { checkScript, dkimRecord } from "../../components/mail/dkim";
import { mainCf, masterCf, relayMap, senderMap } from "../../components/mail/postfix";
import { readQueue, recordsFor } from "../../flows/mail/mail";
import { readStatus } from "../../flows/siteStatus";
import { Answers } from "../../flows/status/answers";
import { resolveConfig } from "../../stacks/config";
import { sendersOf } from "../../stacks/mail";
import { checkConfig } from "../../stacks/problems";
import { serversOf } from "../../stacks/reach";
import { render } from "../support/mocks";

const relay = { host: "smtp.example.com", user: "me", password: "s3cret" };
const blog = { name: "blog", kind: "wordpress", domains: ["www.example.org", "*.example.org"] };
const app = { name: "app", kind: "php", domains: ["app.example.org"], import: { content: "." } };
const page = { name: "page", kind: "static", domains: ["page.example.org"] };
const read = (mail: unknown, sites: object[] = [blog, app, page]) =>
  resolveConfig("x", checkConfig("x", { kind: "local", mail, sites }));
const settings = (text: string) =>
  new Map(text.split("\n").map((line) => line.split(" = ") as [string, string]));

describe("a host's mail", () => {
  it("goes by a relay with TLS, whose port says how", () => {
    const relayOf = (more: object) => read({ relay: { ...relay, ...more } }).mail?.relay;
    assert.deepEqual(relayOf({}), { host: "smtp.example.com", port: 587, user: "me", tls: "starttls" });
    assert.equal(relayOf({ port: 465 })?.tls, "implicit");
    assert.equal(relayOf({ tls: "implicit" })?.port, 465);
    assert.equal(read(undefined).mail, undefined);
  });

  for (const [what, mail, problem] of [
    ["neither a relay nor direct", {}, /varvol:mail\.relay: .*either relay or direct/],
    ["both", { relay, direct: true, hostname: "a.example.org" }, /either relay or direct/],
    ["direct without a name", { direct: true }, /varvol:mail\.hostname: .*in the DNS/],
    ["a user without a password", { relay: { ...relay, password: undefined } }, /both user and password/],
    ["a password in clear", { relay: { ...relay, tls: "off" } }, /must not be off/],
    ["a password of two lines", { relay: { ...relay, password: "a\nb" } }, /one line/],
    ["an address for a name", { relay: { ...relay, host: "10.0.0.1" } }, /its certificate/],
  ] as const)
    it(`is refused with ${what}`, () => assert.throws(() => read(mail), problem));

  it("asks a relay for its certificate, and other servers for what they have", () => {
    const { mail } = read({ relay });
    const by = settings(mainCf(mail ?? assert.fail()));
    assert.equal(by.get("relayhost"), "[smtp.example.com]:587");
    assert.equal(by.get("smtp_tls_security_level"), "secure");
    assert.equal(by.get("smtp_sasl_auth_enable"), "yes");
    const direct = settings(mainCf({ hostname: "mail.example.org", limit: 1 }));
    assert.equal(direct.get("smtp_tls_security_level"), "may");
    assert.ok(!direct.has("smtp_sasl_auth_enable"));
    const implicit = settings(
      mainCf({ hostname: "x", limit: 1, relay: { host: "s", port: 465, tls: "implicit" } }),
    );
    assert.equal(implicit.get("smtp_tls_wrappermode"), "yes");
  });

  it("is taken from sites alone, and none is delivered on the host", () => {
    const text = mainCf({ hostname: "x", limit: 7 });
    assert.equal(settings(text).get("smtpd_relay_restrictions"), "permit_sasl_authenticated, reject");
    assert.equal(settings(text).get("smtpd_client_recipient_rate_limit"), "7");
    assert.match(text, /^mydestination =$/m);
    assert.doesNotMatch(text, /s3cret|permit_mynetworks/);
    assert.doesNotMatch(masterCf(), /^(local|virtual|lmtp|pipe|smtp inet) /m);
    assert.equal(relayMap({ host: "s", port: 587, user: "me", tls: "starttls" }, "p w"), "[s]:587 me:p w\n");
  });

  it("lets a site be told where its relay is, and nobody else", () => {
    assert.deepEqual(serversOf(read({ relay })), [{ address: "smtp.example.com", port: 587 }]);
    assert.deepEqual(serversOf(read(undefined)), []);
  });
});

describe("what a site may send as", () => {
  const senders = (...sites: Parameters<typeof sendersOf>[0]) => sendersOf(sites);

  it("is its domains, without www too, and is nothing where it has no program", () => {
    assert.deepEqual(senders(blog, page), [
      {
        ...{ site: "blog", sender: "wordpress@example.org" },
        ...{ domains: ["www.example.org", "example.org"], addresses: [] },
      },
    ]);
    assert.equal(senders(app)[0]?.sender, "noreply@app.example.org");
  });

  it("is not another site's domain", () => {
    const [found] = senders(blog, { ...page, domains: ["example.org"] });
    assert.deepEqual(found?.domains, ["www.example.org"]);
    assert.equal(found?.sender, "wordpress@www.example.org");
  });

  it("is what it is given besides", () => {
    const mail = { sender: "Shop@Example.com", senders: ["lists.example.com", "boss@example.net"] };
    const [found] = senders({ ...blog, mail });
    assert.equal(found?.sender, "shop@example.com");
    assert.deepEqual(found?.addresses, ["shop@example.com", "boss@example.net"]);
    assert.ok(found?.domains.includes("lists.example.com"));
  });

  it("stands in a table that postfix reads, with all to whom an address was given", () => {
    const one = { site: "a", domains: ["example.org"], addresses: [] };
    const other = { site: "b", domains: [], addresses: ["me@example.org"] };
    assert.equal(senderMap([one, other]), "@example.org a@varvol\nme@example.org b@varvol, a@varvol\n");
    assert.match(checkScript([one]), /\['a@varvol'\] = \{ domains = \{ \['example\.org'\] = true \}/);
  });

  it("has an entry for the DNS, once for each domain", () => {
    const pem = "-----BEGIN PUBLIC KEY-----\nAAAA\nBBBB\n-----END PUBLIC KEY-----\n";
    const value = "v=DKIM1; k=rsa; p=AAAABBBB";
    assert.equal(dkimRecord(pem), value);
    const all = recordsFor(senders(app, { ...blog, mail: { sender: "a@example.com", senders: [] } }), value);
    assert.deepEqual(
      all.map(({ name }) => name.replace("varvol._domainkey.", "")),
      ["app.example.org", "www.example.org", "example.org", "example.com"],
    );
  });
});

describe("the program, with mail", () => {
  it("gives each site that may send a login of its own, and no password to a container's arguments", async () => {
    const config = { kind: "local", mail: { relay }, sites: [blog, page] };
    const all = await render("local", config);
    const containers = all.filter(({ type }) => type === "docker:index/container:Container");
    const inputs = (name: string) => containers.find((one) => one.name === name)?.inputs ?? assert.fail(name);
    assert.ok((inputs("blog-php").envs as string[]).includes("MAIL_USER=blog"));
    assert.doesNotMatch(JSON.stringify(inputs("page-web")), /MAIL_/);
    for (const { name, inputs: given } of containers)
      assert.doesNotMatch(JSON.stringify(given), /s3cret|-password|-pem/, name);
    for (const { name, inputs: given } of all.filter(({ type }) => type.startsWith("command:")))
      assert.doesNotMatch(String(given.create), /s3cret/, name);
    const networks = inputs("mail-server").networksAdvanced as { name: string }[];
    assert.deepEqual(
      networks.map(({ name }) => name),
      ["database", "abroad"],
    );
  });

  it("has another settings' hash for another password, and the same for the same", async () => {
    const hash = async (password: string) => {
      const all = await render("local", {
        kind: "local",
        mail: { relay: { ...relay, password } },
        sites: [blog],
      });
      const server = all.find(({ name, type }) => name === "mail-server" && type.startsWith("docker:"));
      return (server?.inputs.envs as string[]).join();
    };
    assert.equal(await hash("one"), await hash("one"));
    assert.notEqual(await hash("one"), await hash("two"));
  });
});

describe("what is said of a host's mail", () => {
  const now = 1_800_000_000;
  const said = (...lines: string[]) =>
    readStatus(read({ relay }, [blog]), new Answers([`now\t${now}`, ...lines].join("\n"))).modules.find(
      ({ name }) => name === "mail",
    );

  it("is how much waits, and that it waits for too long", () => {
    const running = `container\tmail\tmail\tmail\trunning\t0\tfalse\t0\t2027-01-15T00:00:00Z\t\tnone`;
    const soon = said(running, `mail\tqueue\t2\t${now - 120}\tconnection refused`);
    assert.equal(soon?.state, "ok");
    assert.match(soon?.notes?.join() ?? "", /2 mails wait, the first for 2 min: connection refused/);
    const late = said(running, `mail\tqueue\t1\t${now - 7200}\tconnection refused`);
    assert.equal(late?.state, "mail waits");
    assert.equal(said(running, "mail\tqueue\t0\t\t")?.notes, undefined);
  });

  it("is the last one that was not delivered", () => {
    const found = said(`mail\tfailed\t${now - 60}\ta@b.org: (550 no such user)`);
    assert.match(found?.notes?.join() ?? "", /not delivered, .* ago, to a@b\.org: \(550 no such user\)/);
  });

  it("is that there is none, where a site would send", () => {
    const of = (sites: object[]) =>
      readStatus(read(undefined, sites), new Answers(`now\t${now}`)).host.notes.join();
    assert.match(of([blog]), /mail is off/);
    assert.doesNotMatch(of([page]), /mail/);
  });

  it("is what postqueue lists", () => {
    const line = (id: string, at: number, more = {}) =>
      JSON.stringify({
        ...{ queue_name: "deferred", queue_id: id, arrival_time: at, message_size: 1, sender: "a@b.org" },
        recipients: [{ address: "c@d.org", ...more }],
      });
    const found = readQueue(`${line("B", now + 1)}\n${line("A", now, { delay_reason: "away" })}\n`);
    assert.deepEqual(
      found.map(({ id, reason }) => [id, reason]),
      [
        ["A", "away"],
        ["B", null],
      ],
    );
  });
});
