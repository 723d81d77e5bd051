import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { capture } from "../../../base/exec";
import { VISITOR_LIMIT } from "../../../components/sites/nginx";
import { busySite, CONNECTIONS, freshPage, p99, pagesDuring } from "../../support/busySite";
import { execIn, runPhp } from "../../support/docker";
import { sql } from "../../support/siteData";
import type { TestHost } from "../../support/testHost";
import { until } from "../../support/until";

const ONE = "one.localhost";
const TWO = "two.localhost";
/** For which a site is at all its limits. */
const SECONDS = 15;

const MORE =
  "SET max_heap_table_size = 4000000000, tmp_memory_table_size = 4000000000, sort_buffer_size = 1000000000";

/** What a site may do to take more of the server's memory than its own. */
const ATTACKS: Readonly<Record<string, readonly string[]>> = {
  "tables in memory": [
    MORE,
    "CREATE TABLE memory_# (c CHAR(255)) ENGINE=MEMORY",
    "INSERT INTO memory_# SELECT 'x' FROM seq_1_to_60000",
    "CREATE TEMPORARY TABLE own_# (c CHAR(255)) ENGINE=MEMORY",
    "INSERT INTO own_# SELECT 'x' FROM seq_1_to_60000",
    "DROP TABLE memory_#",
  ],
  variables: Array.from({ length: 30 }, (_, i) => `SET @v${i} = REPEAT('x', 60000000)`),
  "statements prepared": Array.from(
    { length: 400 },
    (_, i) => `PREPARE p${i} FROM 'SELECT ${"1,".repeat(2000)}1'`,
  ),
  "many long values at once": Array.from(
    { length: 3 },
    (_, i) =>
      `SELECT ${Array.from({ length: 10 }, (_, k) => `LENGTH(REPEAT('x', ${30_000_000 + i + k} + RAND()))`).join()}`,
  ),
  "long values between statements prepared": Array.from({ length: 200 }, (_, i) =>
    i % 10 === 0 ? `SET @v${i} = REPEAT('x', 60000000)` : `PREPARE p${i} FROM 'SELECT ${"1,".repeat(2000)}1'`,
  ),
  "sorts and tables of its own": [
    MORE,
    "SELECT COUNT(*) FROM (SELECT DISTINCT CONCAT(seq, REPEAT('z', 100)) FROM seq_1_to_200000) q",
    "SELECT COUNT(*) FROM (SELECT REPEAT('y', 200) x, seq FROM seq_1_to_200000 ORDER BY RAND() LIMIT 150000) q",
  ],
};

/** A connection on which something was sent; what becomes of it is all the same. */
function open(port: number, text: string): Promise<net.Socket> {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1", () => socket.write(text, () => resolve(socket)));
    socket.on("error", () => resolve(socket));
  });
}

/** Shares of the host that one site can't make larger. The sites have backups. */
export function sharesCases(host: TestHost, sites: readonly Record<string, unknown>[]): void {
  const php = (name: string) => host.container(`${name}/php`);
  const mysql = () => host.container("mysql/mysql");
  const page = (domain: string) => freshPage(host, domain);
  const alive = async () =>
    capture([
      "docker",
      "inspect",
      "-f",
      "{{.State.StartedAt}} {{.RestartCount}} {{.State.OOMKilled}}",
      await mysql(),
    ]);
  const unlock = () => sql(host, "ALTER USER 'one'@'%' ACCOUNT UNLOCK");

  const failed = (pages: readonly { status: number }[]) =>
    pages.filter(({ status }) => status !== 200).length;

  describe("DB-D2: a site that takes MySQL's memory", () => {
    for (const [what, statements] of Object.entries(ATTACKS))
      it(`has it neither end nor fail for others, by ${what}`, async () => {
        const before = await alive();
        const script = `${CONNECTIONS} echo json_encode(together(connections(), json_decode('${JSON.stringify(statements).replaceAll("'", "\\'")}')));`;
        // Which of them is too much is a matter of chance.
        for (let round = 0; round < 2; round++) {
          await unlock();
          const attack = runPhp(await php("one"), script);
          const pages = await pagesDuring(host, TWO, attack);
          console.log(
            `      ${what}: ${pages.length} pages, p99 ${Math.round(p99(pages))} ms, ${failed(pages)} failed; ${(await attack).slice(0, 200)}`,
          );
          assert.equal(await alive(), before);
          assert.equal(failed(pages), 0, `of ${pages.length}`);
        }
        await unlock();
        assert.equal((await page(ONE)).status, 200);
      });

    it("leaves no table in memory, and can't set it otherwise", async () => {
      const made = `${CONNECTIONS} $one = connections()[0];
        $one->query("CREATE TABLE kept (id INT) ENGINE=MEMORY");
        $engine = $one->query("SELECT engine FROM information_schema.tables WHERE table_name = 'kept'")->fetch_row()[0];
        $one->query("DROP TABLE kept");
        $one->query("SET enforce_storage_engine = NULL");
        echo $engine, ' ', $one->error;`;
      assert.match(await runPhp(await php("one"), made), /^InnoDB Access denied/);
    });
  });

  it("one that does all at once leaves another its pages, at most twice and a second slower", async () => {
    const alone = await pagesDuring(host, TWO, sleep(SECONDS * 1000));
    const began = performance.now();
    const { refused, busy } = await busySite(host, "one", ONE);
    assert.ok((refused[429] ?? 0) > 0, JSON.stringify(refused));
    const flooded = busy(SECONDS);
    const beside = await pagesDuring(host, TWO, flooded);
    const counts = await flooded;
    const seconds = (performance.now() - began) / 1000;
    const [before, during] = [p99(alone), p99(beside)];
    console.log(
      `      alone ${alone.length} pages, p99 ${Math.round(before)} ms; beside ${beside.length}, p99 ${Math.round(during)} ms; flood ${JSON.stringify(counts)}`,
    );
    assert.equal(failed(beside), 0);
    const made = (refused[200] ?? 0) + (counts[200] ?? 0);
    assert.ok(made <= VISITOR_LIMIT.atOnce + VISITOR_LIMIT.rate * (seconds + 5), JSON.stringify(counts));
    // A second for what else a machine of tests does.
    assert.ok(during <= 2 * before + 1000, `${during} ms beside, ${before} ms alone`);
  });

  describe("HEAD-1: headers at their limits", () => {
    for (const [what, headers, status] of [
      ["a cookie of 10 KB", { cookie: `a=${"b".repeat(10_000)}` }, 200],
      ["a cookie of 31 KB", { cookie: `a=${"b".repeat(31_000)}` }, 200],
      ["a cookie of 33 KB", { cookie: `a=${"b".repeat(33_000)}` }, 400],
      [
        "120 KB in many",
        Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`x-${i}`, "b".repeat(10_000)])),
        400,
      ],
    ] as const)
      it(`${what}: ${status}`, async () =>
        assert.equal((await host.get(ONE, "/wp-includes/css/buttons.css", { headers })).status, status));

    it("that never end, of thousands of visitors: others are answered, and nothing is ended", async () => {
      const gateway = await host.container("gateway/gateway");
      const list = ["sh", "-c", "grep -la 'worker proces[s]' /proc/[0-9]*/cmdline | sort"];
      const workers = async () => (await execIn(gateway, list)).stdout;
      const before = await workers();
      assert.match(before, /cmdline/);
      const part = `GET / HTTP/1.1\r\nHost: ${ONE}\r\n${Array.from({ length: 4 }, (_, i) => `x-${i}: ${"b".repeat(15_000)}\r\n`).join("")}`;
      const held = await Promise.all(Array.from({ length: 2500 }, () => open(host.http, part)));
      try {
        await until("an answer", async () => (await page(TWO)).status === 200, 8);
      } finally {
        held.forEach((socket) => socket.destroy());
      }
      assert.equal(await workers(), before);
    });
  });

  it("DISK-1: a site above its limit can't write until there is room, and nothing of it goes", async () => {
    const more = {
      backup: { repository: path.join(host.folder, "repository"), every: "never", drill: "never" },
    };
    host.configure(
      sites.map((site) => (site.name === "one" ? { ...site, disk: 300 } : site)),
      more,
    );
    await host.up();
    const agent = await host.container("agent/agent");
    const look = () => capture(["docker", "restart", "-t", "5", agent]);
    const state = () => {
      const text = fs.readFileSync(path.join(host.root, ".varvol/backup/room"), "utf8");
      return text.split("\n").find((line) => line.startsWith("one\t")) ?? "";
    };
    const uploads = path.join(host.root, "one/content/uploads");
    const one = await php("one");
    const content = "/srv/wordpress/wp-content/uploads";
    await runPhp(
      one,
      `@mkdir('${content}');
       for ($i = 0; $i < 4; $i++) {
         $file = fopen("${content}/large$i", 'w');
         for ($n = 0; $n < 100; $n++) fwrite($file, str_repeat('x', 1 << 20));
       }`,
    );
    await capture([
      "docker",
      "exec",
      "-d",
      one,
      "php",
      "-r",
      `$f = fopen('${content}/open', 'a'); while (true) { fwrite($f, 'x'); usleep(1000); }`,
    ]);
    await look();
    await until("the stop", () => Promise.resolve(state().includes("\tabove\t")));
    const status = await host.varvol("status");
    assert.match(status.stdout + status.stderr, /can't write/);
    const write = `file_put_contents('${content}/more', 'x') === false or exit(3);`;
    assert.equal((await execIn(one, ["php", "-r", write])).code, 0);
    for (const folder of ["/srv/tmp", "/srv/sessions", "/run/php"])
      assert.notEqual((await execIn(one, ["touch", `${folder}/more`])).code, 0, folder);
    const insert = `${CONNECTIONS} $one = connections()[0]; $one->query("INSERT INTO wp_options (option_name, option_value) VALUES ('more', '')"); echo $one->error;`;
    assert.match(await runPhp(one, insert), /denied/);
    assert.deepEqual([(await page(ONE)).status, (await page(TWO)).status], [200, 200]);
    assert.equal((await execIn(await php("two"), ["touch", "/srv/wordpress/wp-content/more"])).code, 0);
    assert.equal(fs.statSync(path.join(uploads, "large3")).size, 100 << 20, "nothing is removed");
    for (const name of fs.readdirSync(uploads))
      if (name.startsWith("large")) fs.rmSync(path.join(uploads, name));
    await look();
    await until("its room", () => Promise.resolve(state().includes("\tfree\t")));
    assert.equal((await execIn(one, ["touch", `${content}/more`])).code, 0);
    assert.equal(await runPhp(one, insert.replace("echo", "echo 'done', ")), "done");
  });
}
