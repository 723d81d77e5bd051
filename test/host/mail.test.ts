import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import * as tls from "node:tls";
import { attempt, capture } from "../../base/exec";
import type { DnsRecord, Tested, Waiting } from "../../flows/mail/mail";
import type { Status } from "../../flows/siteStatus";
import { logIn, openBrowser, writePost } from "../support/browser";
import { CommandLines } from "../support/commandLines";
import { bridgeAddress, execIn, inspect, runPhp } from "../support/docker";
import { MailServer } from "../support/mailServer";
import { Pebble } from "../support/pebble";
import { reached } from "../support/reach";
import { TestHost } from "../support/testHost";
import { until } from "../support/until";

const LOGIN = "the-host";
const PASSWORD = "a password: with = all sorts";
const SERVER = "relay.example.org";

/** Mails as an application does, and says whether php has taken it. */
const APPLICATION = `<?php
if (isset($_GET['to'])) {
    $from = isset($_GET['from']) ? ['From' => $_GET['from']] : [];
    echo json_encode(mail($_GET['to'], $_GET['subject'], "A line.\\n.\\nAnother one.", $from));
} else {
    echo 'an application';
}
`;

describe("a host's mail", function () {
  this.timeout(240_000);
  const host = new TestHost("mail", 19170);
  const commandLines = new CommandLines();
  let server: MailServer;
  let pebble: Pebble | undefined;
  let limit = 100;

  const sites = [
    { name: "blog", kind: "wordpress", domains: ["blog.example.net"], email: "owner@example.com" },
    {
      ...{ name: "app", kind: "php", domains: ["www.app.example.net"] },
      import: { content: path.join(host.folder, "app") },
    },
  ];
  const relay = {
    ...{ host: SERVER, user: LOGIN, password: PASSWORD },
    authority: path.join(host.folder, "authority.pem"),
  };
  const configure = () => host.configure(sites, { mail: { relay, limit } });
  const asked = async <T>(...words: string[]): Promise<{ code: number; found: T }> => {
    const { code, stdout, stderr } = await host.varvol("mail", ...words, "--json");
    assert.ok(stdout, stderr);
    return { code, found: JSON.parse(stdout) as T };
  };
  const status = async () => JSON.parse((await host.varvol("status", "--json")).stdout) as Status;
  const notes = async () => (await status()).modules.find(({ name }) => name === "mail")?.notes?.join() ?? "";
  const log = async (role: string) => {
    const { stdout, stderr } = await attempt(["docker", "logs", await host.container(role)]);
    return stdout + stderr;
  };
  /** What mail() of the application says. */
  const mail = async (subject: string, more: Record<string, string> = {}) => {
    const query = new URLSearchParams({ to: "reader@example.com", subject, ...more });
    return (await host.get("www.app.example.net", `/?${query.toString()}`)).body;
  };
  const forgetPassword = (tls = false, more: Record<string, string> = {}) =>
    host.get("blog.example.net", "/wp-login.php?action=lostpassword", {
      tls,
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", ...more },
      body: "user_login=admin&redirect_to=&wp-submit=x",
    });
  /** What SMTP answers to a site's own client, the last line. */
  const smtp = async (user: string, password: string, from: string, text: string) =>
    runPhp(
      await host.container("app/php"),
      `$c = curl_init('smtp://mail:587/x'); $said = '';
       curl_setopt_array($c, [CURLOPT_MAIL_FROM => '<${from}>', CURLOPT_MAIL_RCPT => ['<reader@example.com>'],
         ${user ? `CURLOPT_USERNAME => '${user}', CURLOPT_PASSWORD => ${password},` : ""} CURLOPT_UPLOAD => true,
         CURLOPT_READFUNCTION => function ($c, $f, $n) { static $t = "${text}\\r\\n"; $o = $t; $t = ''; return $o; },
         CURLOPT_HEADERFUNCTION => function ($c, $l) use (&$said) { $said = trim($l); return strlen($l); }]);
       curl_exec($c); echo $said;`,
    );
  const OWN = "file_get_contents('/run/secrets/mail')";

  before(async () => {
    fs.mkdirSync(path.join(host.folder, "app"));
    fs.writeFileSync(path.join(host.folder, "app/index.php"), APPLICATION);
    commandLines.watch();
    server = await MailServer.start(`${host.namespace}relay`, {
      name: SERVER,
      user: LOGIN,
      password: PASSWORD,
    });
    fs.writeFileSync(relay.authority, await server.authority());
    configure();
    await host.up();
    await server.join(`${host.namespace}database`, SERVER);
  });

  after(async () => {
    commandLines.stop();
    await server?.stop();
    await pebble?.stop();
  });

  it("takes a WordPress's mail of a lost password to the relay, by TLS and a login, and signed", async () => {
    const { found: records } = await asked<DnsRecord[]>();
    assert.deepEqual(
      records.map(({ name }) => name),
      ["blog", "www.app", "app"].map((name) => `varvol._domainkey.${name}.example.net`),
    );
    await server.says(records[0]?.value ?? "");
    assert.equal((await forgetPassword()).status, 302);
    const arrived = await server.find("Password Reset");
    assert.match(arrived.text, /^From: WordPress <wordpress@blog\.example\.net>/m);
    assert.match(arrived.text, /action=3Drp|action=rp/);
    assert.deepEqual(
      { ...arrived, text: "" },
      {
        ...{ sender: "wordpress@blog.example.net", recipients: ["owner@example.com"], text: "" },
        ...{ encrypted: true, signed: true },
      },
    );
  });

  it("SEC-10: says the site's own address in it, whatever host a visitor names beside it", async () => {
    const before = (await server.arrived()).length;
    const forged = {
      ...{ "x-forwarded-host": "evil.example", "x-host": "evil.example", forwarded: "host=evil.example" },
      ...{ "x-forwarded-server": "evil.example", "x-original-url": "http://evil.example/" },
    };
    for (const more of [forged, { host: "blog.example.net:@evil.example" }, { host: "blog.example.net:1" }])
      assert.equal((await forgetPassword(false, more)).status, 302);
    await until("the mails", async () => (await server.arrived()).length >= before + 3);
    for (const { text, sender } of (await server.arrived()).slice(before)) {
      assert.doesNotMatch(text + sender, /evil/);
      assert.match(text, /http:\/\/blog\.example\.net\/wp-login\.php/);
      assert.match(text, /^From: WordPress <wordpress@blog\.example\.net>/m);
    }
  });

  it("has its queue in a volume that is a module's, and no site's that is no more", async () => {
    assert.doesNotMatch(await host.up(), /no site any more/);
    const purged = await host.varvol("purge", "mail", "--yes");
    assert.match(purged.stderr, /mail is a module, not a site/);
    const { stdout } = await host.varvol("disk", "--json");
    const { rooms } = JSON.parse(stdout) as { rooms: { name: string; what: string }[] };
    assert.equal(rooms.find(({ name }) => name === "mail")?.what, "module");
  });

  it("is proven by a mail that says what became of it", async () => {
    const { code, found } = await asked<Tested>("test", "reader@example.com", "--site", "app");
    assert.deepEqual([code, found.result], [0, "sent"], found.said);
    assert.match((await server.find("A test of the mail")).text, /^From: noreply@app\.example\.net/m);
  });

  it("MAIL-1: lets each site write as itself alone, and nobody who is no site", async () => {
    assert.equal(await mail("visitor", { from: "A visitor <visitor@gmail.example>" }), "true");
    const { text, sender } = await server.find("Subject: visitor");
    assert.match(
      text,
      /^From: A visitor <noreply@app\.example\.net>\r\nReply-To: visitor@gmail\.example\r$/m,
    );
    assert.equal(sender, "noreply@app.example.net");
    assert.match(text, /A line\.\r\n\.\r\nAnother one\./);
    const blog = "From: wordpress@blog.example.net\\r\\nSubject: forged";
    assert.match(await smtp("app", OWN, "x@app.example.net", blog), /^550 5\.7\.1 this site may not send as/);
    assert.match(await smtp("app", OWN, "wordpress@blog.example.net", blog), /^553 5\.7\.1 .*not owned by/);
    assert.match(await smtp("blog", "'guessed'", "wordpress@blog.example.net", blog), /^535 /);
    assert.match(await smtp("", "", "wordpress@blog.example.net", blog), /^554 5\.7\.1 .*Access denied/);
    const { NetworkSettings } = await inspect(await host.container("mail/mail"));
    const targets = Object.fromEntries(
      Object.entries(NetworkSettings.Networks).map(([name, { IPAddress }]) => [
        name.slice(host.namespace.length),
        [IPAddress, 587] as const,
      ]),
    );
    const run = (id: string, script: string) => execIn(id, ["sh", "-c", script]);
    const mysql = (await inspect(await host.container("mysql/mysql"))).NetworkSettings.Networks;
    const database = [mysql[`${host.namespace}database`]?.IPAddress ?? "", 3306] as const;
    const from = async (role: string) =>
      reached(run, await host.container(role), role === "mail/mail" ? { database } : targets);
    const roles = ["app/php", "app/web", "gateway/gateway", "mail/mail"];
    assert.deepEqual(await Promise.all(roles.map(from)), [["database"], [], [], []]);
    assert.doesNotMatch(JSON.stringify(await server.arrived()), /forged/);
  });

  it("loses nothing while the relay is away and postfix is replaced, and delivers nothing twice", async () => {
    await server.goAway();
    assert.equal((await forgetPassword()).status, 302);
    const [waiting] = await until("why it waits", async () => {
      const { found } = await asked<Waiting[]>("queue");
      return found[0]?.reason ? found : undefined;
    });
    assert.deepEqual(waiting?.to, ["owner@example.com"]);
    assert.match(await notes(), /1 mail waits, the first for /);
    limit = 90;
    configure();
    let done = false;
    const replaced = host.up().finally(() => (done = true));
    const said: string[] = [];
    while (!done) {
      said.push(await mail(`number-${said.length}-`));
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    await replaced;
    assert.ok(said.length > 2 && said.every((one) => one === "true"), said.join());
    await server.comeBack();
    const before = await server.arrived();
    await until(
      "all of the queue",
      async () => (await asked<Waiting[]>("queue", "--retry")).found.length === 0,
      60,
    );
    const arrived = await server.arrived();
    assert.equal(arrived.length - before.length, said.length + 1);
    for (const i of said.keys())
      assert.equal(arrived.filter(({ text }) => text.includes(`Subject: number-${i}-`)).length, 1);
    const isReset = ({ text }: { readonly text: string }) => text.includes("Password Reset");
    assert.equal(arrived.filter(isReset).length, before.filter(isReset).length + 1);
  });

  it("MAIL-1: says what could not be delivered, and holds a site to its limit", async () => {
    assert.equal(await mail("gone", { to: "nobody@example.com" }), "true");
    await until("status", async () =>
      /not delivered.*nobody@example\.com: .*there is nobody/.test(await notes()),
    );
    const many = Array.from({ length: limit + 1 }, (_, i) => `reader${i}@example.com`).join(", ");
    assert.equal(await mail("many", { to: many }), "false");
    assert.match(await log("app/php"), /was not sent: 450 4\.7\.1 .*too many recipients/);
  });

  it("is one with all else of a public site: a certificate, and pages that change for strangers as one is published", async () => {
    const domain = "blog.example.net";
    const eab = { kid: "kid", hmac: randomBytes(32).toString("base64url") };
    pebble = await Pebble.start(19175, { httpPort: host.http, seconds: 3600, eab });
    await pebble.address(domain);
    const authority = path.join(host.folder, "pebble.pem");
    fs.writeFileSync(authority, await pebble.authority());
    host.configure(
      sites.map((site) => (site.name === "blog" ? { ...site, tls: "acme", cache: { time: "10m" } } : site)),
      {
        mail: { relay, limit },
        acme: { directory: pebble.directory, authority, eab, resolvers: [pebble.resolver] },
        gateway: { http: host.http, https: host.https, addresses: ["127.0.0.1", await bridgeAddress()] },
      },
    );
    await host.up();
    const stranger = () => host.get(domain, "/", { tls: true });
    const browser = await openBrowser();
    try {
      const secret = await host.varvol("secret", "blog", "--json");
      const address = `https://${domain}:${host.https}`;
      const login = JSON.parse(secret.stdout) as { user: string; password: string };
      const admin = await logIn(browser, address, login);
      await admin.goto(`${address}/wp-admin/post-new.php`);
      await until(
        "the front page to be kept",
        async () => (await stranger()).headers["x-cache"] === "HIT",
        20,
      );
      assert.doesNotMatch((await stranger()).body, /The first frost/);
      await writePost(admin, "The first frost");
      await until("what was published", async () => /The first frost/.test((await stranger()).body), 2);
    } finally {
      await browser.close();
    }
    // By now the host has it, whom nobody has told that it is time.
    const root = await pebble.root();
    await until("a public certificate", () => trusted(host.https, domain, root), 90);
    const mails = (await server.arrived()).length;
    assert.equal((await forgetPassword(true)).status, 302);
    await until("the mail", async () => (await server.arrived()).length > mails);
    const last = (await server.arrived()).at(-1);
    assert.match(last?.text ?? "", /https:\/\/blog\.example\.net/);
    assert.deepEqual([last?.encrypted, last?.signed, last?.recipients], [true, true, ["owner@example.com"]]);
  });

  it("goes to each domain's own server where there is no relay, encrypted, and never by IPv6, which it has not", async () => {
    const outside = await MailServer.startOutside(`${host.namespace}outside`, "mx.example.com");
    try {
      host.configure(sites, { mail: { direct: true, hostname: "mail.example.net", limit } });
      await host.up();
      await outside.asked(await host.container("mail/mail"));
      const { found: records } = await asked<DnsRecord[]>();
      await outside.says(records.find(({ name }) => name.startsWith("varvol._domainkey.app"))?.value ?? "");
      const began = Date.now();
      assert.equal(await mail("direct"), "true");
      const { encrypted, signed, recipients } = await outside.find("Subject: direct");
      assert.deepEqual([encrypted, signed, recipients], [true, true, ["reader@example.com"]]);
      assert.ok(Date.now() - began < 10_000, "no time-out of IPv6 is waited for");
      assert.equal(await mail("refused", { to: "nobody@example.com" }), "true");
      await until("why it was refused", async () =>
        /nobody@example\.com: .*there is nobody/.test(await notes()),
      );
      assert.equal(await mail("six", { to: "reader@six.example.com" }), "true");
      await until("why it can't be sent", async () =>
        /reader@six\.example\.com: .*six\.mx/.test(await notes()),
      );
      assert.doesNotMatch(await log("mail/mail"), /2001:db8|unreachable/);
    } finally {
      await outside.stop();
    }
  });

  it("SEC-18: has passwords in files of its own alone", async () => {
    const id = await host.container("mail/mail");
    const secrets = [PASSWORD, await capture(["cat", path.join(host.root, "app/secrets/mail")])];
    const state = fs.readFileSync(
      path.join(host.folder, `state/.pulumi/stacks/varvol/${host.stack}.json`),
      "utf8",
    );
    const places = {
      inspected: JSON.stringify([await inspect(id), await inspect(await host.container("app/php"))]),
      arguments: commandLines.stop(),
      logs: (await log("mail/mail")) + (await log("app/php")),
      state,
    };
    for (const [place, text] of Object.entries(places))
      for (const secret of secrets) assert.ok(!text.includes(secret), place);
    for (const file of ["relay", "accounts", "key"]) {
      const { mode, uid } = fs.statSync(path.join(host.root, "mail/config", file));
      assert.deepEqual([mode & 0o777, uid], [0o400, 0], file);
    }
  });
});

/** Whether a browser that knows an authority takes what a name is served with. */
function trusted(port: number, servername: string, ca: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host: "127.0.0.1", port, servername, ca, rejectUnauthorized: false }, () => {
      resolve(socket.authorized);
      socket.destroy();
    });
    socket.once("error", reject);
  });
}
