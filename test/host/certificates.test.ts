import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import * as tls from "node:tls";
import { capture } from "../../base/exec";
import type { Certificate } from "../../flows/certificates/certificates";
import type { Status } from "../../flows/siteStatus";
import { remove } from "../support/cleanUp";
import { CommandLines } from "../support/commandLines";
import { bridgeAddress } from "../support/docker";
import { Listener } from "../support/listener";
import { Pebble } from "../support/pebble";
import { TestHost } from "../support/testHost";
import { until } from "../support/until";

/** How long the authority's certificates last: from half of that on they are renewed. */
const SECONDS = 200;

interface Served {
  readonly certificate: tls.PeerCertificate;
  /** Whether a browser that knows the public authority takes it. */
  readonly trusted: boolean;
}

describe("certificates of a public authority, on a host", function () {
  this.timeout(400_000);
  const host = new TestHost("certs", 18970);
  const names = { garden: "garden.example.org", shop: "shop.example.org", lost: "lost.example.org" };
  const eab = {
    kid: "kid-of-the-account",
    hmac: Buffer.from("a key of 32 bytes for an account").toString("base64url"),
  };
  const commandLines = new CommandLines();
  let pebble: Pebble;
  let listener: Listener;
  let root: string;
  let visitors: Visitors;

  const certs = async (...args: string[]): Promise<{ code: number; all: Certificate[] }> => {
    const { code, stdout, stderr } = await host.varvol("certs", "--json", ...args);
    assert.ok(stdout, stderr);
    return { code, all: JSON.parse(stdout) as Certificate[] };
  };
  const one = async (site: string, ...args: string[]) => {
    const { code, all } = await certs(...args, site);
    const [found] = all;
    assert.ok(found);
    return { ...found, code };
  };
  const status = async () => JSON.parse((await host.varvol("status", "--json")).stdout) as Status;
  const served = (name: string): Promise<Served> =>
    new Promise((resolve, reject) => {
      const options = {
        host: "127.0.0.1",
        port: host.https,
        servername: name,
        ca: root,
        rejectUnauthorized: false,
      };
      const socket = tls.connect(options, () => {
        resolve({ certificate: socket.getPeerCertificate(), trusted: socket.authorized });
        socket.destroy();
      });
      socket.once("error", reject);
    });
  const serial = async (name: string) => (await served(name)).certificate.serialNumber;
  const trusted = async (name: string) => (await served(name)).trusted;
  const told = () =>
    listener.bodies.map((body) => {
      const { name, what, error } = JSON.parse(body) as { name: string; what: string; error: string };
      return `${name} ${what} ${error === "" ? "well" : "wrong"}`;
    });

  before(async () => {
    pebble = await Pebble.start(18975, { httpPort: host.http, seconds: SECONDS, eab });
    root = await pebble.root();
    listener = await Listener.start();
    await pebble.address(names.garden);
    await pebble.address(`www.${names.garden}`);
    await pebble.address(names.shop);
    const authority = path.join(host.folder, "authority.pem");
    fs.writeFileSync(authority, await pebble.authority());
    const content = path.resolve("demo/hello");
    // The stack comes first, for there to be something to encrypt with.
    host.configure([]);
    await host.up();
    host.configure(
      [
        { name: "garden", kind: "static", domains: [names.garden, `www.${names.garden}`], import: content },
        { name: "shop", kind: "static", domains: [names.shop], import: content },
        { name: "lost", kind: "static", domains: [names.lost], import: content },
        { name: "local", kind: "static", domains: ["local.localhost"], import: content, tls: "own" },
      ],
      {
        tls: "acme",
        acme: { directory: pebble.directory, authority, eab: { kid: eab.kid }, resolvers: [pebble.resolver] },
        gateway: { http: host.http, https: host.https, addresses: ["127.0.0.1", await bridgeAddress()] },
        backup: { repository: path.join(host.folder, "archive"), hook: { webhook: listener.url } },
      },
    );
    const where = ["--path", "varvol:acme.eab.hmac", eab.hmac, "--config-file", host.configFile];
    const set = await host.pulumi("config", "set", "--secret", ...where);
    assert.equal(set.code, 0, set.stderr);
    commandLines.watch();
    await host.up();
  });

  after(async () => {
    await visitors?.stop();
    commandLines.stop();
    listener?.stop();
    await pebble?.stop();
  });

  it("are served without another up, each with a key of its own, and until then the own authority's are", async () => {
    assert.equal((await host.get(names.shop, "/", { tls: true })).status, 200);
    visitors = new Visitors(host, [names.garden, names.shop]);
    await until("public certificates", async () => (await trusted(names.garden)) && trusted(names.shop), 90);
    const [garden, shop] = [await served(`www.${names.garden}`), await served(names.shop)];
    assert.equal(garden.certificate.subjectaltname, `DNS:${names.garden}, DNS:www.${names.garden}`);
    assert.ok(garden.trusted);
    assert.notDeepEqual(garden.certificate.pubkey, shop.certificate.pubkey);
    assert.ok(!(await trusted("local.localhost")));
  });

  it("are listed, and a name that leads nowhere is named and cost the authority nothing", async () => {
    await until("a try for the third", async () => (await one("lost")).error !== undefined, 90);
    const { code, all } = await certs();
    assert.equal(code, 1);
    const of = (site: string) => all.find((each) => each.site === site);
    assert.match(of("garden")?.issuer ?? "", /Pebble/);
    assert.equal(of("garden")?.error, undefined);
    const { window } = of("garden") ?? {};
    assert.ok(window, "the authority's own word of when to renew");
    // Pebble's is of two days, around a third of the lifetime.
    assert.ok(window.from < window.until);
    assert.match((await host.varvol("certs", "garden")).stdout, /To be renewed[^]*Pebble/);
    assert.match(of("lost")?.error ?? "", /^lost\.example\.org has no address in the DNS/);
    assert.equal(of("lost")?.until, undefined);
    assert.equal(of("local")?.from, "own");
    assert.ok(!(await pebble.log()).includes(names.lost));
    const { sites } = await status();
    const shown = (site: string) => sites.find(({ name }) => name === site);
    assert.equal(shown("lost")?.state, "certificate");
    assert.match(
      shown("lost")?.problems.join() ?? "",
      /no public certificate could be had: lost\.example\.org has no/,
    );
    assert.equal(shown("shop")?.state, "ok");
    const ends = Date.parse((await served(names.shop)).certificate.valid_to);
    assert.equal(Date.parse(shown("shop")?.certificate?.until ?? ""), ends);
    assert.match(shown("lost")?.certificate?.error ?? "", /has no address/);
    assert.deepEqual(told(), ["lost certificate wrong"]);
  });

  it("are tried again later each time where they fail", async () => {
    const pauses = [];
    for (let i = 0; i < 2; i++) {
      const { lastTry = "", nextTry = "", code } = await one("lost", "--renew");
      assert.equal(code, 1);
      pauses.push((Date.parse(nextTry) - Date.parse(lastTry)) / 60_000);
    }
    assert.ok([1, 10, 100].includes(pauses[0] ?? 0), String(pauses));
    assert.equal(pauses[1], pauses[0] === 100 ? 1440 : 10 * (pauses[0] ?? 0));
    assert.deepEqual(told(), ["lost certificate wrong"]);
  });

  it("change nothing for the next up, and are no drift", async () => {
    const up = await host.varvol("up");
    assert.match(up.stdout, /Nothing changed/);
    const drift = await host.varvol("drift");
    assert.equal(drift.code, 0, drift.stdout + drift.stderr);
    assert.ok(await trusted(names.shop));
  });

  it("come when what was wrong is right and they are asked for, and whoever was told hears that it is well", async () => {
    await pebble.address(names.lost);
    const { code, error } = await one("lost", "--renew");
    assert.deepEqual([code, error], [0, undefined]);
    assert.ok(await trusted(names.lost));
    assert.deepEqual(told(), ["lost certificate wrong", "lost certificate well"]);
  });

  it("stay where a name has come to lead to another machine, which is said and asked of nobody", async () => {
    const before = await serial(names.lost);
    const elsewhere = await pebble.elsewhere();
    await pebble.address(names.lost, elsewhere);
    const asked = (await pebble.log()).length;
    const { code, error } = await one("lost", "--renew");
    assert.equal(code, 1);
    assert.equal(
      error,
      `lost.example.org leads to another machine: ${elsewhere} answers, but is not this gateway`,
    );
    assert.ok(!(await pebble.log()).slice(asked).includes("order-plz"));
    const { sites } = await status();
    const problems = sites.find(({ name }) => name === "lost")?.problems.join() ?? "";
    assert.match(
      problems,
      /its certificate ends in .*, and no new one could be had: lost\.example\.org leads to/,
    );
    assert.equal(await serial(names.lost), before);
    await pebble.address(names.lost);
    assert.equal((await one("lost", "--renew")).code, 0);
  });

  it("are not lost while the authority is away, which is said", async () => {
    await pebble.freeze();
    try {
      const { code, error } = await one("shop", "--renew");
      assert.equal(code, 1);
      assert.match(error ?? "", /can't be asked/);
      assert.ok(await trusted(names.shop));
    } finally {
      await pebble.thaw();
    }
    assert.equal((await one("shop", "--renew")).code, 0);
  });

  it("are renewed by the host alone before they end, and no visitor's request fails for it", async () => {
    const before = (await served(names.garden)).certificate;
    await until(
      "a renewed certificate",
      async () => (await serial(names.garden)) !== before.serialNumber,
      SECONDS,
    );
    assert.ok(Date.now() < Date.parse(before.valid_to));
    assert.ok(await trusted(names.garden));
    const { sent, failed } = await visitors.stop();
    assert.deepEqual(failed, []);
    assert.ok(sent > 300, `only ${sent} requests`);
  });

  it("have no secret that a command line, docker, a log or the state in clear shows", async () => {
    const files = fs
      .readdirSync(path.join(host.root, "gateway"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".key") || file.endsWith("key.pem"))
      .map((file) => path.join(host.root, "gateway", file));
    // The account's, and of each of three certificates lego's, the published and the served one.
    assert.ok(files.length >= 10, files.join());
    for (const file of files) assert.equal(fs.statSync(file).mode & 0o077, 0, file);
    const keys = files.flatMap((file) => fs.readFileSync(file, "utf8").split("\n").slice(1, 2));
    const ids = [...(await host.containers()).values()];
    const logs = await Promise.all(ids.map((id) => capture(["sh", "-c", 'docker logs "$1" 2>&1', "sh", id])));
    const state = path.join(host.folder, "state");
    const states = fs
      .readdirSync(state, { recursive: true, encoding: "utf8" })
      .map((file) => path.join(state, file))
      .filter((file) => fs.statSync(file).isFile());
    const seen = commandLines.stop().split("\n");
    // It has seen what it is to see: the authority is asked by a container, whose line everybody on the machine reads.
    assert.ok(seen.some((line) => /docker run .*--server https:/.test(line)));
    const shown = {
      // Pebble's own line has it, as the test gives it to it.
      "command lines": seen.filter((line) => !line.includes(`${pebble.bridge} ${host.http} `)).join("\n"),
      containers: await capture(["docker", "inspect", ...ids]),
      logs: logs.join("\n"),
      state: states.map((file) => fs.readFileSync(file, "utf8")).join("\n"),
    };
    const secrets = [eab.hmac, ...keys.filter((key) => key.length > 40)];
    for (const [where, text] of Object.entries(shown))
      for (const secret of secrets)
        assert.ok(!text.includes(secret), `${where} have a secret: ${secret.slice(0, 8)}…`);
  });

  it("come again by themselves on a host that was lost", async () => {
    const password = path.join(host.folder, "password");
    const kit = JSON.parse((await host.varvol("recovery-kit", "--json")).stdout) as { password: string };
    fs.writeFileSync(password, kit.password, { mode: 0o600 });
    const made = await host.varvol("host-backup");
    assert.equal(made.code, 0, made.stderr);
    remove({ namespace: host.namespace, folder: host.root });
    for (const file of ["state", "stack.yaml"]) fs.rmSync(path.join(host.folder, file), { recursive: true });
    fs.mkdirSync(path.join(host.folder, "state"));
    const repository = path.join(host.folder, "archive");
    const restored = await host.varvol(
      ...["host-restore", "--repository", repository, "--password-file", password, "--yes"],
    );
    assert.equal(restored.code, 0, restored.stdout + restored.stderr);
    assert.equal((await host.get(names.shop, "/", { tls: true })).status, 200);
    await until("public certificates", async () => (await trusted(names.garden)) && trusted(names.shop), 120);
    assert.match((await host.varvol("up")).stdout, /Nothing changed/);
  });
});

/** Asks for pages by HTTPS, ten times a second, each time by a connection of its own. */
class Visitors {
  private readonly failed: string[] = [];
  private readonly pending = new Set<Promise<void>>();
  private sent = 0;
  private readonly timer = setInterval(() => this.ask(), 100);

  constructor(
    private readonly host: TestHost,
    private readonly domains: readonly string[],
  ) {}

  async stop(): Promise<{ sent: number; failed: readonly string[] }> {
    clearInterval(this.timer);
    await Promise.all(this.pending);
    return { sent: this.sent, failed: this.failed };
  }

  private ask(): void {
    const domain = this.domains[this.sent++ % this.domains.length] ?? "";
    const asked: Promise<void> = this.host
      .get(domain, "/", { tls: true })
      .then(
        ({ status }) => void (status === 200 || this.failed.push(`${domain}: ${status}`)),
        (error: Error) => void this.failed.push(`${domain}: ${error.message}`),
      )
      .finally(() => this.pending.delete(asked));
    this.pending.add(asked);
  }
}
