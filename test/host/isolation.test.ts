import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { attempt, capture } from "../../base/exec";
import { CommandLines } from "../support/commandLines";
import { execIn, inspect, type Inspected, runPhp } from "../support/docker";
import { TestHost } from "../support/testHost";

const CANARY = "a file of two, and of nobody else";

describe("the containers of a host", function () {
  this.timeout(300_000);
  const host = new TestHost("isolation", 18220);
  const origin = path.join(host.folder, "origin");
  const commandLines = new CommandLines();
  const all = new Map<string, Inspected>();
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
  });

  after(() => commandLines.stop());

  const php = (site: string) => host.container(`${site}/php`);

  /** Whether a TCP connection from a container comes about. */
  async function reaches(role: string, address: string, port: number): Promise<boolean> {
    const script = `timeout 3 bash -c '</dev/tcp/${address}/${port}' 2>&1`;
    return (await execIn(await host.container(role), ["sh", "-c", script])).code === 0;
  }

  /** At the same time, because docker drops packets between networks without a word. */
  async function reachNone(tries: [role: string, address: string, port: number][]): Promise<void> {
    const found = await Promise.all(tries.map(async (one) => ((await reaches(...one)) ? one.join(" ") : "")));
    assert.deepEqual(found.filter(Boolean), []);
  }

  const addressOf = (role: string) =>
    Object.values(all.get(role)?.NetworkSettings.Networks ?? {})[0]?.IPAddress ?? assert.fail(role);

  it("lets no web container, nor the gateway or a puller, reach MySQL", async () => {
    const mysql = addressOf("mysql/mysql");
    for (const name of ["mysql", mysql]) assert.ok(await reaches("one/php", name, 3306), name);
    const others = [...all.keys()].filter((role) => !role.endsWith("/php") && role !== "mysql/mysql");
    await reachNone(
      others.flatMap((role) =>
        ["mysql", `${host.namespace}mysql`, mysql].map((name): [string, string, number] => [
          role,
          name,
          3306,
        ]),
      ),
    );
  });

  it("lets no site's php reach a web container, and has no FastCGI port", async () => {
    assert.ok(await reaches("gateway/net", addressOf("two/web"), 8080));
    const web = ["two/web", "one/web", "plain/web", "gateway/net"];
    await reachNone(web.map((role) => ["one/php", addressOf(role), 8080]));
    const listening = await execIn(await php("two"), ["ss", "-H", "-ltn"]);
    // Docker's own resolver.
    const ports = listening.stdout.split("\n").filter((line) => line && !line.includes("127.0.0.11:"));
    assert.deepEqual(ports, []);
  });

  it("shows a site's php no file or socket of another", async () => {
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

  it("gives a site's database user its own schema and nothing else", async () => {
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

  it("publishes nothing but the gateway's two ports", () => {
    for (const [role, { HostConfig }] of all) {
      const bound = Object.values(HostConfig.PortBindings ?? {}).flat();
      const expected = [host.http, host.https].map((port) => ({
        HostIp: "127.0.0.1",
        HostPort: String(port),
      }));
      assert.deepEqual(bound, role === "gateway/net" ? expected : [], role);
    }
  });

  it("runs every container with least privilege and within limits", async () => {
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

  it("has no process with a uid of 0, a capability or a way to either", async () => {
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

  it("keeps every generated secret out of inspect, logs, state and command lines", async () => {
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
