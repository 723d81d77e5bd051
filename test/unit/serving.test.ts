import assert from "node:assert/strict";
import * as fs from "node:fs";
import { vhostConf } from "../../components/gateway/nginx";
import { withSnippet } from "../../components/sites/web";
import { WEB_FILES, webFile } from "../../components/sites/webFiles";
import { HIDDEN, NEVER_SERVED, PHP_SOURCE } from "../../components/sites/neverServed";
import { staticConf } from "../../components/sites/nginx";
import { phpConf } from "../../components/sites/phpNginx";
import { pageKeys } from "../../flows/daily/pages";
import { checkConfig } from "../../stacks/problems";
import { wordpressConf } from "../../components/sites/wordpressNginx";

const CONFIGURATIONS = {
  static: staticConf("/srv/site", []),
  wordpress: wordpressConf({}),
  php: phpConf({ root: "/srv/site", writable: ["up"] }),
};

const isDenied = (path: string) =>
  new RegExp(HIDDEN).test(path) || NEVER_SERVED.some((pattern) => new RegExp(pattern, "i").test(path));

describe("what is never served", () => {
  it("is passwords, dumps, archives of backups, and editors' copies", () => {
    for (const path of [
      "/.env",
      "/.env.local",
      "/.git/config",
      "/.wellknown/x",
      "/prod.env",
      "/wp-config.txt",
      "/wp-config.php.bak",
      "/wp-config.php~",
      "/a/wp-config.php_old",
      "/wp-config.php.save.1",
      "/index.php.swp",
      "/config.inc.php.orig",
      "/index.html~",
      "/page.html.bak",
      "/#page.html#",
      "/error_log",
      "/dump.sql",
      "/dump.SQL.gz",
      "/dump.sql.gz.1",
      "/shop_2024.sql-old",
      "/dump.gz",
      "/database-2024-05-01.zip",
      "/db.tar.gz",
      "/backup-5.1.2024_12-00-00_user.tar.gz",
      "/cpmove-user.tar.gz",
      "/garden.example-backup-20240501.zip",
      "/public_html.tar.gz",
      "/garden-20240501.wpress",
      "/x/20240501_garden_archive.zip",
      "/wp-content/updraft/backup_2024-05-01-1200_Garden_0a1b2c3d4e5f-db.gz",
      "/moved/backup_2024-05-01-1200_Garden_0a1b2c3d4e5f-plugins2.zip",
      "/wp-content/backups-dup-lite/20240501_garden_installer.php",
      "/wp-content/ai1wm-backups/x",
      "/wp-content/backup-db/x.txt",
      "/old/wp-content/wpvividbackups/x",
      "/wp-content/uploads/backwpup-1a2b3c/x.tar",
      "/wp-content/uploads/backupbuddy_backups/x",
      "/wp-snapshots/x",
    ])
      assert.ok(isDenied(path), path);
  });

  it("is nothing else", () => {
    for (const path of [
      "/",
      "/.well-known/security.txt",
      "/backup/",
      "/how-to-backup",
      "/backup.html",
      "/tool-1.2.tar.gz",
      "/restic-backup-0.1.tar.gz",
      "/photos_2024.zip",
      "/index.php",
      "/index.php/2024/05/post",
      "/index.php.html",
      "/what-is-wp-config.php-good-for/",
      "/wp-config-explained",
      "/schema.sql.html",
      "/learn-sql",
      "/mysql/",
      "/~garden/",
      "/environment",
      "/wp-content/uploads/2024/05/backup.png",
      "/wp-content/plugins/updraftplus/js/admin.js",
      "/wp-content/themes/plain/old/style.css",
    ])
      assert.ok(!isDenied(path), path);
  });

  it("is said to each kind of site before what it serves", () => {
    for (const [kind, text] of Object.entries(CONFIGURATIONS)) {
      const denied = text.indexOf(`include ${webFile("never-served.conf")};`);
      assert.ok(denied > 0 && denied < text.indexOf("try_files"), kind);
    }
    assert.ok(CONFIGURATIONS.static.includes(`location ~* ${PHP_SOURCE} { return 404; }`));
  });
});

describe("what the web image has of all sites' configurations", () => {
  it("is what TypeScript says (npm run schema writes it)", () => {
    for (const [file, text] of Object.entries(WEB_FILES))
      assert.equal(fs.readFileSync(`images/web/${file}`, "utf8"), text, file);
    for (const pattern of NEVER_SERVED) assert.ok(WEB_FILES["never-served.conf"].includes(pattern), pattern);
  });
});

describe("pages that are kept", () => {
  it("are kept for ten seconds, or for as long as the stack file says, or not at all", () => {
    assert.match(wordpressConf({}), /fastcgi_cache_valid 200 10s;/);
    const long = wordpressConf({ keep: 600 });
    assert.match(long, /fastcgi_cache_valid 200 600s;\s+fastcgi_cache_valid 404 10s;/);
    const none = wordpressConf({ keep: 0 });
    assert.doesNotMatch(none, /fastcgi_cache|purge|"~\^\(\?:GET\|HEAD\):\/:\$"/);
    const sites = (cache: unknown) => [{ name: "b", kind: "wordpress", domains: ["b.localhost"], cache }];
    for (const cache of [{ time: "11h" }, { time: "1s" }, true, {}])
      assert.throws(() => checkConfig("x", { kind: "local", sites: sites(cache) }), JSON.stringify(cache));
    checkConfig("x", { kind: "local", sites: sites({ time: "10h" }) });
  });

  it("are found by their path, whatever else their keys have", () => {
    const [, key = ""] = /fastcgi_cache_key "([^"]*)"/.exec(CONFIGURATIONS.wordpress) ?? [];
    const of = (uri: string, scheme = "https", method = "GET") =>
      key
        .replace("$request_uri", uri)
        .replace("$forwarded_host", "b.localhost")
        .replace("$forwarded_scheme", scheme)
        .replace("$request_method", method);
    const forgotten = (path: string | undefined, one: string) =>
      pageKeys(path).some((begin) => one.startsWith(begin.slice(0, -1)) && begin.endsWith("*"));
    for (const one of [of("/a/"), of("/a/", "http"), of("/a/", "https", "HEAD"), of("/a/?x=1")])
      assert.ok(forgotten("/a/", one) && forgotten(undefined, one), one);
    for (const one of [of("/a"), of("/a/b"), of("/"), of("/x/a/")]) assert.ok(!forgotten("/a/", one), one);
    assert.ok(forgotten("/a/*", of("/a/b?c")) && forgotten("/café/", of("/caf%C3%A9/")));
    assert.throws(() => pageKeys("a"), /begins with \//);
  });
});

describe("an owner's own lines", () => {
  it("come after what is never served, and before what the site is", () => {
    for (const [kind, text] of Object.entries(CONFIGURATIONS)) {
      const own = withSnippet(text);
      const at = own.indexOf("include /tmp/site.conf;");
      assert.ok(at > own.indexOf(`include ${webFile("never-served.conf")};`), kind);
      assert.ok(at < own.indexOf("try_files"), kind);
    }
  });
});

describe("what a program makes", () => {
  it("is never asked for twice, and does not pass through a site's memory", () => {
    const vhost = { site: "x", domains: ["x.localhost"], upstream: "x-web-1" };
    const made = vhostConf({ ...vhost, cacheable: false });
    assert.match(made, /proxy_next_upstream off;/);
    assert.match(made, /if \(\$was_sent\) \{ return 502; \}/);
    const files = vhostConf({ ...vhost, cacheable: true });
    assert.doesNotMatch(files, /proxy_next_upstream/);
    assert.match(files, /if \(\$not_again\) \{ return 502; \}/);
    for (const text of [CONFIGURATIONS.wordpress, CONFIGURATIONS.php])
      for (const line of ["fastcgi_request_buffering off;", "fastcgi_max_temp_file_size 0;"])
        assert.ok(text.includes(line), line);
  });

  it("is taken from the store only where php or MySQL is away", () => {
    assert.match(CONFIGURATIONS.wordpress, /fastcgi_cache_use_stale error timeout invalid_header updating;/);
  });
});
