import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import type { Browser, Page } from "playwright-core";
import { attempt, capture } from "../../base/exec";
import { readLock, writeLock } from "../../stacks/lock";
import { logIn, openBrowser, writePost } from "../support/browser";
import { execIn, runPhp } from "../support/docker";
import { Load } from "../support/load";
import { picture } from "../support/picture";
import { TestHost } from "../support/testHost";
import { until } from "../support/until";

const TITLE = "Čtvrtek in the garden";
const PERMALINK = "/ctvrtek-in-the-garden/";

describe("a WordPress", function () {
  this.timeout(300_000);
  const host = new TestHost("wordpress", 18200);
  const address = {
    http: `http://blog.localhost:${host.http}`,
    https: `https://blog.localhost:${host.https}`,
  };
  let browser: Browser;

  before(async () => {
    host.configure([
      {
        name: "blog",
        kind: "wordpress",
        domains: ["blog.localhost"],
        title: "A blog",
        cache: { time: "10m" },
      },
    ]);
    await host.up();
    browser = await openBrowser();
  });

  after(() => browser?.close());

  async function page(): Promise<Page> {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    context.setDefaultTimeout(60_000);
    return context.newPage();
  }

  it("lets its administrator log in with the generated password and publish a post with a picture", async () => {
    const secret = await host.varvol("secret", "blog", "--json");
    const login = JSON.parse(secret.stdout) as { user: string; password: string };
    const admin = await logIn(browser, address.https, login);
    await admin.goto(`${address.https}/wp-admin/post-new.php`);
    // A page that is kept from now on for ten minutes
    await kept("/");
    await writePost(admin, TITLE, picture(1200, 800));
    await admin.context().close();
  });

  const ask = (target: string) => host.get("blog.localhost", target);

  /** Waits until a page is kept. */
  async function kept(target: string): Promise<void> {
    await until(`${target} to be kept`, async () => (await ask(target)).headers["x-cache"] === "HIT", 20);
  }

  for (const scheme of ["http", "https"] as const) {
    it(`shows the post with its picture to visitors on ${scheme.toUpperCase()}, under a pretty permalink`, async () => {
      const visitor = await page();
      await visitor.goto(address[scheme]);
      const link = visitor.getByRole("link", { name: TITLE }).first();
      assert.equal(await link.getAttribute("href"), address[scheme] + PERMALINK);
      await link.click();
      await visitor.waitForURL(address[scheme] + PERMALINK);
      assert.equal(await visitor.getByRole("heading", { name: TITLE }).first().isVisible(), true);
      const image = visitor.locator(".wp-block-image img");
      await image.scrollIntoViewIfNeeded();
      await visitor.waitForFunction(() => {
        const shown = document.querySelector<HTMLImageElement>(".wp-block-image img");
        return shown?.complete && shown.naturalWidth > 0;
      });
      // Scaled by the site itself when it was uploaded.
      assert.match((await image.getAttribute("srcset")) ?? "", /-300x200\.png 300w/);
      assert.equal(await visitor.locator("#wpadminbar").count(), 0);
      await visitor.context().close();
    });
  }

  for (const scheme of ["http", "https"] as const)
    it(`reaches itself on ${scheme.toUpperCase()}, as Site Health asks`, async () => {
      const secret = await host.varvol("secret", "blog", "--json");
      const admin = await logIn(
        browser,
        address[scheme],
        JSON.parse(secret.stdout) as { user: string; password: string },
      );
      await admin.goto(`${address[scheme]}/wp-admin/site-health.php`);
      const tests = await admin.evaluate<[string, string, string][]>(`(async () => {
        const told = SiteHealth.site_status.direct.map(({ test, status, description }) => [test, status, description]);
        for (const test of ["loopback-requests", "page-cache"]) {
          const answer = await wp.apiRequest({ path: "wp-site-health/v1/tests/" + test });
          told.push([answer.test, answer.status, answer.description]);
        }
        return told;
      })()`);
      await admin.context().close();
      const found = (name: string) => tests.find(([test]) => test === name);
      assert.equal(found("rest_availability")?.[1], "good", String(found("rest_availability")));
      assert.equal(found("loopback_requests")?.[1], "good", String(found("loopback_requests")));
      assert.equal(found("varvol_mail")?.[1], "recommended", String(found("varvol_mail")));
      assert.deepEqual(
        tests.filter(([, status]) => status === "critical"),
        [],
      );
    });

  it("says at once, in its log too, that a host without mail sends none, and status says that it is off", async () => {
    const { status, body } = await host.get("blog.localhost", "/wp-login.php?action=lostpassword", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "user_login=admin&redirect_to=&wp-submit=x",
    });
    assert.equal(status, 200);
    assert.match(body, /could not be sent/);
    const { stdout, stderr } = await attempt(["docker", "logs", await host.container("blog/php")]);
    assert.match(
      stdout + stderr,
      /sendmail: a mail to admin@blog\.localhost was not sent: this host sends no mail/,
    );
    assert.match((await host.varvol("status")).stdout, /mail is off/);
    const { code, stderr: said } = await host.varvol("mail", "queue");
    assert.equal(code, 1);
    assert.match(said, /has no varvol:mail/);
  });

  it("asks itself for pages, scripts and files, and for nothing else", async () => {
    const php = await host.container("blog/php");
    await execIn(php, [
      "sh",
      "-c",
      "cd /srv/wordpress/wp-content && echo '<?php echo 1;' >uploads/run.php && echo secret >dump.sql && echo a >uploads/a.txt",
    ]);
    const ask = (call: string) =>
      runPhp(
        php,
        `require '/srv/wordpress/wp-load.php';
         $answer = ${call};
         echo is_wp_error($answer) ? $answer->get_error_message()
           : $answer['response']['code'] . ' ' . substr($answer['body'], 0, 30) . ' ' . ($answer['headers']['x-redirect-by'] ?? '');`,
      );
    const get = (target: string) => ask(`wp_remote_get('${address.https}${target}')`);
    assert.match(await get("/"), /^200 <!DOCTYPE html>/);
    assert.match(await get("/wp-json/"), /^200 {"name":"A blog"/);
    assert.match(await get("/wp-content/uploads/a.txt"), /^200 a\n/);
    assert.match(await get(PERMALINK.slice(0, -1)), /^200 <!DOCTYPE html>/, "it follows a redirect");
    for (const path of ["uploads/run.php", "dump.sql", "../../../etc/passwd", "%2e%2e/wp-config.php"])
      assert.match(await get(`/wp-content/${path}`), /^404 <!DOCTYPE html>/, path);
    assert.match(
      await ask(
        `wp_remote_post('${address.https}/wp-admin/admin-ajax.php', ['body' => ['action' => 'heartbeat', 'more' => str_repeat('x', 200000)]])`,
      ),
      /^400 0|^200/,
    );
    assert.match(
      await ask(`wp_remote_get('http://other.localhost:${host.http}/')`),
      /other\.localhost|resolve/,
    );
  });

  it("SEC-16: can't change its core, but takes plugins", async () => {
    const php = await host.container("blog/php");
    for (const file of ["index.php", "wp-includes/new.php", "wp-config.php"]) {
      const { code, stderr } = await execIn(php, ["touch", `/srv/wordpress/${file}`]);
      assert.notEqual(code, 0, file);
      assert.match(stderr, /Read-only file system|Permission denied/);
    }
    const plugin = await execIn(php, ["touch", "/srv/wordpress/wp-content/plugins/new.php"]);
    assert.equal(plugin.code, 0, plugin.stderr);
    const web = await host.container("blog/web");
    assert.notEqual((await execIn(web, ["touch", "/srv/wordpress/wp-content/plugins/new.php"])).code, 0);
  });

  it("SEC-17: runs nothing but what its image has and its volumes hold", async () => {
    for (const role of ["php", "web"]) {
      const diff = await capture(["docker", "diff", await host.container(`blog/${role}`)]);
      // What docker itself makes for its mounts.
      const changed = diff
        .split("\n")
        .filter((line) => /^[ACD] \/(?:srv\/wordpress|usr|bin|etc)\b/.test(line));
      const files = changed.filter(
        (line) => !line.startsWith("C ") && !/ \/srv\/wordpress\/wp-content$/.test(line),
      );
      assert.deepEqual(files, [], role);
    }
  });

  it("shows at once what has changed, and keeps pages that nothing has changed", async () => {
    const php = await host.container("blog/php");
    const wordpress = (call: string) => runPhp(php, `require '/srv/wordpress/wp-load.php'; ${call}`);
    const post = `get_page_by_path('${PERMALINK.replaceAll("/", "")}', OBJECT, 'post')->ID`;
    const comment = (approved: number) =>
      `wp_insert_comment(['comment_post_ID' => ${post}, 'comment_author' => 'A visitor', 'comment_content' => 'Lovely asters.', 'comment_approved' => ${approved}]);`;
    const changes: [string, string, RegExp][] = [
      ["an option", "update_option('blogname', 'Another title');", /Another title/],
      [
        "a comment that is let through",
        `wp_set_comment_status(get_comments(['fields' => 'ids'])[0], 'approve');`,
        /Lovely asters/,
      ],
      [
        "a post that is edited",
        `wp_update_post(['ID' => ${post}, 'post_content' => 'Only asters now.']);`,
        /Only asters now/,
      ],
    ];
    await wordpress("update_option('require_name_email', 0);");
    await kept(PERMALINK);
    for (const nothing of [
      comment(0),
      "wp_insert_post(['post_title' => 'a draft']);",
      "set_transient('x', 1); update_option('a_plugin_counter', 1);",
    ]) {
      await wordpress(nothing);
      assert.equal((await ask(PERMALINK)).headers["x-cache"], "HIT", nothing);
    }
    for (const [what, call, shows] of changes) {
      await kept(PERMALINK);
      assert.doesNotMatch((await ask(PERMALINK)).body, shows, what);
      await wordpress(call);
      assert.match((await ask(PERMALINK)).body, shows, what);
    }
    await wordpress(`wp_update_post(['ID' => ${post}, 'post_status' => 'draft']);`);
    assert.equal((await ask(PERMALINK)).status, 404);
    await wordpress(`wp_update_post(['ID' => ${post}, 'post_status' => 'publish']);`);
    assert.equal((await ask(PERMALINK)).status, 200);
  });

  it("keeps no page that was being made when something changed", async () => {
    const plugins = path.join(host.root, "blog/content/mu-plugins");
    fs.mkdirSync(plugins, { recursive: true });
    const slow = "$title = get_option('blogname'); usleep(2500000); exit(\"<p>$title\");";
    fs.writeFileSync(path.join(plugins, "slow.php"), `<?php if (isset($_GET['slow'])) { ${slow} }`);
    const php = await host.container("blog/php");
    const before = ask("/?slow");
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await runPhp(php, "require '/srv/wordpress/wp-load.php'; update_option('blogname', 'A third title');");
    assert.equal((await before).body, "<p>Another title");
    assert.equal((await ask("/?slow")).body, "<p>A third title");
  });

  it("forgets pages when `varvol cache purge` says so", async () => {
    await kept("/");
    await kept(PERMALINK);
    const { code, stdout, stderr } = await host.varvol("cache", "purge", "blog", PERMALINK);
    assert.equal(code, 0, stdout + stderr);
    assert.equal((await ask("/")).headers["x-cache"], "HIT");
    assert.equal((await ask(PERMALINK)).headers["x-cache"], "MISS");
    await host.varvol("cache", "purge", "blog");
    assert.equal((await ask("/")).headers["x-cache"], "MISS");
  });

  it("CACHE-1: forgets no page because a visitor says so", async () => {
    await kept("/");
    for (const method of ["PURGE", "GET"])
      await host.get("blog.localhost", "/", { method, headers: { "x-pages": "*" } });
    assert.equal((await ask("/")).headers["x-cache"], "HIT");
  });

  describe("with an object cache", () => {
    const site = {
      ...{ name: "blog", kind: "wordpress", domains: ["blog.localhost"], title: "A blog" },
      ...{ cache: { time: "10m" }, objectCache: "valkey" },
    };
    const COUNTED =
      "<?php add_action('wp_footer', fn () => printf('<!-- %d queries, %d hits, kept %d -->', get_num_queries(), $GLOBALS['wp_object_cache']->cache_hits, wp_using_ext_object_cache()));";
    let asked = 0;
    /** A page that no cache of pages has. */
    const page = async () => {
      const { status, body } = await ask(`/?counted=${asked++}`);
      assert.equal(status, 200, body);
      const [, queries, hits, kept] = /<!-- (\d+) queries, (\d+) hits, kept (\d)/.exec(body) ?? [];
      assert.ok(queries !== undefined, body.slice(-300));
      return { body, queries: Number(queries), hits: Number(hits), kept: kept === "1" };
    };
    const wordpress = async (call: string) =>
      runPhp(await host.container("blog/php"), `require '/srv/wordpress/wp-load.php'; ${call}`);

    it("CACHE-2: asks the database for less, and keeps its objects to itself", async () => {
      fs.mkdirSync(path.join(host.root, "blog/content/mu-plugins"), { recursive: true });
      fs.writeFileSync(path.join(host.root, "blog/content/mu-plugins/counted.php"), COUNTED);
      await page();
      const without = await page();
      assert.equal(without.kept, false);
      // One that came along with an import is not asked, and not what keeps it from serving.
      fs.writeFileSync(path.join(host.root, "blog/content/object-cache.php"), "<?php die('not here');");
      host.configure([site]);
      writeLock(readLock(), host.lockFile);
      const upgraded = await host.varvol("upgrade", "blog");
      assert.match(upgraded.stdout, /blog\s+php8\.4-redis/, upgraded.stderr);
      await host.up();
      await page();
      await until("objects to be kept", async () => (await page()).queries < without.queries / 2, 20);
      const { queries, hits, kept } = await page();
      console.log(`      ${without.queries} queries without, ${queries} with, ${hits} hits`);
      assert.ok(kept && hits > 50);
      const answers = await runPhp(
        await host.container("blog/php"),
        `$v = new Redis(); $v->connect('/run/valkey/valkey.sock');
         $say = function (...$words) use ($v) { try { return $v->rawCommand(...$words) === false ? substr($v->getLastError() ?? 'nothing', 0, 6) : 'done'; } catch (RedisException $e) { return substr($e->getMessage(), 0, 6); } finally { $v->clearLastError(); } };
         echo json_encode([$say('GET', 'blog:versions'), $v->auth(explode(' ', file_get_contents('/run/secrets/valkey'))), $say('HGETALL', 'blog:versions'),
           $say('HGETALL', 'shop:versions'), $say('SET', 'shop:x', 1), $say('FLUSHALL'), $say('KEYS', '*'), $say('SCAN', 0), $say('CONFIG', 'GET', '*'), $say('EVAL', 'return 1', 0)]);`,
      );
      assert.deepEqual(JSON.parse(answers), ["NOAUTH", true, "done", ...Array<string>(7).fill("NOPERM")]);
      const secret =
        fs.readFileSync(path.join(host.root, "blog/secrets/valkey"), "utf8").split(" ")[1] ?? "-";
      assert.match(secret.trim(), /^\w{32}$/);
      for (const role of ["valkey/valkey", "blog/php"])
        assert.ok(
          !(await capture(["docker", "inspect", await host.container(role)])).includes(secret.trim()),
        );
    });

    it("gives WordPress what it keeps, and nothing that has changed since it was read", async () => {
      const code = fs.readFileSync(path.join(__dirname, "objectCache.php"), "utf8").replace("<?php", "");
      assert.equal(await runPhp(await host.container("blog/php"), code), "[]");
    });

    it("is served from the database while valkey is away, and has nothing of before then", async () => {
      await wordpress("update_option('blogname', 'Before');");
      assert.match((await page()).body, /Before/);
      const valkey = await host.container("valkey/valkey");
      await attempt(["docker", "pause", valkey]);
      assert.match((await page()).body, /Before/);
      await wordpress("update_option('blogname', 'While it was paused');");
      await attempt(["docker", "unpause", valkey]);
      await until("the cache to be asked again", async () => (await page()).kept, 20);
      assert.match((await page()).body, /While it was paused/);
      await attempt(["docker", "stop", valkey]);
      const away = await page();
      assert.ok(!away.kept && away.body.includes("While it was paused"));
      await wordpress("update_option('blogname', 'While it was away'); set_transient('a', 'b', 60);");
      assert.equal(await wordpress("echo get_transient('a');"), "b");
      await attempt(["docker", "start", valkey]);
      await until("the cache to be there again", async () => (await page()).kept, 20);
      assert.match((await page()).body, /While it was away/);
      const sql = "UPDATE wp_options SET option_value = 'By hand' WHERE option_name = 'blogname'";
      assert.equal((await host.varvol("sql", "blog", "--", "-e", sql)).code, 0);
      assert.match((await page()).body, /By hand/);
    });

    it("loses no request while valkey is replaced", async () => {
      const before = await host.container("valkey/valkey");
      const shots = [{ domain: "blog.localhost", path: (n: number) => `/?load=${n}`, atLeast: 5000 }];
      const load = new Load({ port: host.http, rate: 5, shots });
      const replaced = await host.varvol("up", "--replace", "valkey");
      assert.equal(replaced.code, 0, replaced.stdout + replaced.stderr);
      const { failures, sent } = await load.stop();
      assert.deepEqual(failures, []);
      assert.ok(sent > 20, `${sent} requests`);
      assert.notEqual(await host.container("valkey/valkey"), before);
      await until("the new one to be asked", async () => (await page()).kept, 20);
    });
  });
});
