import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { attempt, capture } from "../../base/exec";
import { CommandLines } from "../support/commandLines";
import { bridgeAddress, execIn, inspect, type Inspected, runPhp } from "../support/docker";
import { OUTSIDE, reached, startOutside, stopOutside, type Targets } from "../support/reach";
import { TestHost } from "../support/testHost";

const SERVICE = 18224;
const LISTENING = 8000;
const CANARY = "a file of two, and of nobody else";

describe("the containers of a host", function () {
  this.timeout(300_000);
  const host = new TestHost("isolation", 18220);
  const origin = path.join(host.folder, "origin");
  const commandLines = new CommandLines();
  const all = new Map<string, Inspected>();
  // One of the host's own, at all of its addresses.
  const service = net.createServer((socket) => socket.destroy());
  let said: string;

  before(async () => {
    const git = (...args: string[]) =>
      capture(["git", "-C", origin, "-c", "user.name=Test", "-c", "user.email=test@example.org", ...args]);
    fs.mkdirSync(origin);
    fs.writeFileSync(path.join(origin, "index.html"), "docs");
    await git("init", "-q", "-b", "main");
    await git("add", "-A");
    await git("commit", "-q", "-m", "A page");
    host.configure([
      { name: "one", kind: "wordpress", domains: ["one.localhost"] },
      { name: "two", kind: "wordpress", domains: ["two.localhost"] },
      { name: "docs", kind: "static-git", domains: ["docs.localhost"], git: { url: origin, every: "1h" } },
      { name: "plain", kind: "static", domains: ["plain.localhost"], import: path.resolve("demo/hello") },
    ]);
    commandLines.watch();
    said = await host.up();
    for (const [role, id] of await host.containers()) all.set(role, await inspect(id));
    assert.deepEqual(
      [...all.keys()].sort(),
      ["docs/git", "docs/web", "gateway/gateway", "gateway/net", "mysql/mysql"].concat([
        "one/php",
        "one/web",
        "plain/web",
        "two/php",
        "two/web",
      ]),
    );
    fs.writeFileSync(path.join(host.root, "two/content/canary.txt"), CANARY, { mode: 0o644 });
    await new Promise<void>((resolve) => service.listen(SERVICE, "0.0.0.0", resolve));
    await capture(["sh", "-ec", startOutside]);
  });

  after(async () => {
    commandLines.stop();
    service.close();
    await attempt(["sh", "-c", stopOutside]);
  });

  const php = (site: string) => host.container(`${site}/php`);

  const addressOf = (role: string, network: string) =>
    all.get(role)?.NetworkSettings.Networks[host.namespace + network]?.IPAddress ?? assert.fail(role);

  /** All that there is to ask but what a container is itself. */
  async function targets(from: string): Promise<Targets> {
    const web = ["one", "two", "docs", "plain"].map((site) => `${site}/web`);
    const names = ["intercontainer", "database", "abroad"].map((name) => host.namespace + name);
    const format = "{{range .IPAM.Config}}{{.Gateway}}{{end}}";
    const bridges = (await capture(["docker", "network", "inspect", "-f", format, ...names])).split("\n");
    // Others' bridges come and go meanwhile.
    const own = Object.entries(os.networkInterfaces())
      .filter(([name]) => !/^(br-|veth|vout|docker)/.test(name))
      .flatMap(([, some]) => (some ?? []).filter(({ family, internal }) => family === "IPv4" && !internal));
    const ofHost = [...bridges, await bridgeAddress(), ...own.map(({ address }) => address)];
    const gateway = addressOf("gateway/gateway", "intercontainer");
    const everything: [string, readonly [string, number]][] = [
      ...web.map((role): [string, [string, number]] => [role, [addressOf(role, "intercontainer"), 8080]]),
      ["gateway-net", [addressOf("gateway/net", "intercontainer"), 8080]],
      ["gateway", [gateway, 8080]],
      ["gateway, https", [gateway, 8443]],
      ["gateway, status", [gateway, 9000]],
      ["mysql", [addressOf("mysql/mysql", "database"), 3306]],
      ["two/php", [addressOf("two/php", "database"), LISTENING]],
      ...[...new Set(ofHost)]
        .filter(Boolean)
        .map((address): [string, [string, number]] => [`host, ${address}`, [address, SERVICE]]),
      ["two/php, by abroad", [addressOf("two/php", "abroad"), LISTENING]],
      ["internet", [OUTSIDE.internet, OUTSIDE.port]],
      ["link-local", [OUTSIDE.linkLocal, OUTSIDE.port]],
    ];
    const mine = Object.values(all.get(from)?.NetworkSettings.Networks ?? {}).map(
      ({ IPAddress }) => IPAddress,
    );
    return Object.fromEntries(everything.filter(([, [address]]) => !mine.includes(address)));
  }

  const reachedBy = async (from: string) =>
    reached(
      (id, script) => execIn(id, ["sh", "-c", script]),
      await host.container(from),
      await targets(from),
    );

  it("SEC-4: lets each container ask what it needs, and nothing else", async () => {
    const serve = `$s = stream_socket_server('tcp://0.0.0.0:${LISTENING}'); while (true) @stream_socket_accept($s, 60);`;
    await capture(["docker", "exec", "-d", await php("two"), "php", "-r", serve]);
    const web = ["docs/web", "one/web", "plain/web", "two/web"];
    const may: Record<string, string[]> = {
      "gateway/gateway": [...web, "gateway-net"].sort(),
      "gateway/net": web,
      "one/web": [],
      "plain/web": [],
      "one/php": ["internet", "mysql"],
      "docs/git": ["internet"],
      "mysql/mysql": [],
    };
    const found = await Promise.all(
      Object.keys(may).map(async (from) => [from, await reachedBy(from)] as const),
    );
    assert.deepEqual(Object.fromEntries(found), may);
    // The service, and a site's php that listens, are there for whoever is let through.
    const there = await attempt(["bash", "-c", `</dev/tcp/127.0.0.1/${SERVICE}`]);
    assert.equal(there.code, 0, there.stderr);
    const itself = await execIn(await php("two"), ["bash", "-c", `</dev/tcp/127.0.0.1/${LISTENING}`]);
    assert.equal(itself.code, 0, itself.stderr);
  });

  it("gives no container an address of IPv6, nor a port that is another's by right", async () => {
    for (const [role, id] of await host.containers())
      assert.doesNotMatch((await execIn(id, ["cat", "/proc/net/if_inet6"])).stdout, /^(?!0{31}1 )./m, role);
    const bound = async (role: string, port: number) =>
      (
        await execIn(await host.container(role), [
          "perl",
          "-MIO::Socket::INET",
          "-e",
          `exit !IO::Socket::INET->new(LocalPort => ${port}, Listen => 1)`,
        ])
      ).code === 0;
    for (const port of [1024, 3306]) assert.equal(await bound("one/php", port), false, `php ${port}`);
    for (const port of [1024, 1080, 8079]) assert.equal(await bound("one/web", port), false, `web ${port}`);
    assert.equal(await bound("one/php", LISTENING + 1), true);
  });

  it("lets nobody on the host but root ask a container past the gateway", async () => {
    const ask = (uid: string, role: string, network: string, port: number) =>
      attempt([
        ...["setpriv", `--reuid=${uid}`, "--clear-groups", "timeout", "2"],
        ...["bash", "-c", `</dev/tcp/${addressOf(role, network)}/${port}`],
      ]);
    assert.equal((await ask("0", "one/web", "intercontainer", 8080)).code, 0);
    assert.notEqual((await ask("65534", "one/web", "intercontainer", 8080)).code, 0);
    assert.notEqual((await ask("65534", "mysql/mysql", "database", 3306)).code, 0);
  });

  it("says where the rules are gone, and sets them again although nothing else has changed", async () => {
    const chain = `VARVOL-${createHash("sha256").update(host.root).digest("hex").slice(0, 8)}-forward`;
    await capture(["iptables", "-w", "-t", "mangle", "-D", "FORWARD", "-j", chain]);
    assert.ok((await reachedBy("one/web")).includes("two/web"), "that is what the rules are for");
    const open = await host.varvol("status", "--json");
    assert.equal(open.code, 1);
    assert.match(open.stdout, /not in force for IPv4/);
    assert.match((await host.varvol("drift")).stdout, /network isolation is not in force/);
    assert.match(await host.up(), /Nothing changed/);
    assert.deepEqual(await reachedBy("one/web"), []);
  });

  it("SITE-1: has no FastCGI port", async () => {
    const listening = await execIn(await php("one"), ["ss", "-H", "-ltn"]);
    // Docker's own resolver.
    const ports = listening.stdout.split("\n").filter((line) => line && !line.includes("127.0.0.11:"));
    assert.deepEqual(ports, []);
  });

  it("SITE-1: shows a site's php no file or socket of another", async () => {
    const places = ["/srv", "/run", "/var", "/tmp", "/etc", "/mnt", "/usr/lib/varvol"];
    const search = ["grep", "-rlsF", CANARY, ...places];
    assert.equal(
      (await execIn(await php("two"), search)).stdout.trim(),
      "/srv/wordpress/wp-content/canary.txt",
    );
    for (const site of ["one/php", "one/web", "plain/web", "docs/git", "gateway/gateway"])
      assert.equal((await execIn(await host.container(site), search)).stdout, "", site);
    const sockets = (await execIn(await php("one"), ["find", "/", "-xdev", "-type", "s"])).stdout
      .concat((await execIn(await php("one"), ["find", "/run/php", "-type", "s"])).stdout)
      .trim()
      .split("\n");
    assert.deepEqual(sockets, [`/run/php/php-${(await php("one")).slice(0, 12)}.sock`]);
    const password = (site: string) =>
      fs.readFileSync(path.join(host.root, site, "secrets/database"), "utf8");
    assert.notEqual(password("one"), password("two"));
  });

  it("SEC-5: gives a site's database user its own schema and nothing else", async () => {
    const ask = async (statement: string): Promise<unknown> =>
      JSON.parse(
        await runPhp(
          await php("one"),
          `try {
            $db = new mysqli(getenv('DB_HOST'), getenv('DB_USER'), trim(file_get_contents('/run/secrets/database')));
            $result = $db->query(${JSON.stringify(statement).replaceAll("$", "\\$")});
            echo json_encode($result === true ? true : array_column($result->fetch_all(), 0));
          } catch (mysqli_sql_exception $error) { echo json_encode($error->getMessage()); }`,
        ),
      );
    assert.deepEqual(await ask("SHOW DATABASES"), ["information_schema", "one"]);
    assert.deepEqual(await ask("SELECT COUNT(*) FROM one.wp_users"), ["1"]);
    assert.deepEqual(await ask("SELECT LOAD_FILE('/etc/passwd')"), [null]);
    for (const statement of [
      "SELECT * FROM two.wp_users",
      "SELECT * FROM mysql.global_priv",
      "INSERT INTO two.wp_options (option_name, option_value) VALUES ('a', 'b')",
      "CREATE DATABASE three",
      "SELECT 'x' INTO OUTFILE '/tmp/x'",
      "LOAD DATA INFILE '/etc/passwd' INTO TABLE one.wp_options",
      "CREATE USER evil",
      "SET GLOBAL general_log = 1",
      "GRANT ALL ON *.* TO 'one'@'%'",
    ])
      assert.match(String(await ask(statement)), /denied/, statement);
    assert.match(
      ((await ask("SHOW GRANTS")) as string[]).join("\n"),
      /^GRANT USAGE ON \*\.\*.*\nGRANT ALL PRIVILEGES ON `one`\.\* TO `one`@`%`$/,
    );
    for (const user of ["root", "mysql", "mariadb.sys", ""]) {
      const login = `try { new mysqli('mysql', '${user}', ''); echo 'in'; } catch (mysqli_sql_exception $e) { echo $e->getMessage(); }`;
      assert.match(await runPhp(await php("one"), login), /denied/, user);
    }
  });

  it("SEC-6: publishes nothing but the gateway's two ports, where the stack file says", async () => {
    for (const [role, { HostConfig }] of all) {
      const bound = Object.values(HostConfig.PortBindings ?? {}).flat();
      const expected = [host.http, host.https].map((port) => ({
        HostIp: "127.0.0.1",
        HostPort: String(port),
      }));
      assert.deepEqual(bound, role === "gateway/net" ? expected : [], role);
    }
    const listening = (await capture(["ss", "-Hltn"])).split("\n").map((line) => line.split(/ +/)[3] ?? "");
    const near = listening.filter((at) => new RegExp(`:${Math.floor(host.http / 10)}\\d$`).test(at));
    const own = [SERVICE, host.http, host.https].map((port) =>
      port === SERVICE ? `0.0.0.0:${port}` : `127.0.0.1:${port}`,
    );
    assert.deepEqual(near.sort(), own.sort());
    for (const port of [host.http, host.https]) {
      const asked = await attempt(["bash", "-c", `</dev/tcp/${await bridgeAddress()}/${port}`]);
      assert.notEqual(asked.code, 0, `another address of the host answers at ${port}`);
    }
  });

  it("SEC-1: runs every container with least privilege and within limits", async () => {
    for (const [role, { Config, HostConfig, Mounts }] of all) {
      const { Memory, PidsLimit, LogConfig } = HostConfig;
      assert.equal(HostConfig.Privileged, false, role);
      assert.equal(HostConfig.ReadonlyRootfs, true, role);
      assert.deepEqual(HostConfig.CapDrop, ["ALL"], role);
      assert.deepEqual(HostConfig.CapAdd ?? [], [], role);
      assert.deepEqual(HostConfig.SecurityOpt, ["no-new-privileges:true"], role);
      assert.deepEqual(HostConfig.Devices ?? [], [], role);
      for (const mode of ["PidMode", "IpcMode", "UTSMode", "NetworkMode"] as const)
        assert.doesNotMatch(HostConfig[mode], /host|container:/, `${role} ${mode}`);
      assert.ok(Memory > 0 && Memory <= 1024 * 2 ** 20, `${role}: memory ${Memory}`);
      assert.ok((PidsLimit ?? 0) > 0, `${role}: pids ${PidsLimit}`);
      assert.equal(LogConfig.Type, "json-file", role);
      assert.match(LogConfig.Config["max-size"] ?? "", /^\d+m$/, role);
      assert.match(LogConfig.Config["max-file"] ?? "", /^\d+$/, role);
      assert.match(Config.User, /^[1-9]\d*:[1-9]\d*$/, role);

      const own = `${path.join(host.root, Config.Labels["varvol.owner"] ?? "")}/`;
      for (const { Type, Source, Destination, RW } of Mounts) {
        if (Source === path.join(origin, ".git")) assert.deepEqual([role, RW], ["docs/git", false]);
        else if (Type !== "tmpfs") assert.ok(Source.startsWith(own), `${role}: ${Source} at ${Destination}`);
      }
    }
  });

  it("SEC-2: has no process with a uid of 0, a capability or a way to either", async () => {
    for (const [role, id] of await host.containers()) {
      const script =
        "for p in /proc/[0-9]*; do grep -Es '^(Uid|CapEff|CapPrm|NoNewPrivs|Seccomp):' $p/status | tr -s '\\t\\n' '  '; echo; done";
      const { stdout } = await execIn(id, ["sh", "-c", script]);
      for (const status of stdout.split("\n").filter((line) => line.includes("Uid"))) {
        assert.match(status, /^Uid: [1-9]\d* [1-9]\d* [1-9]\d* [1-9]\d* /, role);
        assert.match(status, /CapPrm: 0{16} CapEff: 0{16} NoNewPrivs: 1 Seccomp: 2/, role);
      }
      assert.notEqual((await execIn(id, ["touch", "/new"])).code, 0, role);
      assert.notEqual((await execIn(id, ["unshare", "-r", "true"])).code, 0, role);
    }
  });

  it("SEC-18: keeps every generated secret out of inspect, logs, state and command lines", async () => {
    const secrets = new Map<string, string>();
    for (const site of ["one", "two"]) {
      const shown = JSON.parse((await host.varvol("secret", site, "--json")).stdout) as { password: string };
      for (const name of ["database", "admin", "salt"]) {
        const file = path.join(host.root, site, "secrets", name);
        const secret = fs.readFileSync(file, "utf8");
        assert.ok(secret.length >= 20, file);
        assert.equal(fs.statSync(file).mode & 0o777, 0o400, file);
        assert.equal(fs.statSync(path.dirname(file)).mode & 0o777, 0o700, file);
        secrets.set(`${site}'s ${name}`, secret);
      }
      assert.equal(shown.password, secrets.get(`${site}'s admin`));
    }
    const key = fs.readFileSync(path.join(host.root, "gateway/conf/current/tls/key.pem"), "utf8");
    secrets.set("the key of the certificates", key.split("\n")[1] ?? "");
    const ids = [...(await host.containers()).values()];
    const logs = await Promise.all(ids.map((id) => attempt(["docker", "logs", id])));
    const places = new Map([
      ["docker inspect", await capture(["docker", "inspect", ...ids])],
      ["docker logs", logs.map(({ stdout, stderr }) => stdout + stderr).join("")],
      ["what the command printed", said],
      ["the command lines of all processes", commandLines.stop()],
      ...filesBelow(path.join(host.folder, "state")),
      ...filesBelow(path.resolve(".varvol/log")),
    ]);
    assert.ok(places.size > 6, "state and logs are looked at");
    assert.match(places.get("the command lines of all processes") ?? "", /bin\/database/);
    for (const [place, text] of places)
      for (const [name, secret] of secrets)
        for (const form of [secret, Buffer.from(secret).toString("base64").replace(/=+$/, "")])
          assert.ok(!text.includes(form), `${name} is in ${place}`);
  });
});

function filesBelow(folder: string): [string, string][] {
  return fs
    .readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((file) => [file, fs.readFileSync(file, "latin1")]);
}
