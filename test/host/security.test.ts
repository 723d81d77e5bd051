import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { attempt, capture } from "../../base/exec";
import { execIn, runPhp } from "../support/docker";
import { type Answer, TestHost } from "../support/testHost";
import { until } from "../support/until";
import { edgeCases } from "./security/edge";
import { sharesCases } from "./security/shares";
import { strangerCases } from "./security/strangers";

describe("security of a host, one site of which is a stranger's", function () {
  this.timeout(300_000);
  const host = new TestHost("security", 18250);
  const ONE = "one.localhost";
  const TWO = "two.localhost";
  const site = (name: string, more: Record<string, unknown> = {}) => ({
    name,
    kind: "wordpress",
    domains: [`${name}.localhost`],
    ...more,
  });
  const one = site("one", { xmlrpc: true });
  let fresh = 0;

  before(async () => {
    host.configure([one, site("two")]);
    await host.up();
  });

  const php = (name: string) => host.container(`${name}/php`);

  /** A page that no cache has. */
  const uncached = (domain: string) => host.get(domain, `/?fresh=${++fresh}`);

  const send = (target: string, body: string) =>
    host.get(ONE, target, {
      method: "POST",
      body,
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });

  const statuses = (answers: readonly { status: number }[]) =>
    answers.reduce<Record<number, number>>(
      (all, { status }) => ({ ...all, [status]: (all[status] ?? 0) + 1 }),
      {},
    );

  it("DB-D1: leaves a site its connections to the database while another takes all that it can get", async () => {
    const held = runPhp(
      await php("one"),
      `$password = trim(file_get_contents('/run/secrets/database'));
       $all = [];
       try {
         while (count($all) < 100) $all[] = new mysqli(getenv('DB_HOST'), getenv('DB_USER'), $password, getenv('DB_NAME'));
         $last = 'none';
       } catch (mysqli_sql_exception $error) { $last = $error->getMessage(); }
       file_put_contents('/srv/wordpress/wp-content/held', '');
       sleep(6);
       echo json_encode([count($all), $last]);`,
    );
    await until("the connections", () =>
      Promise.resolve(fs.existsSync(path.join(host.root, "one/content/held"))),
    );
    const answers = await Promise.all(Array.from({ length: 8 }, () => uncached(TWO)));
    const [count, last] = JSON.parse(await held) as [number, string];
    assert.deepEqual(statuses(answers), { 200: 8 });
    assert.ok(count <= 16, `${count} connections`);
    assert.match(last, /max_user_connections/);
    const more = `try { (new mysqli(getenv('DB_HOST'), getenv('DB_USER'), trim(file_get_contents('/run/secrets/database'))))
      ->query("ALTER USER CURRENT_USER() WITH MAX_USER_CONNECTIONS 0"); echo 'done';
      } catch (mysqli_sql_exception $error) { echo $error->getMessage(); }`;
    assert.match(await runPhp(await php("one"), more), /denied/);
    assert.equal((await uncached(ONE)).status, 200);
  });

  describe("SEC-9: a page with an attacker's text in it", () => {
    const hash = createHash("md5").update(`http://${ONE}:${host.http}`).digest("hex");
    const names = [
      `comment.author_${hash}`,
      `comment author_${hash}`,
      `comment[author_${hash}`,
      `comment_author_${hash}`,
      `_ga=GA1.1.1.1; comment.author_${hash}`,
    ];

    for (const [i, name] of names.entries())
      it(`is not kept for strangers when it is asked for with ${name.replace(hash, "…")}`, async () => {
        const target = `/hello-world/?visit=${i}`;
        const headers = { host: `${ONE}:${host.http}`, cookie: `${name}=attacker-was-here` };
        const attacker = await host.get(ONE, target, { headers });
        assert.equal(attacker.status, 200);
        assert.match(attacker.body, /attacker-was-here/, "WordPress reads the name as its own");
        const stranger = await host.get(ONE, target, { headers: { host: `${ONE}:${host.http}` } });
        assert.equal(stranger.headers["x-cache"], "MISS");
        assert.doesNotMatch(stranger.body, /attacker-was-here/);
        const again = await host.get(ONE, target, { headers });
        assert.match(again.body, /attacker-was-here/, "and their own is theirs");
      });

    it("is still kept, and shared, for visitors with no cookie or an analytics cookie", async () => {
      const ask = (cookie?: string) =>
        host.get(ONE, "/?shared", { headers: cookie === undefined ? {} : { cookie } });
      assert.equal((await ask("_ga=GA1.1.1.1; _pk_id.1.1fff=1")).headers["x-cache"], "MISS");
      assert.equal((await ask()).headers["x-cache"], "HIT");
      assert.equal((await ask("_fbp=fb.1.1.1")).headers["x-cache"], "HIT");
      assert.equal((await ask("unknown=1")).headers["x-cache"], "BYPASS");
    });
  });

  describe("SEC-14: passwords that are guessed", () => {
    it("are refused by address after ten at once, while the site and others answer", async () => {
      const began = Date.now();
      const guesses = Array.from({ length: 200 }, async (_, i) => {
        await sleep(i * 50);
        return send("/wp-login.php", `log=admin&pwd=guess-${i}`);
      });
      const pages: Answer[] = [];
      for (let i = 0; i < 10; i++) {
        await sleep(900);
        pages.push(
          await host.get(ONE),
          await uncached(ONE),
          await uncached(TWO),
          await host.get(ONE, "/wp-login.php"),
        );
      }
      const seen = statuses(await Promise.all(guesses));
      const allowed = 10 + Math.ceil((Date.now() - began) / 3000);
      assert.deepEqual(Object.keys(seen), ["200", "429"]);
      assert.ok((seen[200] ?? 0) >= 10 && (seen[200] ?? 0) <= allowed, JSON.stringify(seen));
      assert.deepEqual(statuses(pages), { 200: pages.length });
    });

    it("count the same under other spellings, and for passwords that are asked for anew", async () => {
      const tries = [
        "//wp-login.php",
        "/x/../wp-login.php",
        "/wp-login.php?action=lostpassword",
        "/%77p-login.php",
      ];
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => tries.map((target) => send(target, "user_login=admin"))).flat(),
      );
      // Some of the count has come back since the last test.
      assert.ok((statuses(answers)[429] ?? 0) >= 10, JSON.stringify(statuses(answers)));
    });

    it("are refused of applications too, and static files are not", async () => {
      const authorization = `Basic ${Buffer.from("admin:guess").toString("base64")}`;
      const ask = (target: string) => host.get(ONE, target, { headers: { authorization } });
      const guesses = await Promise.all(Array.from({ length: 80 }, () => ask("/wp-json/wp/v2/users/me")));
      const seen = statuses(guesses);
      assert.deepEqual(Object.keys(seen), ["401", "429"]);
      assert.ok((seen[401] ?? 0) >= 30 && (seen[401] ?? 0) <= 60, JSON.stringify(seen));
      const files = await Promise.all(Array.from({ length: 80 }, () => ask("/wp-includes/css/buttons.css")));
      assert.deepEqual(statuses(files), { 200: 80 });
    });

    it("are refused by xmlrpc.php, where that is asked at all", async () => {
      const call = (name: string) =>
        `<?xml version="1.0"?><methodCall><methodName>${name}</methodName><params><param><value>admin</value></param><param><value>guess</value></param></params></methodCall>`;
      await until("its turn", async () =>
        /wp\.getPosts/.test((await send("/xmlrpc.php", call("system.listMethods"))).body),
      );
      const seen = statuses(
        await Promise.all(Array.from({ length: 80 }, () => send("/xmlrpc.php", call("wp.getUsersBlogs")))),
      );
      // Some of the count has come back since the last test.
      assert.ok((seen[429] ?? 0) >= 40, JSON.stringify(seen));
      assert.equal(
        (await host.get(TWO, "/xmlrpc.php", { method: "POST", body: call("demo.sayHello") })).status,
        404,
      );
    });
  });

  describe("what no browser sends", () => edgeCases(host));

  it("LOCAL-1: lets no local user hold a lock", async () => {
    const locks = path.join(host.root, ".varvol/locks");
    const names = fs.readdirSync(locks);
    assert.ok(names.includes("routes") && names.includes("php-one"), names.join());
    for (const name of names) {
      const file = path.join(locks, name);
      assert.equal(fs.statSync(file).mode & 0o777, 0o600, name);
      const tried = await attempt([
        "setpriv",
        "--reuid",
        "65534",
        "--clear-groups",
        "flock",
        "-n",
        file,
        "true",
      ]);
      assert.notEqual(tried.code, 0, name);
    }
    assert.equal(fs.statSync(locks).mode & 0o777, 0o700);
  });

  it("LOCAL-1: lets an up wait for a lock for a minute, and says who holds it", async () => {
    const lock = path.join(host.root, ".varvol/locks/routes");
    const hold = `exec 9>> '${lock}'; flock 9; echo "$$ restore-by-hand" > '${lock}'; echo held; exec sleep 300 9>&9`;
    const holder = spawn("sh", ["-c", hold], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      await once(holder.stdout, "data");
      host.configure([one, site("two", { domains: [TWO, "late.localhost"] })]);
      const began = Date.now();
      const { code, stderr } = await host.varvol("up");
      const seconds = (Date.now() - began) / 1000;
      assert.equal(code, 1);
      const said = `routes: waited 60 s for another tool that works on it: restore-by-hand, process ${holder.pid};`;
      assert.ok(stderr.includes(said), stderr);
      assert.ok(seconds >= 60 && seconds < 100, `${seconds} s`);
      assert.equal((await uncached(TWO)).status, 200);
    } finally {
      holder.kill("SIGKILL");
    }
    await host.up();
    assert.equal((await host.get("late.localhost")).status, 301);
  });

  it("LOCAL-1: lets no local user read or write what is Varvol's, nor what is a site's and not served", async () => {
    const reached = async (uid: number) => {
      const find = ["find", host.root, ..."( -type f -readable -o ! -type l -writable )".split(" ")];
      const as = ["setpriv", "--reuid", String(uid), "--regid", String(uid), "--clear-groups"];
      const { stdout, stderr } = await attempt([...as, ...find, "-printf", "%P\\0"]);
      assert.match(stderr, /Permission denied/);
      return stdout.split("\0").slice(0, -1);
    };
    const { mode } = fs.statSync(host.folder);
    // Tests have theirs to themselves, and a host has not.
    fs.chmodSync(host.folder, 0o755);
    try {
      const everybodys = (await reached(65534)).filter((file) => !/^\w+\/site\//.test(file));
      assert.deepEqual(everybodys, []);
      for (const uid of [33, 999])
        assert.deepEqual(
          (await reached(uid)).filter((file) => /^\.varvol/.test(file)),
          [],
          String(uid),
        );
    } finally {
      fs.chmodSync(host.folder, mode);
    }
  });

  it("DB-L1: starts a site while another holds the locks that its name would have", async () => {
    const before = await php("two");
    const hold = ["varvol:two", "two", "varvol"].map(
      (name) => `$got[] = $db->query("SELECT GET_LOCK('${name}', 0)")->fetch_row()[0];`,
    );
    const connect = `$db = new mysqli(getenv('DB_HOST'), getenv('DB_USER'), trim(file_get_contents('/run/secrets/database')));`;
    const done = `file_put_contents('/srv/wordpress/wp-content/locked', implode($got));`;
    const held = `${connect} ${hold.join(" ")} ${done} sleep(300);`;
    await capture(["docker", "exec", "-d", await php("one"), "php", "-r", held]);
    const locked = path.join(host.root, "one/content/locked");
    await until("the locks", () => Promise.resolve(fs.existsSync(locked)));
    assert.equal(fs.readFileSync(locked, "utf8"), "111");
    fs.rmSync(locked);
    host.configure([one, site("two", { memory: 310 })]);
    await host.up();
    assert.notEqual(await php("two"), before);
    assert.equal((await uncached(TWO)).status, 200);
  });

  describe("SEC-2: a shell in a site's php", () => {
    /** What is true of it, each as a command of a shell that succeeds. */
    const HOLDS = {
      "no capability is in any set": "! grep -E '^Cap' /proc/self/status | grep -vE ':.0+$'",
      "set-uid files give no rights, and seccomp filters":
        "grep -q '^NoNewPrivs:.1' /proc/self/status && grep -q '^Seccomp:.2' /proc/self/status",
      "there is no way to namespaces, mounts, devices or the kernel's log":
        "! unshare -Ur true && ! mount -t tmpfs x /srv/tmp && ! mknod /srv/tmp/null c 1 3 && ! dmesg",
      "no device is there but those that hold nothing":
        "[ -z \"$(find /dev -type b -o -type c | grep -vE '/(null|zero|full|random|urandom|tty|ptmx|console)$|/pts/')\" ]",
      "neither docker's socket nor the agent's folders are there":
        "! grep -E 'docker.sock|containerd|\\.varvol' /proc/self/mountinfo && ! find / -name docker.sock 2> /dev/null | grep .",
      "nothing of the kernel can be written": "! find /proc/sys /sys -type f -writable 2> /dev/null | grep .",
      "no process but the container's own is seen":
        "! cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -aE '[d]ockerd|[m]ariadbd|[n]ginx'",
      "what it brings runs from its own files alone":
        "for d in /tmp /dev/shm /srv/wordpress/wp-content; do cp /bin/true $d/try || exit 9; done; ! /tmp/try && ! /dev/shm/try && /srv/wordpress/wp-content/try && rm /srv/wordpress/wp-content/try",
    };

    for (const [what, command] of Object.entries(HOLDS))
      it(`finds that ${what}`, async () => {
        const { code, stdout, stderr } = await execIn(await php("one"), ["bash", "-c", command]);
        assert.equal(code, 0, stdout + stderr);
      });

    it("SEC-5: gets of MySQL its own schema and connections", async () => {
      const denied = [
        ...["SELECT * FROM mysql.user", "SET GLOBAL max_connections = 1", "SHOW ENGINE INNODB STATUS"],
        ...[
          "SELECT 1 INTO OUTFILE '/tmp/x'",
          "CREATE DATABASE more",
          "CREATE USER more",
          "SET GLOBAL event_scheduler = ON",
        ],
        ...[
          "SHOW GRANTS FOR two",
          "SELECT * FROM two.wp_users",
          "LOAD DATA INFILE '/etc/passwd' INTO TABLE wp_links",
        ],
      ];
      const text = await runPhp(
        await php("one"),
        `$db = new mysqli(getenv('DB_HOST'), getenv('DB_USER'), trim(file_get_contents('/run/secrets/database')), getenv('DB_NAME'));
         foreach (json_decode('${JSON.stringify(denied).replaceAll("'", "\\'")}') as $one) {
           try { $db->query($one); echo "$one\n"; } catch (mysqli_sql_exception $e) { }
         }
         foreach (['SELECT DISTINCT user FROM information_schema.processlist', 'SELECT schema_name FROM information_schema.schemata',
           "SELECT LOAD_FILE('/etc/passwd')", 'SELECT @@event_scheduler'] as $one)
           echo implode(',', array_column($db->query($one)->fetch_all(), 0)), "\n";`,
      );
      assert.deepEqual(text.split("\n"), ["one", "information_schema,one", "", "OFF", ""]);
    });
  });

  describe("RUN-1, RUN-2: a site that puts what it likes into the folder of its sockets", () => {
    it("holds up no switch, neither its own nor another's", async () => {
      const id = await php("one");
      const own = id.slice(0, 12);
      await execIn(id, [
        "mkdir",
        "/run/php/.fpm.sock",
        "/run/php/fpm.sock",
        "/run/php/php-0123456789ab.sock",
      ]);
      // Sockets that are named after containers, with visitors in their queues whom nobody answers
      const crowd = `$held = [];
        foreach (['php-', 'php-x${own}', 'php---help', 'php-${own.slice(0, 11)}', 'php-${own.slice(0, 10)}'] as $name) {
          $held[] = stream_socket_server("unix:///run/php/$name.sock");
          for ($i = 0; $i < 5; $i++) $held[] = stream_socket_client("unix:///run/php/$name.sock");
        }
        sleep(300);`;
      await capture(["docker", "exec", "-d", id, "php", "-r", crowd]);
      await until(
        "the sockets",
        async () =>
          (await execIn(id, ["sh", "-c", "ss -xlnH | grep -c ' /run/php/'"])).stdout.trim() === "6" ||
          undefined,
      );
      const before = await host.containers();
      host.configure([
        site("one", { memory: 320 }),
        site("two", { memory: 320, domains: [TWO, "also.localhost"] }),
      ]);
      const began = Date.now();
      await host.up();
      const seconds = (Date.now() - began) / 1000;
      assert.ok(seconds < 130, `the switch took ${seconds} s`);
      for (const name of ["one", "two"]) {
        const now = await php(name);
        assert.notEqual(now, before.get(`${name}/php`));
        const run = path.join(host.root, name, "run");
        assert.equal(fs.readlinkSync(path.join(run, "fpm.sock")), `php/php-${now.slice(0, 12)}.sock`);
        assert.deepEqual(fs.readdirSync(run).sort(), ["fpm.sock", "php"]);
        assert.deepEqual([fs.statSync(run).uid, fs.statSync(run).mode & 0o777], [0, 0o755]);
        assert.equal((await uncached(`${name}.localhost`)).status, 200);
      }
      assert.equal((await host.get("also.localhost")).status, 301, "routes have switched");
      const all = fs.readdirSync(path.join(host.root, "one/run/php"));
      // php's own mark of when pages changed (images/wordpress/pages.php)
      const left = all.filter((name) => name !== "pages-changed");
      assert.deepEqual(left.sort(), [
        ".fpm.sock",
        "fpm.sock",
        "php-0123456789ab.sock",
        `php-${(await php("one")).slice(0, 12)}.sock`,
      ]);
    });
  });

  strangerCases(host, [one, site("two")]);
  sharesCases(host, [one, site("two")]);
});
