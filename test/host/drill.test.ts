import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { capture } from "../../base/exec";
import type { Drilled } from "../../flows/backup/drill";
import { inspect, runPhp } from "../support/docker";
import { Load } from "../support/load";
import { restic } from "../support/restic";
import { filesOf, rowsOf } from "../support/siteData";
import { TestHost } from "../support/testHost";
import { until } from "../support/until";

describe("a drill", function () {
  this.timeout(300_000);
  const host = new TestHost("drill", 18780);
  const repository = path.join(host.folder, "repository");
  const origin = path.join(host.folder, "origin");
  const scratch = `${host.namespace}drill`;
  const sites = [
    { name: "hello", kind: "static", domains: ["hello.localhost"], import: path.resolve("demo/hello") },
    { name: "docs", kind: "static-git", domains: ["docs.localhost"], git: { url: origin } },
    { name: "blog", kind: "wordpress", domains: ["blog.localhost"], title: "A blog" },
  ];

  before(async () => {
    fs.cpSync("demo/docs", origin, { recursive: true });
    const git = ["git", "-C", origin, "-c", "user.name=A", "-c", "user.email=a@example.org"];
    await capture([...git, "init", "-q"]);
    await capture([...git, "add", "."]);
    await capture([...git, "commit", "-q", "-m", "A page"]);
    host.configure(sites, { backup: { repository } });
    await host.up();
    await runPhp(
      await host.container("blog/php"),
      `require '/srv/wordpress/wp-load.php'; for ($i = 0; $i < 20; $i++) wp_insert_post(['post_title' => "Post $i", 'post_content' => "a\\n(b),\\n('c');", 'post_status' => 'publish']);`,
    );
    await backup();
  });

  async function backup(...names: string[]): Promise<void> {
    const { code, stderr } = await host.varvol("backup", ...names);
    assert.equal(code, 0, stderr);
  }

  async function drill(...args: string[]) {
    const { code, stdout, stderr } = await host.varvol("drill", ...args, "--json");
    return { code, stderr, drilled: JSON.parse(stdout) as Drilled[] };
  }

  async function left(): Promise<string[]> {
    const made = [
      ...(await capture(["docker", "ps", "-a", "--format", "{{.Names}}"])).split("\n"),
      ...(await capture(["docker", "network", "ls", "--format", "{{.Name}}"])).split("\n"),
    ].filter((name) => name.startsWith(scratch) || name.startsWith(`${host.namespace}backup-`));
    const journal = path.join(host.root, ".varvol/backup/drilling");
    return [
      ...made,
      ...fs.readdirSync(path.join(host.root, ".varvol/restore")),
      ...(fs.existsSync(journal) ? [journal] : []),
    ];
  }

  const recorded = (site: string) =>
    fs
      .readFileSync(path.join(host.root, `.varvol/backup/results/${site}.drill`), "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split("\t"));

  const shots = sites.map(({ name, domains }) => ({
    domain: domains[0] ?? "",
    path: (n: number) => (name === "blog" ? `/?p=1&n=${Math.floor(n / 20)}` : `/?n=${n}`),
  }));

  it("starts each site from its snapshot, counts what is there, and leaves nothing behind", async () => {
    const rows = await rowsOf(host, "blog");
    const before = sites.map(({ name }) => filesOf(host, name));
    const load = new Load({ port: host.http, rate: 30, shots });
    const running = drill();
    const mounts = await scratchMounts();
    const { code, drilled, stderr } = await running;
    assert.deepEqual((await load.stop()).failures, []);
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      drilled.map(({ site, ok, answer, tables }) => ({ site, ok, answer, tables })),
      [
        { site: "hello", ok: true, answer: 200, tables: undefined },
        { site: "docs", ok: true, answer: 200, tables: undefined },
        { site: "blog", ok: true, answer: 200, tables: Object.keys(rows).length },
      ],
    );
    const [hello, , blog] = drilled;
    const files = filesOf(host, "hello").filter((line) => !/ (folder|-> .*)$/.test(line)).length;
    assert.equal(hello?.files, files);
    assert.ok(blog?.rows && blog.rows > 20);
    assert.deepEqual(
      sites.map(({ name }) => filesOf(host, name)),
      before,
    );
    assert.deepEqual(await left(), []);
    assert.equal(mounts.internal, "true");
    assert.deepEqual(mounts.writable, []);
    const [, result, run, , text] = recorded("blog").at(-1) ?? [];
    assert.deepEqual([result, run], ["ok", blog.snapshot]);
    assert.match(
      text ?? "",
      /^answer 200; \d+ tables, \d+ rows; \d+ files; snapshot of \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
    );
    assert.match(recorded("hello").at(-1)?.[4] ?? "", /^answer 200; \d+ files; snapshot of /);
  });

  /** What the scratch php container may write to of the live site, and whether its network has no way out. */
  async function scratchMounts() {
    let found: Awaited<ReturnType<typeof inspect>> | undefined;
    await until(
      "php runs in the drill",
      async () => (found = await inspect(`${scratch}-php`).catch(() => undefined)) !== undefined,
      120,
    );
    const internal = await capture(["docker", "network", "inspect", "-f", "{{.Internal}}", scratch]);
    const writable = (found?.Mounts ?? []).filter(
      ({ RW, Source }) => RW && !Source.startsWith(path.join(host.root, ".varvol/restore/.drill/")),
    );
    return { internal: internal.trim(), writable };
  }

  it("finds a snapshot whose packs are damaged", async () => {
    const packs = fs
      .readdirSync(path.join(repository, "data"), { recursive: true, encoding: "utf8" })
      .map((name) => path.join(repository, "data", name))
      .filter((file) => fs.statSync(file).isFile());
    const kept = packs.map((file) => fs.readFileSync(file));
    packs.forEach((file, i) => {
      const damaged = Buffer.from(kept[i] ?? "");
      const middle = Math.floor(damaged.length / 3);
      damaged.writeUInt8(damaged.readUInt8(middle) ^ 1, middle);
      fs.chmodSync(file, 0o600);
      fs.writeFileSync(file, damaged);
    });
    const { code, drilled, stderr } = await drill("hello");
    packs.forEach((file, i) => fs.writeFileSync(file, kept[i] ?? ""));
    assert.equal(code, 1);
    assert.match(stderr, /Drill of hello: the snapshot \S+ did not prove itself: the snapshot can't be read/);
    assert.equal(drilled[0]?.ok, false);
    assert.deepEqual(recorded("hello").at(-1)?.[1], "failed");
    assert.match(recorded("hello").at(-1)?.[4] ?? "", /^the snapshot can't be read/);
    assert.deepEqual(await left(), []);
    assert.equal((await drill("hello")).code, 0);
  });

  it("finds a dump that does not load all of its rows, and one without a table", async () => {
    const { snapshot = "" } = (await drill("blog")).drilled[0] ?? {};
    const dump = await restic(host, repository, [
      ...["dump", "--tag", `site=blog,run=${snapshot},part=database`, "latest", "/database.sql"],
    ]);
    assert.equal(dump.code, 0, dump.stderr);
    const row = /^INSERT INTO `wp_posts` VALUES\n(\(.*\))[,;]$/m.exec(dump.stdout)?.[1];
    assert.ok(row);
    // The same post twice: the database keeps it once.
    const twice = dump.stdout.replace(
      "INSERT INTO `wp_posts` VALUES\n",
      () => `INSERT IGNORE INTO \`wp_posts\` VALUES\n${row},\n`,
    );
    await forge("20200101t000000-0001", twice);
    const fewer = await drill("blog", "--snapshot", "20200101t000000-0001");
    assert.equal(fewer.code, 1);
    assert.match(
      fewer.drilled[0]?.problem ?? "",
      /is not what the snapshot is of: wp_posts: \d+ of \d+ rows/,
    );

    const dropped = dump.stdout.replace("-- varvol: definitions", "DROP TABLE `wp_links`;\n$&");
    await forge("20200101t000000-0002", dropped);
    const missing = await drill("blog", "--snapshot", "20200101t000000-0002");
    assert.equal(missing.code, 1);
    assert.match(
      missing.drilled[0]?.problem ?? "",
      /is not what the snapshot is of: wp_links: none of \d+ rows/,
    );
    assert.deepEqual(await left(), []);
  });

  /** A complete run of blog with another dump. */
  async function forge(run: string, dump: string): Promise<void> {
    const keep = async (part: string, words: readonly string[], input?: string) => {
      const tags = `site=blog,run=${run},part=${part}`;
      const made = await restic(host, repository, ["backup", "--tag", tags, ...words], { input });
      assert.equal(made.code, 0, made.stderr);
    };
    await keep("database", ["--stdin", "--stdin-filename", "/database.sql"], dump);
    await keep("files", ["/vol/blog/content"]);
    const manifest = JSON.stringify({ site: "blog", kind: "wordpress", mode: "hot", stack: host.stack, run });
    await keep(
      "manifest",
      ["--stdin", "--stdin-filename", "/manifest.json", "--tag", `complete,site=blog,run=${run}`],
      manifest,
    );
  }

  it("finds a site that does not start", async () => {
    const plugins = path.join(host.root, "blog/content/mu-plugins");
    fs.mkdirSync(plugins, { recursive: true });
    fs.writeFileSync(path.join(plugins, "broken.php"), "<?php http_response_code(500); exit;");
    await backup("blog");
    fs.rmSync(plugins, { recursive: true });
    const { code, stderr } = await drill("blog");
    assert.equal(code, 1);
    assert.match(stderr, /Drill of blog: the snapshot \S+ did not prove itself: WordPress does not start/);
    assert.deepEqual(await left(), []);
    await backup("blog");
  });

  it("leaves nothing when it is killed, and neither does the next one when all of it was", async () => {
    for (const all of [false, true]) {
      const running = host.varvol("drill", "blog");
      await until("a database server runs", async () => (await left()).includes(`${scratch}-mysql`), 60);
      await sleep(500);
      // The agent looks after what is left; without it, the next drill does.
      const agent = await host.container("agent/agent");
      if (all) await capture(["docker", "stop", agent]);
      const job = await capture(["docker", "ps", "-q", "--filter", `name=^${host.namespace}job-drill`]);
      await capture(["docker", "kill", job.trim()]);
      assert.equal((await running).code, 1);
      if (all) assert.notDeepEqual(await left(), []);
      else
        await until("it is cleared away", async () => (await left()).length === 0, 60).catch(() => undefined);
      if (!all) assert.deepEqual(await left(), []);
      const next = await drill("hello");
      assert.equal(next.code, 0, next.stderr);
      assert.deepEqual(await left(), []);
      assert.equal(recorded("blog").at(-1)?.[4], "interrupted");
      await capture(["docker", "start", agent]);
    }
    assert.equal((await host.get("blog.localhost")).status, 200);
  });

  it("is no change of the host's, and names what it does not know", async () => {
    assert.match(await host.up(), /Nothing changed/);
    const unknown = await host.varvol("drill", "nobody");
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /nobody is no site of/);
    const none = await drill("hello", "--snapshot", "1999");
    assert.equal(none.code, 1);
    assert.match(none.stderr, /--snapshot 1999: is no snapshot/);
  });
});
