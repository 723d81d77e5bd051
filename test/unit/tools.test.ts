import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as net from "node:net";
import * as path from "node:path";
import * as tools from "../../machine/tools";
import { HostTools } from "../support/hostTool";

const ID = "a".repeat(64);
const OLD = "b".repeat(64);

describe("the tools of a host", () => {
  let host: HostTools;
  const under = (file: string) => path.join(host.root, file);
  const modeOf = (file: string) => (fs.statSync(under(file)).mode & 0o777).toString(8);

  beforeEach(() => {
    host = new HostTools();
    host.standIn("docker", "");
    host.standIn("chown", "");
  });
  afterEach(() => host.remove());

  it("are all declared, and no other", () => {
    const files = fs.readdirSync("host").filter((file) => file !== "lib.sh");
    assert.deepEqual(
      Object.values(tools.TOOLS)
        .map(({ file }) => file)
        .sort(),
      files.sort(),
    );
  });

  it("are not believed where they print something else than what is declared", async () => {
    for (const [tool, args] of [
      [tools.mark, { owner: "hello", container: "mysql", hash: "1" }],
      [tools.receive, { path: "/x", kind: "file" }],
      [tools.purge, { name: "hello", label: "l", mysql: "m" }],
    ] as const) {
      host.add(tool.file, tool.file === "mark" ? ":" : "echo '{\"other\":1}'");
      await assert.rejects(host.call(tool as tools.HostTool<unknown>, args), { name: "ZodError" }, tool.file);
    }
  });

  describe("volume", () => {
    const folders = [
      { name: "run", mode: "0755", owner: "0:0" },
      { name: "run/php", mode: "0750", owner: "33:33" },
      { name: "secrets", mode: "0700", owner: "33:33" },
    ];
    const secret = (content: string) => [{ name: "secrets/salt", owner: "33:33", content }];

    it("makes folders and secrets, and says where", async () => {
      const at = under("blog");
      const content = 'it\'s\n"a\\b" $x `y`\n';
      assert.equal(await host.call(tools.volume, { path: at }, { folders, secrets: secret(content) }), at);
      assert.equal(host.read("blog/secrets/salt"), content);
      assert.deepEqual(["blog/run", "blog/run/php", "blog/secrets", "blog/secrets/salt"].map(modeOf), [
        ...["755", "750", "700", "400"],
      ]);
      assert.deepEqual(
        host.words("chown").map(([owner, file = ""]) => [owner, path.relative(at, file)]),
        [
          ["0:0", "run"],
          ["33:33", "run/php"],
          ["33:33", "secrets"],
          ["33:33", "secrets/salt"],
        ],
      );
    });

    it("overwrites a secret that is another one, and deletes nothing", async () => {
      host.file("blog/run/kept", "kept");
      for (const content of ["first", "second"])
        await host.call(tools.volume, { path: under("blog") }, { folders, secrets: secret(content) });
      assert.equal(host.read("blog/secrets/salt"), "second");
      assert.equal(host.read("blog/run/kept"), "kept");
      assert.deepEqual(fs.readdirSync(under("blog/secrets")), ["salt"]);
    });
  });

  describe("vhost", () => {
    const files = { "vhosts/hello.conf": "server {\n}\n", "tls/hello.pem": "it's '$x'\n" };
    const call = (given: Record<string, string> = files) =>
      host.call(tools.vhost, { part: "hello", hash: "0123456789ab" }, given);
    const part = "gateway/conf/parts/hello.0123456789ab";

    it("keeps a part's files under its hash, for root alone", async () => {
      assert.equal(await call(), "0123456789ab");
      assert.equal(host.read(`${part}/tls/hello.pem`), files["tls/hello.pem"]);
      assert.deepEqual([part, `${part}/tls/hello.pem`].map(modeOf), ["700", "600"]);
    });

    it("makes a part that was edited anew, and leaves another alone", async () => {
      await call();
      const { ino } = fs.statSync(under(part));
      await call();
      assert.equal(fs.statSync(under(part)).ino, ino);
      host.file(`${part}/vhosts/evil.conf`, "x");
      await call();
      assert.deepEqual(fs.readdirSync(under(`${part}/vhosts`)), ["hello.conf"]);
      assert.deepEqual(fs.readdirSync(under("gateway/conf/parts")), ["hello.0123456789ab"]);
    });
  });

  describe("routes", () => {
    const first = [{ name: "_main", hash: "111111111111" }];
    const both = [...first, { name: "hello", hash: "222222222222" }];
    const current = () => fs.readlinkSync(under("gateway/conf/current"));

    beforeEach(() => {
      host.file("gateway/conf/parts/_main.111111111111/nginx.conf", "main");
      host.file("gateway/conf/parts/hello.222222222222/vhosts/hello.conf", "hello");
      host.standIn("sleep", "");
      // A gateway that answers with the generation that it was last told to read.
      host.standIn(
        "docker",
        `case "$*" in
          *generation-bad*nginx.conf*) echo 'unknown directive "it'"'"'s"' >&2; exit 1 ;;
          *"kill -HUP 1"*) cp '${under("gateway/conf/current")}/generation.conf' '${under("loaded")}' ;;
          *curl*) sed 's/return 200 "\\(.*\\)\\\\n";/\\1/' '${under("loaded")}' ;;
        esac`,
      );
    });

    it("makes a first generation without a gateway, and no second one", async () => {
      for (const parts of [first, both])
        assert.equal(await host.call(tools.routes, { generation: "first" }, parts), "");
      assert.equal(current(), "generation-first");
      assert.equal(host.read("gateway/conf/current/manifest"), "_main 111111111111\n");
      assert.deepEqual(host.calls("docker"), []);
    });

    it("has a site's page in force that says it is stopped on purpose, while it is", async () => {
      host.file("gateway/conf/parts/hello.222222222222/stopped/hello.page", "closed");
      for (const file of ["hello", "shop"]) host.file(`.varvol/off/${file}`);
      await host.call(tools.routes, { generation: "0123456789ab", container: ID }, both);
      const stopped = under("gateway/conf/current/stopped");
      assert.deepEqual(fs.readdirSync(stopped), ["hello.conf", "hello.page"]);
      fs.rmSync(under(".varvol/off/hello"));
      // What an `up` has written that was cut off before its own switch, which finds it again.
      host.file("gateway/conf/parts/shop.333333333333/vhosts/shop.conf", "shop");
      assert.equal((await host.run("routes", ["again", ID])).code, 0);
      assert.ok(host.has("gateway/conf/parts/shop.333333333333/vhosts/shop.conf"));
      assert.deepEqual(fs.readdirSync(stopped), ["hello.page"]);
      assert.match(current(), /^generation-0123456789ab\.\d+$/);
    });

    it("has the gateway test a generation, switches, reloads once and hears it answer", async () => {
      await host.call(tools.routes, { generation: "first" }, first);
      const generation = "0123456789ab";
      assert.equal(await host.call(tools.routes, { generation, container: ID }, both), generation);
      assert.equal(current(), `generation-${generation}`);
      assert.equal(host.read("gateway/conf/current/vhosts/hello.conf"), "hello");
      const touched = host.words("docker").filter(([verb]) => verb === "exec");
      assert.ok(touched.every(([, container]) => container === ID));
      const asked = touched.map(([, , ...words]) => words.join(" "));
      assert.deepEqual(
        asked.filter((words) => !words.includes("curl")),
        [`nginx -t -q -e stderr -c /etc/varvol/generation-${generation}/nginx.conf`, "sh -c kill -HUP 1"],
      );
      assert.deepEqual(fs.readdirSync(under("gateway/conf")).sort(), [
        ...["current", "generation-0123456789ab", "generation-first", "parts", "previous"],
      ]);
    });

    it("has a gateway that goes reload too, so that it sends nothing to containers that go before it", async () => {
      const gateways = `inspect*) echo varvol/prod ;; ps*) printf '%s\\n' ${ID} old ;;`;
      await host.call(tools.routes, { generation: "first" }, first);
      host.standIn(
        "docker",
        `case "$*" in
          ${gateways}
          *${ID}*"kill -HUP 1"*) touch '${under("reloaded")}' ;;
          *curl*) [ ! -e '${under("reloaded")}' ] || echo 0123456789ab ;;
        esac`,
      );
      await host.call(tools.routes, { generation: "0123456789ab", container: ID }, first);
      const reloaded = host.words("docker").filter((words) => words.includes("kill -HUP 1"));
      assert.deepEqual(
        reloaded.map(([, container]) => container),
        [ID, "old"],
      );
    });

    it("makes a generation that was edited by hand anew, under an id of its own", async () => {
      const generation = "0123456789ab";
      const call = () => host.call(tools.routes, { generation, container: ID }, both);
      await call();
      await call();
      assert.equal(current(), `generation-${generation}`);
      host.file("gateway/conf/current/vhosts/evil.conf", "x");
      assert.equal(await call(), generation);
      assert.match(current(), new RegExp(`^generation-${generation}\\.\\d+$`));
      assert.ok(!host.has("gateway/conf/current/vhosts/evil.conf"));
    });

    it("keeps the old one where the gateway refuses the new one, or does not take it over", async () => {
      await host.call(tools.routes, { generation: "0123456789ab", container: ID }, first);
      host.file("gateway/conf/parts/hello.222222222222/vhosts/hello.conf", "hello");
      const refused = host.call(tools.routes, { generation: "bad", container: ID }, both);
      await assert.rejects(refused, /1: the gateway refuses the new configuration.*unknown directive "it's"/);
      assert.ok(!host.has("gateway/conf/generation-bad"));
      host.standIn(
        "docker",
        'case "$*" in *curl*) echo 0123456789ab ;; logs*) echo "[emerg] no memory" ;; esac',
      );
      const dead = host.call(tools.routes, { generation: "ba9876543210", container: ID }, both);
      await assert.rejects(dead, /did not take over the new configuration.*\[emerg\] no memory/);
      assert.equal(current(), "generation-0123456789ab");
    });
  });

  describe("gate", () => {
    const args = { container: ID, timeout: 5, pids: 64 };
    const facts = (state: string, restarting = false) =>
      `case "$*" in
        *RestartCount*) echo "${state} 2020-01-01T00:00:00Z sha256:feed ${restarting} false" ;;
        *varvol.role*Config.Image*) echo "blog-php varvol/php:1" ;;
        *varvol.owner*) echo blog ;;
        *'{{.Name}}'*) echo /blog-php-1 ;;
        logs*) echo "it's the log" ;;
        *healthy*) [ ! -f '${under("ill")}' ] || { echo 'first'; echo 'no socket'; exit 1; } ;;
        *curl*) cat '${under("answer")}' ;;
      esac`;

    it("opens once the image's own check says so, and remembers the image", async () => {
      host.standIn("docker", facts("true 0 0"));
      assert.equal(await host.call(tools.gate, { ...args, probe: { by: "exec" } }), ID);
      const [update, , check] = host.words("docker");
      assert.deepEqual(update, ["update", "--pids-limit", "64", ID]);
      assert.deepEqual(check, ["exec", ID, "/usr/lib/varvol/healthy"]);
      assert.ok(host.has(".varvol/proven/feed"));
      assert.equal(host.read(".varvol/generations/blog-php"), "varvol/php:1\n");
    });

    it("fails at once where the image's own check says that waiting can't mend it", async () => {
      host.standIn("docker", facts("true 0 0").replace("exit 1", "exit 3"));
      host.file("ill", "");
      const started = Date.now();
      await assert.rejects(
        host.call(tools.gate, { ...args, timeout: 60, probe: { by: "exec" } }),
        /blog-php-1 will not be healthy: no socket\.\nIts last log lines:/,
      );
      assert.ok(Date.now() - started < 10_000);
    });

    it("waits for as long as the image's own check says that it is at work, and no longer", async () => {
      host.file("ill", "");
      host.standIn(
        "docker",
        facts("true 0 0").replace("exit 1", `[ ! -f '${under("busy")}' ] || exit 4; exit 1`),
      );
      host.file("busy", "");
      const waits = host.call(tools.gate, { ...args, timeout: 3, probe: { by: "exec" } });
      setTimeout(() => fs.rmSync(under("busy"), { force: true }), 4000);
      const started = Date.now();
      await assert.rejects(waits, /blog-php-1 is not healthy after 3 seconds: no socket/);
      assert.ok(Date.now() - started >= 4000);
    });

    it("asks over http from where it is told to, and takes no answer of 500 or more", async () => {
      host.standIn("docker", facts("true 0 0"));
      const probe = {
        by: "http",
        from: "net",
        name: "hello-web-1",
        port: 8080,
        domain: "hello.org",
        sources: "1024-8079",
      } as const;
      host.file("answer", "404");
      assert.equal(await host.call(tools.gate, { ...args, probe }), ID);
      const asked = host.words("docker").find((words) => words.includes("curl"));
      assert.deepEqual(
        [asked?.slice(0, 3), asked?.at(-1)],
        [["exec", "net", "curl"], "http://hello-web-1:8080/"],
      );
      assert.ok(asked?.includes("Host: hello.org"));
      assert.equal(asked?.[asked.indexOf("--local-port") + 1], "1024-8079");
      host.file("answer", "502");
      const late = host.call(tools.gate, { ...args, timeout: 0, probe });
      await assert.rejects(
        late,
        /1: blog-php-1 is not healthy after 0 seconds: .* answers 502\.\n.*\n  \| it's the log/,
      );
    });

    it("opens for a container that only has to run", async () => {
      host.standIn("docker", facts("true 0 0"));
      assert.equal(await host.call(tools.gate, { ...args, probe: { by: "running" } }), ID);
      assert.equal(host.words("docker").length, 2);
    });

    for (const [what, state, restarting, said] of [
      ["has ended", "false 0 3", false, /blog-php-1 has stopped with exit code 3/],
      ["crashes", "true 2 0", true, /blog-php-1 crashes: docker has started it 2 times again/],
    ] as const)
      it(`fails at once where it ${what}`, async () => {
        host.standIn("docker", facts(state, restarting));
        await assert.rejects(host.call(tools.gate, { ...args, probe: { by: "exec" } }), said);
        assert.ok(!host.has(".varvol/proven/feed") && !host.has(".varvol/generations"));
      });

    it("says the last line of the check where it is not healthy in time, and fails where the container is gone", async () => {
      host.standIn("docker", facts("true 0 0"));
      host.file("ill");
      const late = host.call(tools.gate, { ...args, timeout: 0, probe: { by: "exec" } });
      await assert.rejects(late, /is not healthy after 0 seconds: no socket/);
      host.standIn("docker", "echo no such container >&2; exit 1");
      const gone = host.call(tools.gate, { ...args, probe: { by: "exec" } });
      await assert.rejects(gone, new RegExp(`1: ${ID} is gone: no such container`));
    });

    it("measures how long a container's name was away, from the mark before its predecessor's end", async () => {
      host.standIn("docker", `case "$*" in *.Id*) echo ${OLD} ;; esac`);
      assert.equal(await host.call(tools.mark, { owner: "blog", container: "mysql", hash: "1" }), "blog");
      assert.match(host.read(".varvol/measured/.blog"), new RegExp(`^\\d+\\.\\d+ ${OLD}\n$`));
      const created = new Date().toISOString();
      host.standIn(
        "docker",
        `case "$*" in "inspect ${OLD}") exit 1 ;; *.Created*) echo ${created} ;; *) : ;; esac\n${facts("true 0 0")}`,
      );
      await host.call(tools.gate, { ...args, probe: { by: "exec" } });
      assert.match(host.read(".varvol/measured/blog"), /^\d+\.\d\n$/);
      assert.ok(!host.has(".varvol/measured/.blog"));
    });
  });

  it("mark does nothing where there is no container yet", async () => {
    host.standIn("docker", "exit 1");
    assert.equal(await host.call(tools.mark, { owner: "blog", container: "mysql", hash: "1" }), "blog");
    assert.ok(!host.has(".varvol/measured/.blog"));
    assert.deepEqual(host.words("docker"), [["inspect", "-f", "{{.Id}}", "mysql"]]);
  });

  describe("keep-logs", () => {
    const label = "varvol/local";

    it("copies what was written by containers that newer ones take the places of, to a bound", async () => {
      const ids = { now: ID, old: OLD, other: "c".repeat(64) };
      fs.mkdirSync(under("blog"));
      host.standIn(
        "docker",
        `case $1 in
ps) printf '%s\\n' '${ids.now} blog php' '${ids.old} blog php' '${ids.other} blog web' '${ids.other} gone web' '${ids.old} gone web' ;;
logs) head -c 5000000 /dev/zero | tr '\\0' x; echo "$3" ;;
esac`,
      );
      const kept = `blog/logs/php-${OLD.slice(0, 12)}.log`;
      host.file("blog/logs/php-first.log", "x".repeat(4_000_000));
      host.file("blog/logs/php-second.log", "x".repeat(4_000_000));
      fs.utimesSync(under("blog/logs/php-first.log"), 1, 1);
      fs.utimesSync(under("blog/logs/php-second.log"), 2, 2);
      await host.call(tools.keepLogs, { label, owner: "blog" });
      assert.deepEqual(
        host.words("docker").map((words) => words.slice(0, 2)),
        [
          ["ps", "-a"],
          ["logs", "--timestamps"],
          ["inspect", OLD],
        ],
      );
      assert.equal(fs.statSync(under(kept)).size, 4 * 2 ** 20);
      assert.match(host.read(kept).slice(-70), new RegExp(`${OLD}\n$`));
      assert.deepEqual(
        fs.readdirSync(under("blog/logs")).sort(),
        [path.basename(kept), "php-second.log"].sort(),
      );
      assert.equal(modeOf("blog/logs"), "700");
      assert.ok(!host.has("gone"));
    });
  });

  describe("php-switch", () => {
    const socket = `php-${ID.slice(0, 12)}.sock`;

    it("refuses a container that has no socket, and leaves the link", async () => {
      host.file("blog/run/php/other");
      fs.symlinkSync("php/old.sock", under("blog/run/fpm.sock"));
      const switched = host.call(tools.phpSwitch, { folder: under("blog/run"), container: ID });
      await assert.rejects(
        switched,
        /1: .*php-a{12}\.sock is missing: the container has not started php-fpm/,
      );
      assert.equal(fs.readlinkSync(under("blog/run/fpm.sock")), "php/old.sock");
    });

    it("says what the link leads to, and waits for nobody where a drill has no other generation", async () => {
      fs.mkdirSync(under("blog/run/php"), { recursive: true });
      const server = net.createServer();
      await new Promise<void>((resolve) => server.listen(under(`blog/run/php/${socket}`), resolve));
      try {
        host.standIn("docker", "echo label=varvol.host= label=varvol.owner=");
        const switched = await host.call(tools.phpSwitch, { folder: under("blog/run"), container: ID });
        assert.equal(switched, `php/${socket}`);
        assert.equal(fs.readlinkSync(under("blog/run/fpm.sock")), switched);
        assert.ok(host.words("docker").every(([verb]) => verb === "inspect"));
      } finally {
        server.close();
      }
    });
  });

  describe("database", () => {
    const args = { container: "mysql", name: "blog", connections: 20, seconds: 90 };

    it("makes a database and its user, whose password is in no argument", async () => {
      host.standIn("docker", `cat > '${under("sql")}'`);
      assert.equal(await host.call(tools.database, args, `it's a \\ "b" \`c\` $d`), "blog");
      assert.deepEqual(host.words("docker"), [["exec", "-i", "mysql", "mariadb", "-N", "-B"]]);
      assert.equal(
        host.read("sql"),
        [
          "CREATE DATABASE IF NOT EXISTS `blog` CHARACTER SET utf8mb4;",
          `CREATE USER IF NOT EXISTS 'blog'@'%' IDENTIFIED BY 'it\\'s a \\\\ "b" \`c\` $d';`,
          `ALTER USER 'blog'@'%' IDENTIFIED BY 'it\\'s a \\\\ "b" \`c\` $d' WITH MAX_USER_CONNECTIONS 20 MAX_STATEMENT_TIME 90;`,
          "GRANT ALL PRIVILEGES ON `blog`.* TO 'blog'@'%';\n",
        ].join("\n"),
      );
    });

    it("fails as the server's client does", async () => {
      host.standIn("docker", "echo 'ERROR 1045' >&2; exit 7");
      await assert.rejects(host.call(tools.database, args, "x"), /^Error: 7: ERROR 1045/);
    });
  });

  describe("migrate", () => {
    const args = { php: ID, mysql: "mysql", site: "blog" };
    const docker = (due: string, dump = "echo dump", now = ":") =>
      host.standIn(
        "docker",
        `case "$*" in
          *' due') ${due} ;; *mariadb-dump*) ${dump} ;; *' now') ${now} ;;
          *varvol.host*${ID}) echo label=varvol.host=varvol/local label=varvol.owner=blog ;;
          'ps -aq'*) printf '${ID}\\n${OLD}\\n' ;;
          *Config.Env*${OLD}) printf 'A=1\\nWORDPRESS_URL=https://old.org:8443\\nWORDPRESS_HOSTS=old.org old.org:80\\n' ;;
          *Config.Image*) cat '${under("image")}' ;;
        esac`,
      );

    it("does nothing where an image migrates by itself, or nothing is due", async () => {
      host.standIn("docker", "exit 1");
      assert.equal(await host.call(tools.migrate, args), "");
      assert.equal(host.words("docker").length, 1);
      docker(":");
      assert.equal(await host.call(tools.migrate, args), "");
      assert.ok(!host.has("blog/dumps"));
    });

    it("keeps a dump for root alone before it migrates, and gives its path", async () => {
      docker("echo '58975 to it'\"'\"'s/60000'");
      const dump = await host.call(tools.migrate, args);
      assert.match(dump, /\/blog\/dumps\/\d{8}T\d{6}Z-before-58975-to-it-s-60000\.sql\.gz$/);
      assert.equal(modeOf("blog/dumps"), "700");
      assert.deepEqual(fs.readdirSync(under("blog/dumps")), [path.basename(dump)]);
      const verbs = host.words("docker").map((words) => words.slice(words[2] === "mariadb-dump" ? 2 : -1));
      assert.deepEqual([verbs.at(-2)?.[0], verbs.at(-1)], ["mariadb-dump", ["now"]]);
    });

    it("migrates nothing without a dump", async () => {
      docker("echo 2", "exit 2");
      await assert.rejects(host.call(tools.migrate, args), /1: migrate: blog: the dump failed/);
      assert.deepEqual(fs.readdirSync(under("blog/dumps")), []);
      docker("exit 1");
      await assert.rejects(host.call(tools.migrate, args), /the database's version can't be read/);
      assert.ok(host.words("docker").every((words) => words.at(-1) !== "now"));
    });

    it("tells the site what its generations before were served as, and keeps what it says for `up`", async () => {
      docker("echo old.org:8443 to new.org", "echo dump", "echo 'migrate: replaced it' >&2");
      const dump = await host.call(tools.migrate, args);
      assert.match(dump, /-before-old\.org-8443-to-new\.org\.sql\.gz$/);
      const asked = host.words("docker").filter(([, option]) => option === "-e");
      assert.deepEqual(
        asked.map(([, , env]) => env?.trim()),
        Array(2).fill("WORDPRESS_BEFORE=https://old.org:8443 old.org old.org:80"),
      );
      await host.call(tools.migrate, args);
      const { stdout } = await host.script("migrated", host.root);
      assert.match(stdout, /^(blog replaced it\nblog the dump from before is \S+\n){2}$/);
      assert.equal((await host.script("migrated", host.root)).stdout, "");
    });

    it("notes the domains where the first one or the image is another, once it is done", async () => {
      const call = (image: string, ...domains: string[]) => {
        host.file("image", `${image}\n`);
        return host.call(tools.migrate, { ...args, domains });
      };
      const noted = () => host.read(".varvol/addresses/blog").replaceAll(/^\d+ /gm, "");
      docker(":");
      await call("i:1", "a.org", "b.org");
      await call("i:1", "a.org", "b.org");
      assert.equal(noted(), "i:1 a.org b.org\n");
      await call("i:1", "a.org");
      assert.equal(noted(), "i:1 a.org\n");
      await call("i:1", "a.org", "c.org");
      await call("i:1", "c.org", "a.org");
      await call("i:2", "c.org", "a.org");
      assert.equal(noted(), "i:1 a.org c.org\ni:1 c.org a.org\ni:2 c.org a.org\n");
      docker("echo 2", "echo dump", "exit 1");
      await assert.rejects(call("i:3", "d.org"));
      assert.ok(!noted().includes("d.org"));
    });

    it("says where the dump is where the migration fails", async () => {
      docker("echo 2", "echo dump", "echo 'Table is full' >&2; exit 1");
      const said = /migration \(2\) failed: Table is full\nThe dump from before it is .*\.sql\.gz\./;
      await assert.rejects(host.call(tools.migrate, args), said);
      assert.equal(fs.readdirSync(under("blog/dumps")).length, 1);
    });
  });

  describe("receive", () => {
    it("keeps a file or a folder as it is, for root alone, in place of an earlier one", async () => {
      const file = under(".varvol/import/it's a\nfile");
      for (const text of ["first", "second\n"]) {
        assert.equal((await host.run("receive", [file, "file"], text)).code, 0);
        assert.equal(fs.readFileSync(file, "utf8"), text);
      }
      assert.equal(modeOf(".varvol/import"), "700");
      host.file("from/deep/page", "text");
      host.standIn("tar", `shift 3; cp -R '${under("from")}/.' "$1"`);
      assert.equal(await host.call(tools.receive, { path: file, kind: "folder" }), "");
      assert.equal(fs.readFileSync(path.join(file, "deep/page"), "utf8"), "text");
      assert.deepEqual(host.words("tar")[0]?.slice(3), [
        ...[`${file}.part`, "--no-same-owner", "--no-same-permissions"],
      ]);
    });

    it("refuses any other place", async () => {
      for (const place of ["/etc/passwd", under(".varvol/bin/gate"), under("import")]) {
        const { code, stderr } = await host.run("receive", [place, "file"], "x");
        assert.equal(code, 1);
        assert.match(stderr, /^receive: .* is not in .*\/\.varvol\/import$/m);
      }
    });
  });

  describe("schedule", () => {
    const due = { byItself: true, entries: [] };

    it("is written for root alone, and takes the place of what asked before there was an agent", async () => {
      host.file(".varvol/backup/schedule");
      host.file(".varvol/backup/hook");
      const args = { verb: "write", unit: "varvol-scheduler" } as const;
      assert.equal(await host.call(tools.schedule, args, due), "");
      assert.deepEqual(JSON.parse(host.read(".varvol/backup/schedule.json")), due);
      assert.equal(modeOf(".varvol/backup/schedule.json"), "600");
      assert.deepEqual(host.words("docker"), [["rm", "-f", "varvol-scheduler"]]);
      assert.ok(!host.has(".varvol/backup/schedule") && !host.has(".varvol/backup/hook"));
    });

    it("is removed, and nothing else", async () => {
      host.file(".varvol/backup/schedule.json");
      host.file(".varvol/backup/results/blog.backup");
      assert.equal(await host.call(tools.schedule, { verb: "remove", unit: "u" }), "");
      assert.ok(!host.has(".varvol/backup/schedule.json") && host.has(".varvol/backup/results/blog.backup"));
    });
  });

  describe("deploy-key", () => {
    const image = "varvol/git:1";

    it("makes a pair of keys once, in a container without a network, and prints the public half", async () => {
      const folder = under("docs/access");
      const key = "ssh-ed25519 AAAA varvol-docs";
      host.standIn("docker", `echo ${key} > '${folder}/ssh.pub'; echo private > '${folder}/ssh'`);
      const call = () => host.call(tools.deployKey, { folder, image, comment: "varvol-docs" });
      assert.equal(await call(), key);
      assert.equal(await call(), key);
      const [words = [], ...more] = host.words("docker");
      assert.equal(more.length, 0);
      assert.ok(words.join(" ").includes("--network none") && words.includes(image));
      assert.deepEqual(["docs/access", "docs/access/ssh"].map(modeOf), ["700", "400"]);
    });
  });

  describe("through", () => {
    const call = (script: string) => {
      host.add("work", script);
      host.file("socket");
      const command = ["work", "it's", "two words", "a\nb"];
      return host.call(tools.through, { socket: under("socket"), command });
    };

    it("runs a tool that knows of the socket, and removes that in the end", async () => {
      assert.equal(
        await call('printf "%s|" "$VARVOL_REPOSITORY" "$@"'),
        `${under("socket")}|it's|two words|a\nb|`,
      );
      assert.ok(!host.has("socket"));
    });

    it("ends as the tool does", async () => {
      await assert.rejects(call("echo no >&2; exit 75"), /^Error: 75: no/);
      assert.ok(!host.has("socket"));
    });
  });

  describe("agent", () => {
    const alive = `printf '{"type":"alive"}\\n'`;
    const args = { job: "ask", namespace: "t-" } as const;
    const request = { job: "ask" } as const;

    it("has a job done in a container of its own, without network, that is given the request alone", async () => {
      host.standIn("docker", `head -n 1 > '${under("request")}'; ${alive}`);
      const said = await host.call(tools.agent, { ...args, image: "varvol/agent:1" }, request);
      assert.deepEqual(said, [{ type: "alive" }]);
      assert.equal(host.read("request"), '{"job":"ask"}\n');
      const [words = []] = host.words("docker");
      assert.deepEqual(words.slice(-2), ["varvol/agent:1", "job"]);
      for (const option of [
        "--rm",
        "--read-only",
        "--init",
        "no-new-privileges",
        `${host.root}:${host.root}`,
      ])
        assert.ok(words.includes(option), option);
      assert.deepEqual(
        [words[words.indexOf("--network") + 1], words[words.indexOf("--cap-drop") + 1]],
        [...["none", "ALL"]],
      );
      assert.match(words[words.indexOf("--name") + 1] ?? "", /^t-job-ask-\d+$/);
    });

    it("takes the image that backups were set up with, and fails where none were", async () => {
      await assert.rejects(host.call(tools.agent, args, request), /1: no backups are set up on this host/);
      host.file(".varvol/backup/host", "local t- varvol/agent:2\n");
      host.standIn("docker", alive);
      await host.call(tools.agent, args, request);
      assert.equal(host.words("docker")[0]?.at(-2), "varvol/agent:2");
    });

    it("sees what it is to read, read-only, whatever that is called", async () => {
      host.standIn("docker", alive);
      const source = fs.mkdtempSync(path.join(os.tmpdir(), "it's a\n"));
      await host.call(tools.agent, { ...args, image: "i", source }, request);
      assert.ok(host.words("docker")[0]?.includes(`type=bind,src=${source},dst=${source},readonly`));
      fs.rmdirSync(source);
      // What lies below the volume root, as what was sent does, is there already, and is removed in the end.
      fs.mkdirSync(under("sent"));
      for (const other of [source, under("sent")]) {
        await host.call(tools.agent, { ...args, image: "i", source: other }, request);
        assert.ok(
          host
            .words("docker")
            .at(-1)
            ?.every((word) => !word.startsWith("type=bind")),
        );
      }
    });

    it("ends as the job does", async () => {
      host.standIn("docker", "echo why >&2; exit 3");
      await assert.rejects(host.call(tools.agent, { ...args, image: "i" }, request), /^Error: 3: why/);
    });
  });

  describe("sql", () => {
    it("hands the client a password by a file that is gone afterwards, and no argument", async () => {
      fs.mkdirSync(under("blog/secrets"), { recursive: true });
      fs.writeFileSync(under("blog/secrets/database"), "s3cret\n");
      host.standIn("docker", 'case $* in *"cat >"*) cat >&2 ;; esac; exit 0');
      await host.call(tools.sql, { mysql: "m", site: "blog", options: ["-N"] }, "");
      const calls = host.words("docker");
      assert.equal(calls.length, 3);
      assert.doesNotMatch(calls.flat().join(" "), /s3cret/);
      const file = calls[0]?.at(-1) ?? "";
      assert.match(file, /^\/run\/mysqld\/\.client-\d+$/);
      assert.deepEqual(calls[1], [
        "exec",
        "-i",
        "m",
        "mariadb",
        `--defaults-extra-file=${file}`,
        "--default-character-set=utf8mb4",
        "-N",
        "blog",
      ]);
      assert.deepEqual(calls[2], ["exec", "m", "rm", "-f", file]);
    });

    it("refuses a site that has no database, and ends as the client does", async () => {
      host.standIn("docker", "case $* in *mariadb*) echo why >&2; exit 3 ;; esac");
      await assert.rejects(
        host.call(tools.sql, { mysql: "m", site: "none" }, ""),
        /none has no database here/,
      );
      fs.mkdirSync(under("blog/secrets"), { recursive: true });
      fs.writeFileSync(under("blog/secrets/database"), "s3cret");
      await assert.rejects(host.call(tools.sql, { mysql: "m", site: "blog" }, ""), /^Error: 3: why/);
    });
  });
});
