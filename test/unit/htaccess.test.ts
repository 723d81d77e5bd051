import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { capture } from "../../base/exec";
import { deniedLocations, deniedPattern, isDeniedPath } from "../../components/sites/denied";
import { staticConf } from "../../components/sites/nginx";
import { phpConf } from "../../components/sites/phpNginx";
import { wordpressConf } from "../../components/sites/wordpressNginx";
import { deniedBy } from "../../flows/import/htaccess/denied";
import { servedHtaccess } from "../../flows/import/htaccess/pages";
import { insidesOf } from "../../flows/import/insides";
import { tar } from "../support/tar";
import { zipOf } from "../support/zip";
import { htaccessWords, openCode, openProblem } from "../../flows/import/htaccess/words";

const UPLOADS = "wp-content/uploads";

/** What is denied of some paths by an .htaccess, and what of it is not kept. */
function judged(folder: string, lines: readonly string[], paths: readonly string[]) {
  const { denied, notKept } = deniedBy([
    { file: path.posix.join(folder, ".htaccess"), text: lines.join("\n") },
  ]);
  for (const one of denied) assert.ok(isDeniedPath(one.path), one.path);
  const patterns = denied.map((one) => new RegExp(deniedPattern(one.path), "i"));
  return {
    denied: paths.filter((one) => patterns.some((pattern) => pattern.test(one))),
    notKept: notKept.map(({ line, text }) => `${line}: ${text}`),
  };
}

describe("an .htaccess", () => {
  const both = (deny: string, old: string) => [
    "<IfModule mod_authz_core.c>",
    `  ${deny}`,
    "</IfModule>",
    "<IfModule !mod_authz_core.c>",
    `  ${old}`,
    "</IfModule>",
  ];

  it("denies a folder, in each way that there is to say so", () => {
    const cases: readonly (readonly string[])[] = [
      ["Require all denied"],
      ["deny from all"],
      ["DENY FROM ALL\r"],
      ["Order Deny,Allow", "Deny from all"],
      ["order allow,deny"],
      ["Order deny,allow", "Deny from all", "Allow from 10.0.0.0/8"],
      ["Require ip 10.0.0.0/8"],
      ["AuthType Basic", 'AuthName "a > b"', "AuthUserFile /home/x/.htpasswd", "Require valid-user"],
      ["Require user klara"],
      both("Require all denied", "Deny from all"),
      ['<Files "*">', "Deny from all", "</Files>"],
      ['<FilesMatch ".*">', "Require all denied", "</FilesMatch>"],
      ["<Limit GET POST>", "deny from all", "</Limit>"],
      ["RewriteEngine On", "RewriteRule ^ - [F]"],
      ["RewriteRule .* - [F,L]"],
      ["RewriteRule . - [R=404,L]"],
      ["Require \\", "all denied"],
    ];
    for (const lines of cases) {
      const { denied } = judged(`${UPLOADS}/a b+c`, lines, [
        "/wp-content/uploads/a b+c/x/y.pdf",
        "/wp-content/uploads/a b/x",
        "/",
      ]);
      assert.deepEqual(denied, ["/wp-content/uploads/a b+c/x/y.pdf"], lines.join("; "));
    }
  });

  it("denies nothing where it only shuts out some, speaks of writing, or says that all may read", () => {
    const cases: [lines: string[], notKept: string[]][] = [
      [["Require all granted"], []],
      [["Order allow,deny", "Allow from all"], []],
      [["# deny from all"], []],
      [["<LimitExcept GET HEAD>", "deny from all", "</LimitExcept>"], []],
      [["<Limit PUT DELETE>", "deny from all", "</Limit>"], []],
      [
        ["<RequireAll>", "Require all granted", "Require not ip 1.2.3.4", "</RequireAll>"],
        ["2: shuts out some addresses"],
      ],
      [["order allow,deny", "deny from 1.2.3.4", "allow from all"], ["1: shuts out some addresses"]],
      [["Options -Indexes", "ExpiresActive On", "Header set X y"], []],
      [["<Files *.php>", "deny from all", "</Files>"], []],
      [
        ["RewriteCond %{HTTP_REFERER} !^https://a.example/ [NC]", "RewriteRule \\.(jpg|png)$ - [F]"],
        ["2: RewriteRule \\.(jpg|png)$ - [F]"],
      ],
    ];
    for (const [lines, notKept] of cases)
      assert.deepEqual(
        judged(UPLOADS, lines, ["/wp-content/uploads/x.png"]),
        { denied: [], notKept },
        lines.join("; "),
      );
  });

  it("denies files by their names, and a folder but for some", () => {
    const folder = "/wp-content/uploads/edd";
    const paths = [
      `${folder}/cover.jpg`,
      `${folder}/2024/paid.pdf`,
      `${folder}/jpg/x.zip`,
      `${folder}/list.csv`,
    ];
    const edd = [
      "Options -Indexes",
      "deny from all",
      "<FilesMatch '\\.(jpg|jpeg|png|gif|mp3|ogg|webp)$'>",
      "Order Allow,Deny",
      "Allow from all",
      "</FilesMatch>",
    ];
    assert.deepEqual(judged(`${UPLOADS}/edd`, edd, paths).denied, paths.slice(1));
    const csv = ['<FilesMatch "\\.(csv|xlsx?)$">', "Require all denied", "</FilesMatch>"];
    assert.deepEqual(judged(`${UPLOADS}/edd`, csv, paths).denied, [`${folder}/list.csv`]);
    const akismet = [
      "Order Deny,Allow",
      "Deny from all",
      '<FilesMatch "^(form\\.js|akismet(-frontend|-admin)?\\.(css|js))$">',
      ...both("Require all granted", "Allow from all"),
      "</FilesMatch>",
    ];
    const plugin = "/wp-content/plugins/akismet";
    const found = judged("wp-content/plugins/akismet", akismet, [
      `${plugin}/_inc/akismet.css`,
      `${plugin}/_inc/form.js`,
      `${plugin}/_inc/aform.js`,
      `${plugin}/readme.txt`,
    ]);
    assert.deepEqual(found.denied, [`${plugin}/_inc/aform.js`, `${plugin}/readme.txt`]);
  });

  it("denies names of all the site by the one in its root, with anchors in the midst", () => {
    const names = [
      '<FilesMatch "(^#.*#|\\.(bak|conf|sql|sw[op])|~)$">',
      ...both("Require all denied", "Deny from all"),
      "</FilesMatch>",
    ];
    const paths = ["/wp-content/a.conf", "/wp-content/#a#", "/wp-content/x#a#", "/a.conf/index.html", "/x~"];
    assert.deepEqual(judged("", names, paths).denied, ["/wp-content/a.conf", "/wp-content/#a#", "/x~"]);
    const one = ["<Files wp-config.php>", "order allow,deny", "deny from all", "</Files>"];
    assert.deepEqual(judged("", one, ["/wp-config.php", "/x/wp-config.php", "/awp-config.php"]).denied, [
      "/wp-config.php",
      "/x/wp-config.php",
    ]);
  });

  it("denies what only those got who were logged in, or a script gave out", () => {
    const there = "RewriteCond %{REQUEST_FILENAME} -s";
    const paths = ["/wp-content/uploads/members/a.pdf", "/wp-content/uploads/a.png"];
    const cases = [
      [there, "RewriteRule ^wp-content/uploads/(members/.*)$ dl-file.php?file=$1 [QSA,L]"],
      [
        "RewriteCond %{HTTP_COOKIE} !.*wordpress_logged_in.*$ [NC]",
        "RewriteCond %{REQUEST_URI} ^(.*?/?)wp-content/uploads/members/.* [NC]",
        "RewriteRule . http://%{HTTP_HOST}%1/wp-login.php?redirect_to=%{REQUEST_URI} [L,QSA]",
      ],
      [
        "RewriteCond %{HTTP_COOKIE} !wordpress_logged_in",
        "RewriteRule ^wp-content/uploads/members/ /wp-login.php [R,L]",
      ],
      ["RedirectMatch 403 ^/wp-content/uploads/members/"],
      ["Redirect gone /wp-content/uploads/members"],
      ["RewriteRule (^|/)members/ - [F]"],
    ];
    for (const lines of cases)
      assert.deepEqual(judged("", lines, paths).denied, paths.slice(0, 1), lines.join("; "));
  });

  it("denies by a rule what its condition says of the place, too", () => {
    const lines = [
      "RewriteCond %{REQUEST_URI} \\.(pdf|zip)$ [NC]",
      "RewriteCond %{REQUEST_FILENAME} -s",
      "RewriteRule ^wp-content/uploads/(.*)$ dl-file.php?file=$1 [QSA,L]",
    ];
    const paths = ["/wp-content/uploads/2024/a.PDF", "/wp-content/uploads/a.png", "/wp-content/a.pdf"];
    assert.deepEqual(judged("", lines, paths).denied, paths.slice(0, 1));
  });

  it("is named with its line where it does what is not done here", () => {
    const lines = [
      ...[
        "# BEGIN WordPress",
        "RewriteEngine On",
        "RewriteRule .* - [E=HTTP_AUTHORIZATION:%{HTTP:Authorization}]",
      ],
      ...[
        "RewriteRule ^index\\.php$ - [L]",
        "RewriteCond %{REQUEST_FILENAME} !-f",
        "RewriteRule . /index.php [L]",
      ],
      ...["Redirect 301 /old /new", "RewriteRule ^shop/(.*)$ /store/$1 [R=301,L]"],
      "php_value auto_prepend_file '/home/x/wordfence-waf.php'",
      "RewriteRule ^(.*)\\.(jpe?g|png)$ wp-content/plugins/webp-express/wod/webp-on-demand.php [NC,L]",
      "AuthType Basic",
      "Require valid-user",
    ];
    const { denied, notKept } = judged("", lines, ["/", "/a.png"]);
    assert.deepEqual(denied, []);
    assert.deepEqual(
      notKept.map((text) => text.slice(0, 30)),
      [
        "7: Redirect 301 /old /new",
        "8: RewriteRule ^shop/(.*)$ /st",
        "9: php_value auto_prepend_file",
        "10: RewriteRule ^(.*)\\.(jpe?g|",
        "12: the whole site asked for a",
      ],
    );
  });

  it("of a plugin's code is no reason to refuse a site that is filled by its keys", () => {
    const { denied } = deniedBy([
      { file: "wp-content/plugins/akismet/.htaccess", text: "Require all denied" },
    ]);
    assert.equal(openProblem(denied, []), undefined);
    assert.match(
      openCode(denied, []).join(),
      /^wp-content\/plugins\/akismet\/\.htaccess, line 1, is not kept/,
    );
    assert.deepEqual(openCode(denied, ["/wp-content/plugins/akismet/"]), []);
  });

  it("further in opens what one above denies", () => {
    const { denied } = deniedBy([
      { file: `${UPLOADS}/p/.htaccess`, text: "deny from all" },
      { file: `${UPLOADS}/p/open/.htaccess`, text: "Require all granted" },
    ]);
    const pattern = new RegExp(deniedPattern(denied[0]?.path ?? ""));
    assert.deepEqual(
      ["p/a", "p/open/a", "p/opened/a"].map((file) => pattern.test(`/${UPLOADS}/${file}`)),
      [true, false, true],
    );
  });

  it("is found in a folder and in an archive, in content and beside it, and named", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-unit-"));
    try {
      const write = (name: string, text: string) => {
        fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
        fs.writeFileSync(path.join(folder, name), text);
      };
      write("www/.htaccess", "Redirect 301 /old /new\n");
      write(`www/${UPLOADS}/private/.htaccess`, "# x\ndeny from all\n");
      write("www/wp-content/themes/plain/style.css", "");
      await capture(["tar", "-C", folder, "-czf", path.join(folder, "www.tar.gz"), "www"]);
      await capture([
        "tar",
        "-C",
        path.join(folder, "www/wp-content"),
        "-cf",
        path.join(folder, "content.tar"),
        ".",
      ]);
      for (const [source, beside] of [
        ["www/wp-content", true],
        ["www.tar.gz", true],
        ["content.tar", false],
      ] as const) {
        const { denied, notKept } = deniedBy((await insidesOf(path.join(folder, source))).htaccess);
        assert.deepEqual(htaccessWords(denied, notKept), [
          "/wp-content/uploads/private/ is for no visitor here (403): by wp-content/uploads/private/.htaccess, line 2, it was for nobody",
          ...(beside ? [".htaccess, line 1, is not taken over: Redirect 301 /old /new"] : []),
        ]);
        assert.match(
          openProblem(denied, []) ?? "",
          /keep them so by the site's key denied: \["\/wp-content\/uploads\/private\/"\]/,
        );
        assert.equal(openProblem(denied, ["/wp-content/uploads/private/"]), undefined);
      }
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it("is found below a name that is no UTF-8, by the one that this gets", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-unit-"));
    try {
      const latin = Buffer.from(`${folder}/www/${UPLOADS}/Gesch\xfctzt`, "latin1");
      fs.mkdirSync(latin, { recursive: true });
      fs.writeFileSync(Buffer.concat([latin, Buffer.from("/.htaccess")]), "deny from all\n");
      fs.mkdirSync(path.join(folder, "www/wp-content/themes"));
      await capture(["tar", "-C", folder, "-cf", path.join(folder, "www.tar"), "www"]);
      for (const source of ["www", "www.tar"])
        assert.deepEqual(
          deniedBy((await insidesOf(path.join(folder, source))).htaccess).denied.map(
            ({ path: denied }) => denied,
          ),
          ["/wp-content/uploads/Gesch\u00fctzt/"],
        );
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it("is found in a zip, at the address that its folder has here, and whatever else is in an archive", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-unit-"));
    try {
      const parts = [
        ["www/wp-content/themes/plain/style.css", ""],
        ["www/wp-config.php", "<?php\ndefine( 'UPLOADS', 'media' );\n"],
        ["www/media/private/.htaccess", "deny from all\n"],
        ["www/press/.htaccess", "deny from all\n"],
        // No option of a program that is told of it.
        ["--to-command=false/.htaccess", "x"],
      ] as const;
      fs.writeFileSync(path.join(folder, "a.zip"), zipOf(parts.map(([name, text]) => ({ name, text }))));
      fs.writeFileSync(path.join(folder, "a.tar"), tar(parts.map(([name, content]) => ({ name, content }))));
      for (const archive of ["a.zip", "a.tar"]) {
        const { found, htaccess } = await insidesOf(path.join(folder, archive));
        assert.ok(found);
        assert.deepEqual(
          deniedBy(htaccess)
            .denied.map((one) => one.path)
            .sort(),
          ["/press/", "/wp-content/uploads/private/"],
        );
      }
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it("is found in pages and code, below what is served of them, and is no reason to refuse once it is denied", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-unit-"));
    try {
      const deny = "Require all denied\n";
      const write = (file: string, text: string) => {
        fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
        fs.writeFileSync(path.join(folder, file), text);
      };
      write("all/site/index.html", "x");
      write("all/site/.htaccess", "Redirect 301 /old /new\n");
      write("all/site/intern/.htaccess", deny);
      write("all/site/public/data/.htaccess", deny);
      const archive = path.join(folder, "all.tar");
      await capture(["tar", "-C", path.join(folder, "all"), "-cf", archive, "site"]);
      const files = async (...args: Parameters<typeof servedHtaccess>) =>
        (await servedHtaccess(...args)).map(({ file }) => file).sort();
      for (const source of [path.join(folder, "all"), archive]) {
        assert.deepEqual(await files(source, "pages"), [
          ".htaccess",
          "intern/.htaccess",
          "public/data/.htaccess",
        ]);
        assert.deepEqual(await files(source, "code", "site/public"), ["data/.htaccess"]);
        assert.deepEqual(await files(source, "code", "site/none"), []);
        const { denied, notKept } = deniedBy(await servedHtaccess(source, "pages"));
        assert.deepEqual(denied.map((one) => one.path).sort(), ["/intern/", "/public/data/"]);
        assert.deepEqual(
          notKept.map(({ text }) => text),
          ["Redirect 301 /old /new"],
        );
        assert.match(
          openProblem(denied, []) ?? "",
          /kept these from visitors: \/intern\/ \(intern\/\.htaccess, line 1\), \/public\/data\//,
        );
        assert.equal(openProblem(denied, ["/intern/", "/public/data/"]), undefined);
      }
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it("is not asked of an archive with several WordPresses, of which none is the one that is meant", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-unit-"));
    try {
      const archive = path.join(folder, "a.zip");
      const names = ["one", "two"].flatMap((name) => [
        `${name}/wp-config.php`,
        `${name}/wp-content/themes/plain/style.css`,
      ]);
      fs.writeFileSync(archive, zipOf(names.map((name) => ({ name, text: "" }))));
      const { found, problem = "" } = await insidesOf(archive);
      assert.ok(!found);
      assert.match(problem, /holds 2 WordPresses \(one, two\); say which is meant: .*--inside FOLDER/);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});

describe("what is denied of a site", () => {
  it("is a path or a regular expression that nginx takes as it stands", () => {
    for (const path of ["/a/", "/a b/c.pdf", "~ ^/a\\.(b|c)$", "/größe/"])
      assert.ok(isDeniedPath(path), path);
    for (const path of ["", "/", "a/", "~ a", '/a"b', "/a\nb", "~ ^/(", "~ ^/a\\\\b", "/a\\b"])
      assert.ok(!isDeniedPath(path), path);
    assert.equal(
      deniedLocations(["/a.b/", "/c"]),
      '        location ~* "^/a\\.b/" { return 403; }\n        location ~* "^/c$" { return 403; }\n',
    );
  });

  it("comes before what runs or serves it", () => {
    const conf = wordpressConf({ denied: ["/wp-content/x/"] });
    assert.ok(conf.indexOf('"^/wp-content/x/"') < conf.indexOf("location ~ \\.php$"));
    assert.ok(!wordpressConf({}).includes("return 403"));
    const pages = staticConf("/srv/site", ["/x/"]);
    assert.ok(pages.indexOf('"^/x/" { return 403; }') < pages.indexOf("location ~ ^/"));
    const php = phpConf({ root: "/srv/site", writable: [], denied: ["/x/"] });
    assert.ok(php.indexOf('"^/x/" { return 403; }') < php.indexOf("<script>"));
  });
});
