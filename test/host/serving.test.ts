import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import * as zlib from "node:zlib";
import { attempt, capture } from "../../base/exec";
import { openBrowser } from "../support/browser";
import { Load } from "../support/load";
import { type Answer, TestHost } from "../support/testHost";
import { until } from "../support/until";

const MIB = 1024 * 1024;

const PASSWORD = "ein Garten im Donnerstag";

/** What plugins, shops and themes do. */
const PLUGIN = `<?php
if (isset($_GET['slow'])) { sleep((int) $_GET['slow']); exit("done\\n"); }
if (isset($_GET['headers'])) {
    file_put_contents(WP_CONTENT_DIR . '/runs', 'x', FILE_APPEND);
    for ($i = 0; $i < (int) $_GET['headers']; $i++)
        header("Link: </wp-content/themes/plain/part-$i.css?ver=1.2.3>; rel=preload; as=style", false);
    header('Content-Type: text/plain');
    exit('cookie ' . strlen($_COOKIE['large'] ?? ''));
}
if (isset($_GET['limits'])) exit(ini_get('max_input_vars') . ' ' . ini_get('max_execution_time') . ' ' . ini_get('memory_limit'));
if (isset($_GET['expiring'])) {
    file_put_contents(WP_CONTENT_DIR . '/made', 'x', FILE_APPEND);
    header('X-Accel-Expires: 1');
    usleep(500000);
    exit('<p>made');
}
if (isset($_GET['take'])) exit('got ' . ($_FILES['file']['size'] ?? 0));
if (isset($_GET['raw'])) {
    for ($in = fopen('php://input', 'r'), $n = 0; !feof($in);) $n += strlen(fread($in, 65536));
    exit("got $n");
}
if (isset($_GET['give'])) {
    while (ob_get_level()) ob_end_clean();
    header('Content-Type: application/octet-stream');
    // Without either, nginx might keep it.
    if (!isset($_GET['plain'])) {
        header('Content-Length: ' . (int) $_GET['give'] * 1048576);
        header('Cache-Control: no-store');
    }
    $block = str_repeat('x', 1048576);
    for ($i = 0; $i < (int) $_GET['give']; $i++) { echo $block; flush(); }
    exit;
}
if (isset($_GET['private'])) {
    header(['cache' => 'Cache-Control: private, max-age=60', 'vary' => 'Vary: Accept-Encoding, Cookie',
        'cookie' => 'Set-Cookie: visitor=1', 'none' => 'Cache-Control: max-age=60'][$_GET['private']]);
    exit('for ' . random_int(0, PHP_INT_MAX));
}
add_action('template_redirect', function () {
    if (isset($_GET['language'])) {
        usleep(300000);
        if (!isset($_COOKIE['site_language'])) setcookie('site_language', 'en', time() + 86400, '/');
    }
    if (isset($_GET['broken']) && is_file(WP_CONTENT_DIR . '/failing')) {
        status_header(500);
        exit('an error of its own');
    }
    if (is_file(WP_CONTENT_DIR . '/closed') && !is_user_logged_in()) {
        status_header(503);
        header('Retry-After: 3600');
        exit('<h1>We are back soon</h1>');
    }
});
add_action('wp_footer', function () {
    $owner = preg_replace('/[^a-z]/', '', $_COOKIE['shop_session'] ?? '');
    echo '<p id=cart>', isset($_COOKIE['edd_items_in_cart']) ? "the cart of $owner" : 'no cart', '</p>';
});
`;

const LATIN1 = Buffer.from(
  '<html><head><meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1"></head><body>Größe</body></html>',
  "latin1",
);

/** Text of a length that is neither noise nor the same all over. */
function script(length: number): string {
  const lines = Array.from(
    { length: 2000 },
    (_, i) => `function f${i}(a){return a+${(i * i * 7919) % 104729}}\n`,
  );
  const text = lines.join("");
  return text.repeat(Math.ceil(length / text.length)).slice(0, length);
}

const PAGES: Record<string, string | Buffer> = {
  "script.js": script(40_000),
  "large.mjs": script(400_000),
  "large.wasm": script(100_000),
  "small.js": "1;",
  "letters.woff2": script(5000),
  "picture.png": script(5000),
  "index.html":
    '<script type="module" src="/app.mjs"></script><link rel="manifest" href="/site.webmanifest"><p id="t">waiting</p>',
  "app.mjs": "document.getElementById('t').textContent = 'the module ran';",
  "site.webmanifest": '{"name":"Garden"}',
  "map.geojson": '{"type":"FeatureCollection","features":[]}',
  "subtitles.vtt": "WEBVTT\n",
  "program.wasm": "\0asm",
  "letters.ttf": "x",
  ".well-known/matrix/client": "{}",
  "latin1.html": LATIN1,
  "cyrillic.html": Buffer.concat([
    Buffer.from('<meta charset="windows-1251"><body>'),
    Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]),
  ]),
  "utf8.html": '<html><head><meta charset="utf-8"></head><body>Größe</body></html>',
  "blog.html": "the page",
  "blog/first.html": "the first post",
  "docs/index.html": "the folder",
};

// An import leaves them out; somebody may put them there later.
const SOURCES: Record<string, string> = {
  "contact.php": "<?php require 'inc/config.php';",
  "inc/config.php": "<?php $password = 'not for visitors';",
  "old/Config.PHP5": "<?php $password = 'not for visitors';",
  "wp-config.php": "<?php define( 'DB_PASSWORD', 'secret' );",
  "wp-config.php.bak": "<?php define( 'DB_PASSWORD', 'secret' );",
};

// In each kind of site
const NOT_FOR_VISITORS = [
  "wp-content/updraft/backup_2024-05-01-1200_Garden_0a1b2c3d4e5f-db.gz",
  "wp-content/backups-dup-lite/20240501_garden_archive.zip",
  "wp-content/ai1wm-backups/garden.wpress",
  "wp-content/uploads/dump.sql.gz",
  "wp-content/uploads/index.html~",
  "wp-content/uploads/.env",
  "wp-content/.env",
];

describe("a site that serves", function () {
  this.timeout(400_000);
  const host = new TestHost("serving", 18940);
  const php = { memory: 160, uploads: 70, time: "3m", ini: { max_input_vars: 4321 } };
  const blog = { name: "blog", kind: "wordpress", domains: ["blog.localhost"], title: "A blog", php };
  const pages = path.join(host.folder, "pages");
  const site = {
    ...{ name: "site", kind: "static", domains: ["site.localhost"], import: pages },
    redirects: { "/former": "/docs/", "/moved/*": { to: "https://else.example/*", code: 302 } },
    headers: { "X-Frame-Options": "DENY", "X-Content": "none" },
    nginx: path.join(host.folder, "site.conf"),
  };
  const backup = { repository: path.join(host.folder, "repository") };
  const content = path.join(host.root, "blog/content");
  let slow: Promise<string>;
  let download: Promise<string>;

  before(async () => {
    for (const [name, text] of Object.entries(PAGES)) write(path.join(pages, name), text);
    for (const name of NOT_FOR_VISITORS) write(path.join(pages, name), "x");
    write(
      site.nginx,
      'location = /from-the-snippet { return 200 "its own"; }\nlocation ~ /\\.env$ { return 200; }\n',
    );
    host.configure([blog, site], { backup });
    await host.up();
    for (const name of NOT_FOR_VISITORS) write(path.join(host.root, "blog", inVolume(name)), "x");
    for (const [name, text] of Object.entries(SOURCES)) write(path.join(host.root, "site/site", name), text);
    write(path.join(content, "uploads/woocommerce_uploads/paid-guide.pdf"), "x");
    write(path.join(content, "uploads/2024/guide.pdf"), "for all");
    fs.closeSync(fs.openSync(path.join(content, "uploads/film.mp4"), "w"));
    fs.truncateSync(path.join(content, "uploads/film.mp4"), 300 * MIB);
    write(path.join(content, "mu-plugins/cases.php"), PLUGIN);
    await capture(["chown", "-R", "33:33", content]);
    await until("the plugin", async () => (await ask("/?private=none")).body.startsWith("for "));
    // They take longer than all else.
    slow = curl("/?slow=122", "-w", " %{http_code}");
    download = curl(
      "/?give=400",
      "--limit-rate",
      "4M",
      "-o",
      "/dev/null",
      "-w",
      "%{http_code} %{size_download}",
    );
  });

  const ask = (target: string, headers: Record<string, string> = {}): Promise<Answer> =>
    host.get("blog.localhost", target, { headers });

  const curl = (target: string, ...options: string[]): Promise<string> =>
    capture([
      ...["curl", "-sSk", "-m", "300", "--resolve", `blog.localhost:${host.https}:127.0.0.1`],
      ...[...options, `https://blog.localhost:${host.https}${target}`],
    ]);

  it("takes uploads up to the limit, and nobody notices", async () => {
    const file = path.join(host.folder, "upload");
    fs.writeFileSync(file, Buffer.alloc(70 * MIB));
    const load = new Load({
      port: host.http,
      rate: 10,
      shots: [
        {
          domain: "blog.localhost",
          path: (n) => `/wp-content/uploads/2024/guide.pdf?n=${n}`,
          expect: "for all",
        },
        { domain: "site.localhost", path: (n) => `/docs/?n=${n}`, expect: "the folder" },
      ],
    });
    assert.equal(await curl("/?take", "-F", `file=@${file}`), "got 73400320");
    const both = [curl("/?raw", "--data-binary", `@${file}`), curl("/?take", "-F", `file=@${file}`)];
    assert.deepEqual(await Promise.all(both), ["got 73400320", "got 73400320"]);
    assert.deepEqual((await load.stop()).failures, []);
    assert.deepEqual(fs.readdirSync(path.join(host.root, "blog/tmp")), []);
    fs.writeFileSync(file, Buffer.alloc(72 * MIB));
    assert.equal(await curl("/?take", "-F", `file=@${file}`, "-o", "/dev/null", "-w", "%{http_code}"), "413");
  });

  it("has PHP's settings as the stack file says", async () => {
    assert.equal((await ask("/?limits")).body, "4321 180 160M");
  });

  it("sends visitors on who ask for what has moved, and says what it was told to, once", async () => {
    const get = (target: string) => host.get("site.localhost", target);
    const here = "http://site.localhost";
    for (const [target, status, place] of [
      ["/former?a=1", 301, `${here}/docs/?a=1`],
      ["/moved/a%0d%0ab?c", 302, "https://else.example/a%0d%0ab?c"],
    ] as const) {
      const { status: code, headers } = await get(target);
      assert.deepEqual([code, headers.location], [status, place]);
    }
    assert.equal((await get("/from-the-snippet")).body, "its own");
    assert.equal((await get("/wp-content/.env")).status, 404);
    const { headers } = await get("/docs/");
    assert.deepEqual([headers["x-frame-options"], headers["x-content"]], ["DENY", "none"]);
    // Node joins what comes twice.
    assert.equal(headers["x-content-type-options"], "nosniff");
  });

  it("asks PHP once for a page that has expired, whoever asks for it", async () => {
    const made = path.join(content, "made");
    assert.equal((await ask("/?expiring")).status, 200);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    fs.rmSync(made, { force: true });
    const answers = await Promise.all(Array.from({ length: 200 }, () => ask("/?expiring")));
    assert.deepEqual(
      new Set(answers.map(({ status, body }) => `${status} ${body}`)),
      new Set(["200 <p>made"]),
    );
    assert.equal(fs.readFileSync(made, "utf8"), "x");
    assert.ok(answers.filter(({ headers }) => headers["x-cache"] === "UPDATING").length > 150);
  });

  it("gives downloads of any size, made by PHP or not, to fast visitors and slow ones", async () => {
    const size = ["-o", "/dev/null", "-w", "%{size_download}"];
    const given = await Promise.all([
      curl("/?give=300&plain", ...size),
      curl("/wp-content/uploads/film.mp4", ...size),
      curl("/wp-content/uploads/film.mp4", ...size, "--limit-rate", "20M"),
    ]);
    assert.deepEqual(given, Array(3).fill(String(300 * MIB)));
  });

  it("passes long headers both ways, and asks PHP once", async () => {
    const runs = path.join(content, "runs");
    const cookie = "wordpress_logged_in_x=1";
    for (const count of [60, 200]) {
      for (const headers of [{ cookie }, undefined]) {
        fs.rmSync(runs, { force: true });
        const { status, body } = await ask(`/?headers=${count}&n=${Boolean(headers)}`, headers);
        assert.deepEqual({ status, body }, { status: 200, body: "cookie 0" });
        assert.equal(fs.readFileSync(runs, "utf8"), "x");
      }
    }
    for (const length of [10_000, 16_384]) {
      const large = `large=${"a".repeat(length)}`;
      assert.equal((await ask("/?headers=1", { cookie: large })).body, `cookie ${length}`);
      for (const version of ["--http1.1", "--http2"])
        assert.equal(await curl("/?headers=1", version, "-H", `Cookie: ${large}`), `cookie ${length}`);
    }
  });

  it("doesn't have first visitors wait for each other", async () => {
    const slowest = async (target: string) => {
      const since = Date.now();
      await Promise.all(Array.from({ length: 20 }, () => ask(target)));
      return Date.now() - since;
    };
    const uncached = await slowest("/?s=x&language");
    const first = await slowest("/?language");
    console.log(`      ${first} ms, and ${uncached} ms where nothing is kept`);
    assert.ok(first < uncached * 1.5 + 1000, `${first} ms, and ${uncached} ms where nothing is kept`);
  });

  it("keeps no answer that is for one visitor", async () => {
    const cookie = "edd_items_in_cart=2; shop_session=alice";
    const cart = async (target: string, headers?: Record<string, string>) =>
      /<p id=cart>(.*?)<\/p>/.exec((await ask(target, headers)).body)?.[1];
    for (const target of ["/?first=1", "/?first=2"]) {
      if (target.endsWith("2")) assert.equal(await cart(target), "no cart");
      assert.equal(await cart(target, { cookie }), "the cart of alice");
      assert.equal(await cart(target), "no cart");
    }
    for (const by of ["cache", "vary", "cookie"]) {
      const answers = [await ask(`/?private=${by}`), await ask(`/?private=${by}`)];
      assert.notEqual(answers[0]?.body, answers[1]?.body, by);
    }
    assert.equal((await ask("/?private=none")).body, (await ask("/?private=none")).body);
  });

  it("shows pages of before while MySQL is away, and no error of its own in their place", async () => {
    assert.equal((await ask("/?kept")).status, 200);
    assert.equal((await ask("/?broken")).status, 200);
    write(path.join(content, "failing"), "");
    await until("the error", async () => (await ask("/?broken")).status === 500, 20);
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask("/?broken")));
    assert.deepEqual(
      answers.map(({ status, body }) => `${status} ${body}`),
      Array(12).fill("500 an error of its own"),
    );
    const mysql = await host.container("mysql/mysql");
    await capture(["docker", "stop", mysql]);
    const kept = await ask("/?kept");
    const other = await ask("/?never-asked-for");
    await capture(["docker", "start", mysql]);
    assert.deepEqual([kept.status, kept.headers["x-cache"]], [200, "STALE"]);
    assert.match(kept.body, /<p id=cart>no cart/);
    assert.equal(other.status, 502);
    await until("MySQL", async () => (await ask("/?s=x")).status === 200);
  });

  it("SEC-15: serves no passwords, dumps, backups, nor editors' copies", async () => {
    for (const name of NOT_FOR_VISITORS)
      for (const domain of ["blog.localhost", "site.localhost"])
        assert.equal((await host.get(domain, `/${name}`)).status, 404, `${domain}/${name}`);
    assert.equal((await ask("/wp-content/uploads/woocommerce_uploads/paid-guide.pdf")).status, 404);
    assert.equal((await ask("/wp-content/uploads/2024/guide.pdf")).body, "for all");
    for (const name of Object.keys(SOURCES))
      assert.equal((await host.get("site.localhost", `/${name}`)).status, 404, name);
  });

  it("says of each file what it is", async () => {
    const types = {
      "app.mjs": "text/javascript",
      "site.webmanifest": "application/manifest+json",
      "map.geojson": "application/geo+json",
      "subtitles.vtt": "text/vtt",
      "program.wasm": "application/wasm",
      "letters.ttf": "font/ttf",
      ".well-known/matrix/client": "application/json",
    };
    for (const [name, type] of Object.entries(types))
      assert.equal((await host.get("site.localhost", `/${name}`)).headers["content-type"], type, name);
    const browser = await openBrowser();
    try {
      const page = await browser.newPage();
      await page.goto(`http://site.localhost:${host.http}/`);
      await page.getByText("the module ran").waitFor();
      for (const [name, text] of [
        ["latin1.html", "Größe"],
        ["utf8.html", "Größe"],
        ["cyrillic.html", "Привет"],
      ]) {
        await page.goto(`http://site.localhost:${host.http}/${name}`);
        assert.equal(await page.textContent("body"), text);
      }
    } finally {
      await browser.close();
    }
  });

  it("is packed as each visitor can read it, and never by the cache as another one did", async () => {
    const packed: Record<string, (sent: Buffer) => Buffer> = {
      br: zlib.brotliDecompressSync,
      gzip: zlib.gunzipSync,
      "": (sent) => sent,
    };
    const accepts = {
      "gzip, deflate, br, zstd": "br",
      "gzip, br;q=0": "gzip",
      gzip: "gzip",
      "": "",
      identity: "",
    };
    const asked = async (domain: string, target: string, accept: string) => {
      const headers = accept === "" ? undefined : { "accept-encoding": accept };
      const answer = await host.get(domain, target, { headers });
      assert.equal(answer.status, 200, `${domain}${target}`);
      return { answer, way: answer.headers["content-encoding"] ?? "" };
    };
    for (const [domain, target] of [
      ["site.localhost", "/script.js"],
      ["site.localhost", "/large.wasm"],
      ["site.localhost", "/large.mjs"],
      ["blog.localhost", "/"],
      ["blog.localhost", "/wp-includes/js/jquery/jquery.min.js"],
    ] as const) {
      const plain = (await asked(domain, target, "")).answer;
      // All at once and in any order: what one was given is kept, for a second or ten.
      const many = Array.from({ length: 6 }, () => Object.entries(accepts)).flat();
      await Promise.all(
        many.map(async ([accept, expected]) => {
          const { answer, way } = await asked(domain, target, accept);
          const name = `${domain}${target} ${accept}`;
          assert.equal(way, expected, name);
          assert.match(answer.headers.vary ?? "", /accept-encoding/i, name);
          assert.deepEqual(packed[way]?.(answer.sent), plain.sent, name);
          assert.ok(way === "" || answer.sent.length < plain.sent.length * 0.6, name);
        }),
      );
    }
    assert.match((await ask("/", { "accept-encoding": "br" })).headers["x-cache"]?.toString() ?? "", /HIT/);
    for (const name of ["letters.woff2", "picture.png", "small.js"])
      assert.equal((await asked("site.localhost", `/${name}`, "gzip, br")).way, "", name);
  });

  it("has a page beside a folder of its name", async () => {
    const get = (target: string) => host.get("site.localhost", target);
    assert.equal((await get("/blog")).body, "the page");
    assert.equal((await get("/blog/first")).body, "the first post");
    assert.equal((await get("/blog/?a=b")).headers.location, "/blog?a=b");
    assert.equal((await get("/docs")).headers.location, "/docs/");
    assert.equal((await get("/docs/")).body, "the folder");
    assert.equal((await get("/old/")).status, 404);
  });

  it("is well while it is closed: backed up, drilled, replaced, restored", async () => {
    write(path.join(content, "closed"), "");
    await until("the closed site", async () => (await ask("/")).status === 503, 20);
    assert.match((await ask("/")).body, /We are back soon/);
    for (const words of [
      ["backup", "blog"],
      ["drill", "blog"],
    ]) {
      const { code, stdout, stderr } = await host.varvol(...words);
      assert.equal(code, 0, stdout + stderr);
    }
    const before = await host.container("blog/php");
    const guarded = { ...site, auth: { users: { editor: PASSWORD } }, robots: false };
    host.configure([{ ...blog, memory: 400 }, guarded], { backup: { ...backup, beforeReplace: false } });
    await host.up();
    assert.notEqual(await host.container("blog/php"), before);
    const { code, stdout, stderr } = await host.varvol("restore", "blog", "--yes");
    assert.equal(code, 0, stdout + stderr);
    assert.equal((await ask("/")).status, 503);
    fs.rmSync(path.join(content, "closed"));
    await until("the open site", async () => (await ask("/")).status === 200, 20);
  });

  it("lets in only who has a password, and the host itself", async () => {
    const get = (target: string, user?: string) =>
      host.get("site.localhost", target, {
        ...(user && { headers: { authorization: `Basic ${Buffer.from(user).toString("base64")}` } }),
      });
    assert.equal((await get("/docs/")).status, 401);
    assert.equal((await get("/docs/", "editor:another one")).status, 401);
    const shown = await get("/docs/", `editor:${PASSWORD}`);
    assert.deepEqual([shown.status, shown.headers["x-robots-tag"]], [200, "noindex, nofollow"]);
    assert.match((await get("/robots.txt")).body, /^User-agent: \*\nDisallow: \/\n$/);
    const { code, stdout } = await host.varvol("status");
    assert.equal(code, 0, stdout);
    const known = path.join(host.root, "gateway/conf/current/auth/site");
    assert.match(fs.readFileSync(known, "utf8"), /^editor:\$6\$/);
    for (const folder of [path.join(host.root, "gateway"), path.join(host.folder, "state/.pulumi/stacks")])
      assert.equal((await attempt(["grep", "-rlF", PASSWORD, folder])).stdout, "");
  });

  it("is closed for maintenance to visitors, but not to those named, and well", async () => {
    const closed = { ...site, maintenance: true };
    const maintenance = { allow: ["0.0.0.0/1", "128.0.0.0/1"], retry: "1h" };
    host.configure([{ ...blog, memory: 400, maintenance }, closed], { backup });
    await host.up();
    const { status, headers, body } = await host.get("site.localhost", "/docs/");
    assert.deepEqual([status, headers["retry-after"], headers["x-frame-options"]], [503, "600", "DENY"]);
    assert.match(body, /Closed for maintenance/);
    assert.equal((await ask("/")).status, 200);
    const { code, stdout } = await host.varvol("status");
    assert.equal(code, 0, stdout);
  });

  it("lets pages run, and visitors take their time", async () => {
    assert.equal(await slow, "done\n 200");
    assert.equal(await download, `200 ${400 * MIB}`);
  });
});

function write(file: string, text: string | Buffer): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}

/** Where a WordPress's volume has a file. */
function inVolume(name: string): string {
  return name.replace(/^wp-content/, "content");
}
