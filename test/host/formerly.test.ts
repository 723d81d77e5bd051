import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import type { Browser, Page } from "playwright-core";
import { attempt, capture } from "../../base/exec";
import { logIn, openBrowser } from "../support/browser";
import { runPhp } from "../support/docker";
import { Load } from "../support/load";
import { nothingChanges, planOf } from "../support/planTruth";
import { filesOf, rowsOf, sql } from "../support/siteData";
import { TestHost } from "../support/testHost";

const POST = "A post of before";

/** The names of a WordPress and a page, by now and before. */
type Names = readonly [blog: string, page: string];

describe("a site that gets another name", function () {
  this.timeout(590_000);
  const host = new TestHost("former", 19150);
  const address = `https://blog.localhost:${host.https}`;
  let browser: Browser;
  let admin: Page;
  let secret = "";

  before(async () => {
    configure(["blog", "page"]);
    await host.up();
    browser = await openBrowser();
    secret = await secretOf("blog");
    const { user, password } = JSON.parse(secret) as { user: string; password: string };
    admin = await logIn(browser, address, { user, password });
    await fill("blog");
  });

  after(() => browser?.close());

  function configure(now: Names, formerly?: Names): void {
    const [blog, page] = now;
    host.configure([
      {
        ...{ name: blog, kind: "wordpress", domains: ["blog.localhost"] },
        ...(formerly && { formerly: formerly[0] }),
      },
      {
        ...{ name: page, kind: "static", domains: ["page.localhost"], import: path.resolve("demo/hello") },
        ...(formerly && { formerly: formerly[1] }),
      },
    ]);
  }

  const secretOf = async (site: string): Promise<string> =>
    (await host.varvol("secret", site, "--json")).stdout;

  /** A post, a picture, and one of each that tables don't take along when they move. */
  async function fill(blog: string): Promise<void> {
    const php = await host.container(`${blog}/php`);
    await runPhp(
      php,
      `require '/srv/wordpress/wp-load.php';
       wp_insert_post(['post_title' => '${POST}', 'post_status' => 'publish', 'post_content' => 'text']);
       wp_mkdir_p(WP_CONTENT_DIR . '/uploads');
       file_put_contents(WP_CONTENT_DIR . '/uploads/picture.png', 'a picture');
       foreach ([
         'CREATE TABLE counted (n INT, m INT)',
         'CREATE TRIGGER ${blog}.doubles BEFORE INSERT ON ${blog}.counted FOR EACH ROW SET NEW.m = NEW.n * 2',
         'CREATE VIEW shown AS SELECT n, m FROM counted',
         'CREATE FUNCTION three() RETURNS INT RETURN 3',
         'CREATE EVENT seldom ON SCHEDULE EVERY 1 YEAR DISABLE DO DELETE FROM counted',
         'INSERT INTO counted (n) VALUES (20)',
       ] as $one) if ($GLOBALS['wpdb']->query($one) === false) fwrite(STDERR, $GLOBALS['wpdb']->last_error) && exit(1);`,
    );
  }

  /** What the site's own user finds there, by its own PHP. */
  async function definitions(blog: string): Promise<string> {
    return runPhp(
      await host.container(`${blog}/php`),
      `require '/srv/wordpress/wp-load.php';
       global $wpdb;
       $wpdb->query('INSERT INTO counted (n) VALUES (21)');
       echo json_encode([
         $wpdb->get_var('SELECT m FROM shown WHERE n = 21'),
         $wpdb->get_var('SELECT three()'),
         $wpdb->get_col("SELECT event_name FROM information_schema.events"),
         DB_NAME,
       ]);
       $wpdb->query('DELETE FROM counted WHERE n = 21');`,
    );
  }

  /** Everything of a WordPress and a page that must be there, whatever they are called. */
  async function isWhole([blog, page]: Names): Promise<void> {
    assert.match((await host.get("blog.localhost", "/?fresh", { tls: true })).body, new RegExp(POST));
    const picture = await host.get("blog.localhost", "/wp-content/uploads/picture.png", { tls: true });
    assert.equal(picture.body, "a picture");
    assert.match((await host.get("page.localhost")).body, /<h1>/);
    assert.equal(await definitions(blog), JSON.stringify(["42", "3", ["seldom"], blog]));
    assert.equal(await secretOf(blog), secret);
    await admin.goto(`${address}/wp-admin/`);
    assert.equal(admin.url(), `${address}/wp-admin/`, "the session of before goes on");
    const owners = new Set([...(await host.containers()).keys()].map((role) => role.split("/")[0]));
    assert.deepEqual([...owners].sort(), [blog, "gateway", "mysql", page].sort());
  }

  /** Kills what renames a site, once it has begun. */
  async function killRename(site: string): Promise<void> {
    const journal = path.join(host.root, ".varvol/renaming", site, "formerly");
    for (let tries = 3000; tries > 0 && !fs.existsSync(journal); tries--)
      await new Promise((resolve) => setTimeout(resolve, 20));
    const names = ["--filter", "label=varvol.job=rename", "--filter", `name=^/?${host.namespace}job-`];
    const jobs = (await capture(["docker", "ps", "-q", ...names])).split("\n").filter(Boolean);
    for (const job of jobs) await attempt(["docker", "kill", job]);
  }

  /** Names on the host that nothing of a site may have any more. */
  async function isGone(blog: string, page: string): Promise<void> {
    for (const name of [blog, page]) assert.ok(!fs.existsSync(path.join(host.root, name)), name);
    const named = `SELECT 1 FROM information_schema.schemata WHERE schema_name = '${blog}'`;
    assert.deepEqual(
      await sql(host, `${named} UNION ALL SELECT 1 FROM mysql.user WHERE user = '${blog}'`),
      [],
    );
    const memory = fs.readdirSync(path.join(host.root, ".varvol"), { recursive: true, encoding: "utf8" });
    const left = memory.filter((file) => !/^(locks|renamed)\//.test(file));
    for (const name of [blog, page])
      assert.deepEqual(
        left.filter((file) => new RegExp(`/${name}(-php|-web)?$`).test(file)),
        [],
      );
  }

  it("takes all of its data along, and visitors of its pages lose no request", async () => {
    const before = { files: filesOf(host, "blog"), rows: await rowsOf(host, "blog") };
    configure(["news", "home"], ["blog", "page"]);
    const plan = await planOf(host);
    assert.deepEqual(plan.renames, [
      { site: "news", formerly: "blog", database: true },
      { site: "home", formerly: "page", database: false },
    ]);
    const php = plan.containers.find(({ name }) => name === "news/php");
    assert.deepEqual([php?.action, php?.interrupts.kind], ["replace", "down"]);
    assert.deepEqual(
      plan.containers.filter(({ action }) => !["keep", "replace"].includes(action)),
      [],
    );
    assert.deepEqual(
      plan.routes.filter(({ action }) => action !== "keep"),
      [],
    );
    assert.deepEqual(
      plan.policies.verdicts.filter(({ level }) => level === "error"),
      [],
    );
    const { stdout } = await host.varvol("plan");
    assert.match(stdout, /site news: was blog so far, whose data and passwords go along/);

    const load = new Load({
      ...{ port: host.http, rate: 40 },
      shots: [
        { domain: "blog.localhost", path: () => "/" },
        { domain: "page.localhost", path: (n) => `/?n=${n}` },
      ],
    });
    const outage = new Outage(host);
    await host.up();
    const away = await outage.stop();
    const { failures, sent, slowest } = await load.stop();
    console.log(
      `      ${failures.length} of ${sent} requests failed, slowest ${slowest} ms; PHP was away for ${away.toFixed(1)} s`,
    );
    assert.deepEqual(failures.slice(0, 10), []);
    assert.ok(away < 60);
    const after = await rowsOf(host, "news");
    assert.deepEqual(Object.keys(after), Object.keys(before.rows));
    for (const table of ["wp_posts", "wp_users", "counted"])
      assert.equal(after[table], before.rows[table], table);
    assert.deepEqual(filesOf(host, "news"), before.files);
    await isWhole(["news", "home"]);
    await isGone("blog", "page");
  });

  it("is not renamed again", async () => {
    await nothingChanges(host);
    const before = await host.containers();
    configure(["news", "home"]);
    await host.up();
    assert.deepEqual(await host.containers(), before, "without its former name it is the same site");
    await nothingChanges(host);
    assert.ok(!fs.existsSync(path.join(host.root, ".varvol/renaming/news")));
  });

  it("is refused where there is data of both names, and nothing has changed", async () => {
    fs.mkdirSync(path.join(host.root, "older/content"), { recursive: true });
    fs.writeFileSync(path.join(host.root, "older/content/index.php"), "");
    const before = await host.containers();
    configure(["news", "home"], ["older", "page"]);
    for (const verb of ["plan", "up"]) {
      const { code, stderr } = await host.varvol(verb);
      assert.equal(code, 1);
      assert.match(stderr, /sites\[0\]\.formerly: .*\/older and .*\/news both hold data; to keep/);
    }
    fs.rmSync(path.join(host.root, "older"), { recursive: true });
    assert.deepEqual(await host.containers(), before);

    // What only the database holds, the job itself refuses.
    await sql(host, "CREATE DATABASE older; CREATE TABLE older.t (id INT); INSERT INTO older.t VALUES (1)");
    const { code, stderr } = await host.varvol("up");
    assert.equal(code, 1);
    assert.match(
      stderr,
      /there is data of both: the database older, .*\/news, the database news\. Nothing was changed/,
    );
    assert.deepEqual(await sql(host, "SELECT id FROM older.t"), ["1"]);
    await sql(host, "DROP DATABASE older");
    const now = await host.containers();
    for (const role of ["news/php", "news/web", "home/web"])
      assert.equal(now.get(role), before.get(role), role);
    const php = now.get("news/php") ?? "";
    assert.equal(await capture(["docker", "inspect", "-f", "{{.State.Running}}", php]), "true");
    await isWhole(["news", "home"]);
  });

  it("takes its name back where an `up` ended in between, and is not begun without its data then", async () => {
    // The site's own user may not read that table, and so can't make the view again.
    await sql(host, "CREATE VIEW news.hosts AS SELECT host FROM mysql.global_priv");
    configure(["blog", "page"], ["news", "home"]);
    const failed = await host.varvol("up");
    assert.equal(failed.code, 1);
    assert.match(failed.stdout + failed.stderr, /can't make this again: view hosts \(.*denied/);

    configure(["news", "home"]);
    const refused = await host.varvol("up");
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /sites\[0\]\.name: news was renamed, and its data is .*\/blog; put `formerly: blog`/,
    );

    configure(["news", "home"], ["blog", "page"]);
    await host.up();
    await isWhole(["news", "home"]);
    await isGone("blog", "page");
    await sql(host, "DROP VIEW news.hosts");
  });

  it("goes back by the same way, also where the host's job is killed on it", async () => {
    configure(["blog", "page"], ["news", "home"]);
    const first = host.varvol("up");
    await killRename("blog");
    const { code } = await first;
    console.log(`      killed in the middle, \`up\` ended with ${code}`);
    await host.up();
    await isWhole(["blog", "page"]);
    await isGone("news", "home");
    await nothingChanges(host);
  });
});

/** How long pages that no cache has are away for. */
class Outage {
  private readonly gone: number[] = [];
  private running = true;
  private readonly asking: Promise<void>;

  constructor(host: TestHost) {
    this.asking = this.ask(host);
  }

  async stop(): Promise<number> {
    this.running = false;
    await this.asking;
    const [first = 0] = this.gone;
    return ((this.gone.at(-1) ?? first) - first) / 1000;
  }

  private async ask(host: TestHost): Promise<void> {
    for (let n = 0; this.running; n++) {
      const began = Date.now();
      const status = await host
        .get("blog.localhost", `/wp-login.php?n=${n}`)
        .then((answer) => answer.status)
        .catch(() => 0);
      if (status >= 500 || status === 0) this.gone.push(began, Date.now());
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
