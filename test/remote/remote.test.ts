import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { gzipSync } from "node:zlib";
import { attempt } from "../../base/exec";
import { scriptText } from "../../machine/scripts";
import { GitServer } from "../support/gitServer";
import { TestHost } from "../support/testHost";
import { listen, OUTSIDE, reached, startOutside } from "../support/reach";
import { newKey, TestMachine } from "../support/testMachine";
import { TunnelPeer } from "../support/tunnelPeer";
import { until } from "../support/until";

const OWN = 7000;
const SERVICE = `setsid ${listen(OWN)} > /dev/null 2>&1 < /dev/null &`;

describe("a host over ssh", function () {
  this.timeout(1_200_000);
  const host = new TestHost("remote", 18300);
  const domains = { hello: "hello.example.org", docs: "docs.example.org", blog: "blog.example.org" };
  const home = os.homedir();
  let machine: TestMachine;
  let git: GitServer;
  let peer: TunnelPeer | undefined;
  let sites: Record<string, unknown>[];

  const configure = (more: readonly Record<string, unknown>[] = [], hostKey?: string) =>
    host.configure([...sites, ...more], {
      kind: "prod",
      // No authority is asked from here.
      tls: "own",
      namespace: "",
      volumeRoot: "/var/vol",
      gateway: {},
      wireguard: true,
      host: { ...machine.host, user: "varvol", ...(hostKey && { hostKey }) },
    });
  const page = async (domain: string, target = "/") => (await host.get(domain, target, { tls: true })).body;
  const allAnswer = async () => {
    const fresh = `/?fresh=${Date.now()}`;
    assert.match(await page(domains.hello), /Hello from Varvol/);
    assert.match(await page(domains.docs), /<h1>first<\/h1>/);
    assert.match(await page(domains.blog, fresh), /<title>A blog/);
    assert.match(await page("moved.example.org", fresh), /<title>Moved here/);
    return true;
  };

  const init = (...more: string[]) => {
    const { privateKeyFile } = machine.host as { privateKeyFile: string };
    const words = ["root@127.0.0.1:18322", "--name", host.stack, "--key", privateKeyFile, "--json"];
    return host.varvol("host-init", ...words, ...more);
  };
  /** How a connection from beside the machine ends: 0, or 124 where nobody says anything. */
  const asked = async (port: number) =>
    (await attempt(["timeout", "2", "bash", "-c", `: < /dev/tcp/${await machine.inner()}/${port}`])).code;
  const hostKey = () => String(machine.host.hostKey);
  const done = async () => {
    const { code, stdout, stderr } = await init("--host-key", hostKey());
    assert.equal(code, 0, stdout + stderr);
    return (JSON.parse(stdout) as { done: string[] }).done;
  };

  before(async () => {
    // ssh's files are made in the home folder; what has been installed stays in use.
    process.env.XDG_CACHE_HOME ??= path.join(home, ".cache");
    process.env.HOME = host.folder;
    machine = await TestMachine.start(host.folder, { ssh: 18322, http: host.http, https: host.https });
    git = await GitServer.start(path.join(host.folder, "git"), 18318);
    await git.commit("docs", { "public/index.html": "<h1>first</h1>" });
    sites = [
      { name: "hello", kind: "static", domains: [domains.hello], import: path.resolve("demo/hello") },
      {
        name: "docs",
        kind: "static-git",
        domains: [domains.docs],
        git: { url: `${git.address}/docs`, branch: "main", folder: "public" },
      },
      { name: "blog", kind: "wordpress", domains: [domains.blog, "www.blog.example.org"], title: "A blog" },
    ];
  });

  after(async () => {
    process.env.HOME = home;
    git?.stop();
    await peer?.stop();
    await machine?.stop();
  });

  it("refuses a machine with another key before anything is touched", async () => {
    configure([], await newKey(path.join(host.folder, "other")));
    const { code, stderr } = await host.varvol("up");
    assert.equal(code, 1);
    assert.match(
      stderr,
      /varvol:host\.hostKey: varvol@127\.0\.0\.1:18322 answers with another key \(SHA256:/,
    );
    assert.equal(await machine.output("ls /var/vol 2>/dev/null; docker ps -aq; docker images -q"), "");
    assert.deepEqual(fs.readdirSync(path.join(host.folder, "state")), []);
  });

  it("is made a host by a command that asks whether the key is that machine's, and does nothing before", async () => {
    const asked = await init();
    assert.match(asked.stderr, /shows the key SHA256:\S+\. Is it that machine's\?[^]*--host-key/);
    const other = await init("--host-key", await newKey(path.join(host.folder, "third")));
    assert.match(other.stderr, /shows another key/);
    assert.deepEqual([asked.code, other.code], [1, 1]);
    assert.equal((await machine.ssh("id varvol || ls /etc/varvol")).code, 2);
  });

  it("is made a host by one that says what it did, writes the stack file, and does nothing when it is run again", async () => {
    fs.rmSync(host.configFile, { force: true });
    const first = await done();
    assert.match(first.join("\n"), /user[^]*firewall[^]*time[^]*journal/);
    assert.match(fs.readFileSync(host.configFile, "utf8"), /user: varvol/);
    assert.deepEqual(await done(), []);
    configure();
    const { code, stdout } = await host.varvol("host-doctor");
    assert.equal(code, 1, stdout);
    const missing = stdout.split("\n").filter((line) => /^missing/.test(line.trim()));
    assert.deepEqual(
      [missing.length, /WireGuard +lacks being set up/.test(missing[0] ?? "")],
      [1, true],
      stdout,
    );
  });

  it("lets nobody ask what it isn't there for", async () => {
    await machine.output(SERVICE);
    assert.equal(await asked(22), 0);
    assert.equal(await asked(OWN), 124);
    await machine.output("nft delete table inet varvol_host");
    assert.equal(await asked(OWN), 0);
    const { code, stdout } = await host.varvol("host-doctor");
    assert.equal(code, 1);
    assert.match(stdout, /firewall\s+lacks being in force\s+npx varvol host-init/);
    assert.equal((await done()).length, 1);
    assert.equal(await asked(OWN), 124);
  });

  it("is not shut by a firewall that lets nobody in", async () => {
    const shut =
      "table inet varvol_host\ndelete table inet varvol_host\ntable inet varvol_host { chain input { type filter hook input priority 0; policy drop; }; }";
    await machine.inside(["sh", "-c", "cat > /tmp/prepare"], scriptText("prepare-host"));
    await machine.inside(["sh", "/tmp/prepare", "firewall-try", "12"], shut);
    assert.notEqual((await machine.ssh("true")).code, 0);
    await until("an open one", async () => (await machine.ssh("true")).code === 0, 60);
    assert.equal((await done()).length, 1);
  });

  it("brings all three kinds of site up on a bare machine, images built there", async () => {
    configure();
    const text = await host.up();
    for (const name of ["hello", "docs", "blog"]) assert.match(text, new RegExp(`${name} .* ok`));
    const images = await machine.output("docker images --format '{{.Repository}}'");
    for (const name of ["gateway", "web", "git", "mariadb", "wordpress-php", "wordpress-web"])
      assert.ok(images.split("\n").includes(`varvol/${name}`), name);
  });

  it("serves them over HTTPS, and redirects HTTP there", async () => {
    assert.match(await page(domains.hello), /Hello from Varvol/);
    assert.match(await page(domains.docs), /<h1>first<\/h1>/);
    assert.match(await page(domains.blog), /<title>A blog/);
    for (const domain of [...Object.values(domains), "www.blog.example.org"]) {
      const { status, headers } = await host.get(domain, "/a?b");
      assert.equal(status, 308);
      assert.equal(headers.location, `https://${domain.replace(/^www\./, "")}/a?b`);
    }
  });

  it("serves IPv6 as well", async () => {
    const request = `GET / HTTP/1.1\\r\\nHost: ${domains.hello}\\r\\nConnection: close\\r\\n\\r\\n`;
    const answer = await machine.output(
      `printf '${request}' | openssl s_client -quiet -connect '[::1]:443' -servername ${domains.hello} 2>/dev/null`,
    );
    assert.match(answer, /^HTTP\/1.1 200/);
  });

  it("changes nothing when nothing changed, and says so", async () => {
    const before = await machine.containers();
    assert.match(await host.up(), /Nothing changed/);
    assert.deepEqual(await machine.containers(), before);
    const again = await host.pulumi("preview", "--refresh", "--expect-no-changes");
    assert.equal(again.code, 0, again.stdout);
  });

  it("keeps the key that logs in out of the stack's state", async () => {
    const { privateKeyFile } = machine.host as { privateKeyFile: string };
    const body = fs.readFileSync(privateKeyFile, "utf8").split("\n")[1] ?? "";
    const { stdout } = await host.pulumi("stack", "export", "--show-secrets");
    assert.match(stdout, /"resources"/);
    assert.ok(body.length > 20 && !stdout.includes(body));
  });

  it("tells its status", async () => {
    const { code, stdout } = await host.varvol("status", "--json");
    assert.equal(code, 0, stdout);
    const status = JSON.parse(stdout) as { sites: { name: string; state: string; git?: object }[] };
    assert.deepEqual(
      status.sites.map(({ name, state }) => [name, state]),
      ["hello", "docs", "blog"].map((name) => [name, "ok"]),
    );
    assert.ok(status.sites[1]?.git);
  });

  it("keeps from others what docker publishes by mistake", async () => {
    const web = (await machine.containers()).get("hello/web") ?? "";
    const image = await machine.output(`docker inspect -f '{{.Image}}' ${web}`);
    await machine.output(`docker run -d --rm --name mistake -p 7001:8080 --entrypoint sleep ${image} 60`);
    assert.equal((await machine.ssh("bash -c ': < /dev/tcp/127.0.0.1/7001'")).code, 0);
    assert.equal(await asked(7001), 124);
    assert.equal(await asked(443), 0);
    await machine.output("docker rm -f mistake");
  });

  it("is listed beside others, and one that is down stops no other", async () => {
    const folder = path.join(host.folder, "hosts");
    const states = path.join(host.folder, "state/.pulumi/stacks/varvol");
    const text = fs.readFileSync(host.configFile, "utf8");
    fs.mkdirSync(folder);
    fs.writeFileSync(path.join(folder, `Pulumi.${host.stack}.yaml`), text);
    fs.writeFileSync(path.join(folder, "Pulumi.down.yaml"), text.replace("port: 18322", "port: 18398"));
    fs.copyFileSync(path.join(states, `${host.stack}.json`), path.join(states, "down.json"));
    const onAll = (...words: string[]) =>
      attempt([process.execPath, "cli/varvol.cjs", ...words, "--stacks", folder], { env: host.env });
    const listed = await onAll("hosts", "--json");
    const rows = JSON.parse(listed.stdout) as {
      stack: string;
      ok: boolean;
      sites?: number;
      error?: string;
    }[];
    const [down, up] = rows.sort((a, b) => Number(a.ok) - Number(b.ok));
    assert.deepEqual([listed.code, up?.stack, up?.sites, down?.stack], [1, host.stack, 3, "down"]);
    assert.match(down?.error ?? "", /127\.0\.0\.1:18398 can't be reached/);
    const ended = await onAll("up", "--all");
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /failed: down; 1 of 2 ended well/);
    assert.match(ended.stderr, /\| Nothing changed/);
    fs.rmSync(path.join(states, "down.json"));
  });

  it("fills a WordPress from a dump and an archive of this machine, which leave no trace on the other", async () => {
    const dump = path.join(host.folder, "blog.sql.gz");
    const content = path.join(host.folder, "content.tar.gz");
    await machine.output(
      `echo marked > /var/vol/blog/content/uploads.txt; docker exec mysql mariadb blog -e "UPDATE wp_options SET option_value = 'Moved here' WHERE option_name = 'blogname'"`,
    );
    fs.writeFileSync(dump, await binary("docker exec mysql mariadb-dump blog | gzip"));
    fs.writeFileSync(content, await binary("tar -C /var/vol/blog/content -czf - ."));
    await machine.output(
      `docker exec mysql mariadb blog -e "UPDATE wp_options SET option_value = 'A blog' WHERE option_name = 'blogname'"`,
    );
    const before = await machine.containers();
    const moved = { name: "moved", kind: "wordpress", domains: ["moved.example.org"] };
    sites.push({ ...moved, import: { content, database: dump } });

    fs.renameSync(dump, `${dump}.away`);
    fs.writeFileSync(dump, gzipSync("CREATE TABLE a (id INT);\nINSERT INTO nowhere VALUES (1);\n"));
    configure();
    const failed = await host.varvol("up");
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /can't be read into the database/);

    fs.renameSync(`${dump}.away`, dump);
    await host.up();
    const body = await page("moved.example.org");
    assert.match(body, /<title>Moved here/);
    assert.match(body, /https:\/\/moved\.example\.org\//);
    assert.doesNotMatch(body, /blog\.example\.org/);
    assert.equal(await page("moved.example.org", "/wp-content/uploads.txt"), "marked\n");
    assert.equal(await machine.output("find /var/vol/.varvol/import -mindepth 1"), "");
    for (const [role, id] of before) assert.equal((await machine.containers()).get(role), id, role);
  });

  it("needs what it was filled from no more", async () => {
    for (const file of ["blog.sql.gz", "content.tar.gz"]) fs.rmSync(path.join(host.folder, file));
    assert.match(await host.up(), /Nothing changed/);
  });

  it("SEC-4: lets each container ask what it needs, and nothing else", async () => {
    await machine.output(startOutside);
    await machine.output(SERVICE);
    await reach();
  });

  it("comes back by itself when docker restarts, with the same containers", async () => {
    const before = await machine.containers();
    await machine.output("systemctl restart docker");
    await until("all sites", allAnswer, 60);
    assert.deepEqual(await machine.containers(), before);
    await reach();
    assert.match(await host.up(), /Nothing changed/);
  });

  it("serves a large page through the tunnel, and says what the control node needs for it", async () => {
    await machine.output("head -c 1048576 /dev/zero > /var/vol/hello/site/large.bin");
    const { stdout } = await host.varvol("wireguard");
    peer = await TunnelPeer.start(
      stdout.replace(/^Endpoint = .*$/m, `Endpoint = ${await machine.inner()}:51820`),
    );
    assert.deepEqual(await peer.ask(domains.hello, "/large.bin"), { status: 200, size: 1048576 });
    const { code, stdout: rows } = await host.varvol("host-doctor");
    assert.equal(code, 0, rows);
    assert.match(rows, /ok +WireGuard +there/);
    await machine.output("ip link del wg-varvol");
    assert.match((await host.varvol("host-doctor")).stdout, /missing +WireGuard +lacks an interface/);
    await machine.output("rm /var/vol/hello/site/large.bin; systemctl restart varvol-wireguard");
  });

  it("has services of its sites and modules, for an admin to stop, start and read", async () => {
    const active = "systemctl is-active nginx mysql hello hello.example.org blog.example.org | sort -u";
    assert.equal(await machine.output(active), "active");
    await machine.output("service nginx reload && service nginx restart && service nginx status");
    const mark = `/of-a-test-${Date.now()}`;
    assert.equal((await host.get(domains.hello, mark, { tls: true })).status, 404);
    const journal = `journalctl -u nginx --no-pager -o cat | grep -F ${mark}`;
    await until("the journal", async () => (await machine.ssh(journal)).code === 0);
    await machine.output("service hello stop");
    assert.equal((await machine.ssh("service hello.example.org status")).code, 3);
    await isStopped();
    assert.match(await host.up(), /hello: stopped on purpose, and left so/);
    const status = JSON.parse((await host.varvol("status", "--json")).stdout) as {
      ok: boolean;
      sites: { state: string }[];
    };
    assert.deepEqual([status.ok, status.sites[0]?.state], [true, "stopped on purpose"]);
    assert.equal((await host.varvol("drift")).code, 0);
    await isStopped();
  });

  it("comes back by itself when the machine boots, but for what was stopped on purpose", async () => {
    const before = await machine.containers();
    await machine.reboot();
    await machine.output("nft list table inet varvol_host");
    await until("the others", async () => /<h1>first<\/h1>/.test(await page(domains.docs)), 60);
    await isStopped();
    const { code, stdout, stderr } = await host.varvol("up", "--start", "hello");
    assert.equal(code, 0, stdout + stderr);
    await until("all sites", allAnswer, 60);
    assert.equal(await machine.output("systemctl is-active hello blog.example.org | sort -u"), "active");
    assert.equal((await peer?.ask(domains.hello, "/"))?.status, 200);
    assert.deepEqual(await machine.containers(), before);
    await machine.output(startOutside);
    await machine.output(SERVICE);
    await reach();
    assert.match(await host.up(), /Nothing changed/);
  });

  it("refuses another key also while a connection with the right one is open", async () => {
    const before = await machine.containers();
    configure([], fs.readFileSync(path.join(host.folder, "other.pub"), "utf8").trim());
    for (const verb of ["up", "status"]) {
      const { code, stderr } = await host.varvol(verb);
      assert.equal(code, 1);
      assert.match(stderr, /answers with another key/);
    }
    const engine = await host.pulumi("up", "--yes", "--skip-preview");
    assert.notEqual(engine.code, 0);
    assert.deepEqual(await machine.containers(), before);
    configure();
    await host.up();
    assert.deepEqual(await machine.containers(), before);
  });

  it("is removed by destroy, with all data left", async () => {
    const gone = await host.varvol("destroy", "--yes");
    assert.equal(gone.code, 0, gone.stderr);
    assert.equal((await machine.containers()).size, 0);
    assert.notEqual((await machine.ssh("ip link show wg-varvol")).code, 0);
    assert.equal(await machine.output(`grep -l "Varvol's, of" /etc/systemd/system/*.service || true`), "");
    assert.match(await machine.output("ls /var/vol"), /^blog\ndocs\ngateway\nhello\nmoved\nmysql$/);
  });

  async function isStopped(): Promise<void> {
    const { status, headers, body } = await host.get(domains.hello, "/", { tls: true });
    assert.deepEqual([status, headers["retry-after"]], [503, "600"]);
    assert.match(body, /Closed for maintenance/);
    const running = await machine.output("docker ps -q --filter label=varvol.owner=hello");
    assert.equal(running, "");
  }

  /** What containers reach of each other, the host, and what lies beyond. */
  async function reach(): Promise<void> {
    const containers = await machine.containers();
    const of = (role: string) => containers.get(role) ?? assert.fail(role);
    const address = (role: string, network: string) =>
      machine.output(
        `docker inspect -f '{{(index .NetworkSettings.Networks "${network}").IPAddress}}' ${of(role)}`,
      );
    const gateways = (
      await machine.output(
        `docker network inspect -f '{{range .IPAM.Config}}{{.Gateway}}{{end}}' intercontainer database abroad`,
      )
    ).split("\n");
    const mysql = { mysql: [await address("mysql/mysql", "database"), 3306] } as const;
    const targets = {
      "hello/web": [await address("hello/web", "intercontainer"), 8080],
      "docs/web": [await address("docs/web", "intercontainer"), 8080],
      "gateway-net": [await address("gateway/net", "intercontainer"), 8080],
      gateway: [await address("gateway/gateway", "intercontainer"), 8080],
      "ssh of the host": ["198.51.100.1", 22],
      published: ["198.51.100.1", 443],
      ...Object.fromEntries(gateways.map((gateway) => [`host, ${gateway}`, [gateway, OWN]])),
      internet: [OUTSIDE.internet, OUTSIDE.port],
      "link-local": [OUTSIDE.linkLocal, OUTSIDE.port],
    } as const;
    const web = ["docs/web", "hello/web"];
    const may: Record<string, string[]> = {
      "gateway/gateway": [...web, "gateway-net"].sort(),
      "blog/web": [],
      "blog/php": ["internet", "mysql", "published"],
      "docs/git": ["internet", "published"],
      "mysql/mysql": [],
    };
    const others = (from: string) => (from === "mysql/mysql" ? targets : { ...targets, ...mysql });
    const run = (id: string, script: string) => machine.ssh(`docker exec -i ${id} sh`, { input: script });
    const listens = `timeout 3 bash -c '</dev/tcp/127.0.0.1/${OWN}'`;
    await until("the service of the host", async () => (await machine.ssh(listens)).code === 0);
    const found = await Promise.all(
      Object.keys(may).map(async (from) => [from, await reached(run, of(from), others(from))] as const),
    );
    assert.deepEqual(Object.fromEntries(found), may);
  }

  async function binary(command: string): Promise<Buffer> {
    return Buffer.from(await machine.output(`${command} | base64 -w0`), "base64");
  }
});
