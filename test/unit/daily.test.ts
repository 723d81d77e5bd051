import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { createHash } from "node:crypto";
import { staysHere } from "../../agent/sync";
import { besideWords, type Php } from "../../flows/daily/beside";
import { clonedKeys } from "../../flows/daily/clone";
import { withoutSandbox } from "../../flows/daily/database";
import { readDisk } from "../../flows/daily/disk";
import { isError, isOfDomains } from "../../flows/daily/logErrors";
import { momentOf } from "../../flows/daily/logs";
import { lostOf, readRows } from "../../flows/daily/lost";
import { ownLink } from "../../flows/daily/people";
import { readParts, roomProblem, type SyncArgs } from "../../flows/daily/sync";
import { readTop } from "../../flows/daily/top";
import { readPhar, unfit, WP_CLI, wpCommand } from "../../flows/daily/wpCli";

const PHP: Php = {
  prefix: "wp_",
  original: {
    Id: "0123456789ab",
    Name: "/blog-php-1",
    Image: "sha256:image",
    State: { Running: true, Pid: 1 },
    Config: { User: "33:33", Env: ["DB_NAME=blog"], Cmd: null },
    HostConfig: {
      ...{ Memory: 268435456, MemorySwap: 268435456, PidsLimit: 200, ReadonlyRootfs: true },
      Tmpfs: { "/tmp": "rw,noexec,size=192m" },
      ...{ SecurityOpt: ["no-new-privileges:true"], CapDrop: ["ALL"], CapAdd: null },
      Sysctls: { "net.ipv4.ip_local_port_range": "40000 60999" },
    },
    Mounts: [
      { Source: "/var/vol/blog/content", Destination: "/srv/wordpress/wp-content", RW: true },
      { Source: "/var/vol/blog/secrets", Destination: "/run/secrets", RW: false },
    ],
    NetworkSettings: { Networks: { database: {}, abroad: {} } },
  },
};

describe("what runs beside a site", () => {
  const words = (terminal = false) =>
    besideWords({ stack: "x" }, { name: "blog" }, PHP, wpCommand("/vol/wp.phar", ["post list"]), terminal);
  const value = (option: string) => words().flatMap((word, i, all) => (word === option ? [all[i + 1]] : []));

  it("has the user, the limits, the volumes and the networks of the site's php", () => {
    assert.deepEqual(value("--user"), ["33:33"]);
    assert.deepEqual(value("--memory"), ["268435456"]);
    assert.deepEqual(value("--pids-limit"), ["200"]);
    assert.deepEqual(value("--cap-drop"), ["ALL"]);
    assert.deepEqual(value("--security-opt"), ["no-new-privileges:true"]);
    assert.deepEqual(value("--sysctl"), ["net.ipv4.ip_local_port_range=40000 60999"]);
    assert.ok(words().includes("--read-only"));
    assert.deepEqual(value("--volume"), [
      "/var/vol/blog/content:/srv/wordpress/wp-content:rw",
      "/var/vol/blog/secrets:/run/secrets:ro",
      "/vol/wp.phar:/usr/local/lib/wp-cli.phar:ro",
    ]);
    // The first as it is made, all others before it starts.
    assert.deepEqual([value("--network"), words()[4]], [["abroad"], "database"]);
    assert.ok(value("--env").includes("DB_NAME=blog") && value("--env").includes("TABLE_PREFIX=wp_"));
  });

  it("is no container of the site's own, and has a terminal only where there is one", () => {
    assert.deepEqual(value("--label"), ["varvol.beside=varvol/x/blog"]);
    assert.deepEqual([words().includes("--tty"), words(true).includes("--tty")], [false, true]);
    assert.deepEqual(words().slice(-5), [
      ...["php", "sha256:image", "/usr/local/lib/wp-cli.phar", "--path=/srv/wordpress", "post list"],
    ]);
  });
});

describe("a link that logs in", () => {
  it("is shown where it is of the site itself, and not else", () => {
    const site = { name: "blog", domains: ["b.org"] };
    const good = `https://b.org:8443/wp-login.php?varvol-login=${"0a".repeat(32)}`;
    assert.equal(ownLink(site, good), good);
    for (const bad of [good.replace("b.org", "evil.org"), `${good}\u001b[2J`, "nothing", good.slice(0, -1)])
      assert.throws(() => ownLink(site, bad), /a link that is not its own/);
  });
});

describe("a copy of a site", () => {
  it("keeps what its original is like, and not what it is called, came from or is kept by", () => {
    const site = {
      ...{
        name: "blog",
        kind: "wordpress",
        domains: ["b.org"],
        title: "A blog",
        admin: "ada",
        prefix: "wp_",
      },
      ...{ denied: ["/private/"], moved: {}, xmlrpc: false, memory: 512, formerly: "old", staging: false },
      ...{ import: { content: "/x" }, restore: { snapshot: "x", confirm: "x" }, tls: "own", hsts: {} },
    } as unknown as Parameters<typeof clonedKeys>[0];
    assert.deepEqual(clonedKeys(site), {
      ...{ title: "A blog", admin: "ada", prefix: "wp_", denied: ["/private/"], memory: 512, staging: true },
    });
  });
});

describe("what takes the disk", () => {
  const said = [
    ...["folder\tblog\tcontent\t900", "folder\tblog\t\t1000", "folder\tmysql\t\t5000", "folder\told\t\t10"],
    ...["database\tblog\t2000", "logs\tblog\t3", "logs\tblog\t4", "disk\t100000\t50000", ""],
  ].join("\n");
  const sites = [{ name: "blog", disk: 64 }] as unknown as Parameters<typeof readDisk>[0]["sites"];

  it("is counted where it belongs: a database is its site's, not MySQL's", () => {
    const { rooms, size, free } = readDisk({ sites }, said);
    assert.deepEqual([size, free], [102400000, 51200000]);
    const numbers = rooms.map(({ name, what, files, database, logs }) => [name, what, files, database, logs]);
    assert.deepEqual(numbers, [
      ["blog", "site", 1024000, 2048000, 7168],
      ["mysql", "module", 3072000, 0, 0],
      ["old", "none", 10240, 0, 0],
    ]);
    assert.deepEqual([rooms[0]?.folders, rooms[0]?.limit], [{ content: 921600 }, 67108864]);
    assert.equal(rooms[0]?.backups, undefined);
  });

  it("has a site's snapshots with it", () => {
    const one = { site: "blog", run: "x", time: "", size: 5, added: 3, complete: true };
    assert.equal(readDisk({ sites }, said, [one, one]).rooms[0]?.backups, 6);
  });
});

describe("what containers take", () => {
  it("is what docker and php-fpm say, whoever takes most first", () => {
    const said = [
      ...["container\ta\tblog\tweb\t67108864\t", "container\tb\tblog\tphp\t402653184\t4"],
      ...["container\tc\tshop\tphp\t402653184\t2", "stats\ta\t0.50%\t3.5MiB / 64MiB\t3"],
      'php\tb\t{"active processes":3,"listen queue":0}',
      ...["php\tc\t", "stats\tb\t150.25%\t1.5GiB / 2GiB\t9", ""],
    ].join("\n");
    const odd = ["container\td\todd\tphp\t1\t2", 'php\td\t{"active processes":"<"}'].join("\n");
    assert.equal(readTop(odd)[0]?.workers, undefined);
    assert.deepEqual(readTop(said), [
      {
        ...{ owner: "blog", role: "php", limit: 402653184, cpu: 150.25, memory: 1610612736, processes: 9 },
        workers: { busy: 2, most: 4, waiting: 0 },
      },
      { owner: "blog", role: "web", limit: 67108864, cpu: 0.5, memory: 3670016, processes: 3 },
      // No worker was free to answer.
      { owner: "shop", role: "php", limit: 402653184, workers: { busy: 2, most: 2, waiting: 0 } },
    ]);
  });
});

describe("an export", () => {
  it("begins without the line that older clients refuse", () => {
    const cut = (text: string) => withoutSandbox(Buffer.from(text)).toString();
    assert.equal(cut("/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump"), "-- MariaDB dump");
    assert.equal(cut("-- MariaDB dump\n/*M!999999\\- x */\n"), "-- MariaDB dump\n/*M!999999\\- x */\n");
  });
});

describe("WP-CLI", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-unit-"));
  const phar = Buffer.from([0, 1, 254, 255]);
  const sha512 = createHash("sha512").update(phar).digest("hex");
  let asked = 0;
  const server = http.createServer((_request, answer) => {
    asked++;
    answer.end(phar);
  });
  const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/wp.phar`;
  before((done) => void server.listen(0, "127.0.0.1", done));
  after(() => {
    server.close();
    fs.rmSync(folder, { recursive: true });
  });

  it("is fetched once, and kept only as what it should be", async () => {
    const pinned = { version: "1", address: address(), sha512 };
    const wrong = { ...pinned, version: "2", sha512: sha512.replace(/^./, "g") };
    await assert.rejects(readPhar(undefined, wrong, folder), /its hash is another one/);
    assert.deepEqual(fs.readdirSync(folder), []);
    assert.deepEqual(await readPhar(undefined, pinned, folder), phar);
    fs.writeFileSync(path.join(folder, "wp-cli-1.phar"), "altered");
    assert.deepEqual(await readPhar(undefined, pinned, folder), phar);
    assert.deepEqual(await readPhar(undefined, pinned, folder), phar);
    assert.equal(asked, 3);
  });

  it("is a file that is named instead, and says what to do where there is none", async () => {
    const own = path.join(folder, "own.phar");
    await assert.rejects(readPhar(own), /own\.phar can't be read/);
    fs.writeFileSync(own, phar);
    assert.deepEqual(await readPhar(own), phar);
    const gone = { ...WP_CLI, address: "http://127.0.0.1:1/wp.phar" };
    await assert.rejects(readPhar(undefined, gone, folder), (error: Error & { remedy?: string }) => {
      assert.match(`${error.message} ${error.remedy}`, /can't be had: .*--phar FILE/);
      return true;
    });
  });

  it("leaves to other verbs what it could not do here", () => {
    const site = { name: "blog", kind: "wordpress", domains: ["b.org"] } as Parameters<typeof unfit>[0];
    const said = (line: string) => unfit(site, line.split(" ")) ?? "";
    assert.match(said("db export dump.sql"), /npx varvol sql blog/);
    assert.match(said("--quiet core update"), /npx varvol upgrade blog/);
    assert.match(said("config set WP_DEBUG true"), /stack file/);
    for (const line of ["db size", "core version", "config get DB_NAME", "plugin update --all"])
      assert.equal(said(line), "", line);
  });
});

describe("what one site takes of another", () => {
  it("counts what a database in the place of another takes from it", () => {
    const rows = (...lines: string[]) =>
      readRows(lines.map((line) => `${line.replaceAll(" ", "\t")}\n`).join(""));
    const copy = rows(
      "post 1  5",
      "post 2  5",
      "order 7 3 3",
      "order 9 8 8",
      "comment 1 2 ",
      "user ada  ",
      "page 8  9",
    );
    const live = rows(
      ...["post 1  5", "post 2  6", "post 3  1"],
      ...["order 7 3 3", "order 8 4 4", "order 9 7 7"],
      ...["comment 1 1 ", "user ada  ", "user bob  ", "evil\u001b[2J 1  1"],
    );
    assert.deepEqual(lostOf(live, copy), [
      { what: "order", count: 2 },
      { what: "post", count: 2 },
      { what: "comment", count: 1 },
      { what: "evil?[2J", count: 1 },
      { what: "user", count: 1 },
    ]);
    assert.deepEqual(lostOf(copy, copy), []);
  });

  it("takes of a site what was named, and refuses what has no room", () => {
    assert.deepEqual(readParts({ uploads: true, database: true }), ["database", "uploads"]);
    assert.throws(() => readParts({}), /--database, --files .* or --uploads/);
    const names = ["uploads", "plugins", "cache", "index.php"];
    const stays = (...parts: Parameters<typeof staysHere>[1]) =>
      names.filter((name) => staysHere(name, parts));
    assert.deepEqual(stays("files"), ["uploads"]);
    assert.deepEqual(stays("uploads", "database"), ["plugins", "index.php"]);
    assert.deepEqual(stays("uploads", "files"), []);
    const site = (name: string) => ({ name }) as SyncArgs["from"];
    const room = (name: string, content: number, database: number, limit?: number) => ({
      ...{ name, what: "site" as const, files: content, folders: { content }, database, logs: 0 },
      ...(limit !== undefined && { limit }),
    });
    const problem = (parts: SyncArgs["parts"], free: number, limit?: number) =>
      roomProblem(
        { from: site("work"), to: site("blog"), parts },
        { rooms: [room("work", 100, 50), room("blog", 1, 1, limit)], size: 1000, free },
      ) ?? "";
    assert.equal(problem(["database", "files"], 201), "");
    assert.match(problem(["database", "files"], 200), /takes up to 200 .* 200 .* free/);
    assert.equal(problem(["database"], 101), "");
    assert.match(
      problem(["database", "uploads"], 1000, 149),
      /would have 150 .* may take 149 .*: its key disk/,
    );
    assert.equal(problem(["database"], 1000, 51), "");
  });
});

describe("a line of a log", () => {
  it("is an error in the words of whoever writes it, and an answer of 500 and above", () => {
    for (const text of [
      "NOTICE: PHP message: PHP Fatal error:  Uncaught Error: Call to undefined function x() in /srv/x.php:3",
      "PHP Warning:  Undefined variable $x in /srv/wordpress/wp-content/plugins/x.php on line 3",
      "WordPress database error Table 'blog.x' doesn't exist for query SELECT 1",
      "[30-Nov-2026 16:00:00] WARNING: [pool www] server reached pm.max_children setting (5)",
      "2026/11/30 16:00:00 [error] 29#29: *1 upstream timed out",
      "2026-11-30 16:00:00 12 [ERROR] Out of memory",
      '203.0.113.7 blog.org "GET /a\\x22 HTTP/2.0" 502 120 0.004',
    ])
      assert.ok(isError({ text }), text);
    for (const text of [
      '203.0.113.7 blog.org "GET /500 HTTP/2.0" 404 500 0.004',
      '203.0.113.7 blog.org "GET /PHP%20Fatal%20error HTTP/2.0" 200 1 0.004',
      "2026/11/30 16:00:00 [warn] 29#29: a client request body is buffered",
      "[30-Nov-2026 16:00:00] NOTICE: ready to handle connections",
      "2026-11-30 16:00:00 0 [Note] mariadbd: ready for connections.",
    ])
      assert.ok(!isError({ text }), text);
  });

  it("is of a site where the gateway has it of a visit there", () => {
    const of = (text: string, owner = "gateway") => isOfDomains({ owner, text }, ["blog.org"]);
    assert.ok(of('203.0.113.7 Blog.org "GET / HTTP/2.0" 502 120 0.004'));
    assert.ok(
      of('2026/11/30 16:00:00 [error] 29#29: *1 failed, client: 1.2.3.4, server: x, host: "blog.org:8443"'),
    );
    assert.ok(!of('203.0.113.7 shop.org "GET /blog.org HTTP/2.0" 502 120 0.004'));
    assert.ok(!of('203.0.113.7 blog.org "GET / HTTP/2.0" 502 120 0.004', "shop"));
  });

  it("is of a moment that docker would take it for", () => {
    const now = Date.parse("2026-11-30T16:00:00.500Z");
    assert.equal(momentOf("10m", now), "2026-11-30T15:50:00.500");
    assert.equal(momentOf("1h30m", now), "2026-11-30T14:30:00.500");
    assert.equal(momentOf("2026-11-30T10:00:00", now), "2026-11-30T10:00:00.000");
    assert.equal(momentOf("2026-11-30T10:00:00+02:00", now), "2026-11-30T08:00:00.000");
    assert.equal(momentOf("2026-11-30", now), "2026-11-30T00:00:00.000");
    assert.throws(() => momentOf("yesterday", now), /is no moment/);
  });
});
