import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { arrangePages, arrangeWordPress } from "../../agent/arrange";
import { findWordPress, holdsWordPress } from "../../agent/layout";
import { below } from "../../agent/links";
import { merge } from "../../agent/merge";
import { decodeNames, textOfName } from "../../agent/names";
import type { Moved } from "../../agent/places";
import { clean, makeRelative, settleLinks } from "../../agent/prune";
import { countFiles, shown } from "../../agent/tree";
import { FILE_NAMES } from "../support/hostileNames";

/** AppleDouble begins so. */
const MAC = Buffer.concat([Buffer.from([0x00, 0x05, 0x16, 0x07]), Buffer.alloc(200)]);
/** A WordPress's content, as little as there must be. */
const CONTENT = ["plugins/index.php", "themes/plain/style.css", "themes/plain/index.php"];

describe("what a stranger's archive is unpacked as", () => {
  let tree: string;

  beforeEach(() => (tree = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-unit-"))));
  afterEach(() => fs.rmSync(tree, { recursive: true }));

  /** Files by their paths, which are also what is in them; those of a Mac; and links, by where they lead. */
  function make(...names: (string | readonly [name: string, text: string | Buffer])[]): void {
    for (const one of names) {
      const [name, text] = typeof one === "string" ? [one, one] : one;
      const file = path.join(tree, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      if (path.basename(file).startsWith("._")) fs.writeFileSync(file, MAC);
      else fs.writeFileSync(file, text);
    }
  }
  const makeContent = (folder: string, ...more: string[]) =>
    make(...[...CONTENT, ...more].map((name) => `${folder}/${name}`));
  const link = (name: string, to: string) => {
    fs.mkdirSync(path.dirname(path.join(tree, name)), { recursive: true });
    fs.symlinkSync(to, path.join(tree, name));
  };
  /** Files, links and empty folders that are left. */
  const left = (folder = "") =>
    [...below(path.join(tree, folder))]
      .filter(({ sort }) => sort !== "folder")
      .map(({ file }) => path.relative(path.join(tree, folder), shown(file)))
      .sort();
  const wordPress = (moved: Moved = {}) => {
    const removed = clean(tree);
    makeRelative(tree);
    return [...removed, ...arrangeWordPress(tree, moved)];
  };
  const content = (...more: string[]) => [...CONTENT, ...more].sort();

  it("is no file, folder or link but those inside it", () => {
    make("a/file", "a/b\nc/x");
    for (const [name, target] of [
      ["a/inside", "file"],
      ["a/dangling", "nowhere"],
      ["a/up", "../a/file"],
      ["a/out\nward", "../../../etc/passwd"],
      ["absolute", "/etc/passwd"],
      ["hop", "a/b\nc/../../.."],
      ["a/again", "../a"],
    ] as const)
      link(name, target);
    assert.equal(clean(tree).length, 0);
    assert.equal(settleLinks(tree, { folder: tree }).length, 3);
    assert.deepEqual(left(), ["a/again", "a/b\nc/x", "a/dangling", "a/file", "a/inside", "a/up"]);
  });

  it("has names that can be asked for, also where they were no UTF-8", () => {
    const raw = (name: string) => Buffer.concat([Buffer.from(`${tree}/`), Buffer.from(name, "latin1")]);
    assert.equal(textOfName(Buffer.from([0x80, 0x8e, 0xa0, 0xff])), "\u20ac\u017d\u00a0\u00ff");
    fs.mkdirSync(raw("Gr\xf6\xdfe"));
    fs.writeFileSync(raw("Gr\xf6\xdfe/Bl\xfcte.png"), "");
    make("Gr\u00f6\u00dfe.txt", "Bl\u00fcte.html");
    fs.writeFileSync(raw("Bl\xfcte.html"), "");
    assert.equal(decodeNames(tree).length, 3);
    assert.deepEqual(
      left(),
      [
        "Bl\u00fcte.html",
        "Bl\u00fcte.html.1",
        "Gr\u00f6\u00dfe.txt",
        "Gr\u00f6\u00dfe/Bl\u00fcte.png",
      ].sort(),
    );
    assert.deepEqual(decodeNames(tree), []);
    fs.symlinkSync(Buffer.from("Gr\xf6\xdfe/Bl\xfcte.png", "latin1"), path.join(tree, "linked.png"));
    decodeNames(tree);
    assert.equal(fs.readlinkSync(path.join(tree, "linked.png")), "Gr\u00f6\u00dfe/Bl\u00fcte.png");
  });

  it("may have files, folders, links and pipes of whatever name, which stay as they are where nothing is renamed", () => {
    const at = (...names: (string | Buffer)[]) =>
      Buffer.concat([Buffer.from(tree), ...names.flatMap((name) => [Buffer.from("/"), Buffer.from(name)])]);
    for (const sort of ["files", "folders", "links", "pipes"]) fs.mkdirSync(path.join(tree, sort));
    const last = FILE_NAMES.at(-1) ?? Buffer.alloc(0);
    for (const name of FILE_NAMES) {
      fs.writeFileSync(at("files", name), "");
      fs.mkdirSync(at("folders", name));
      fs.writeFileSync(at("folders", name, name), "");
      fs.symlinkSync("/etc/passwd", at("links", name));
    }
    fs.symlinkSync(Buffer.concat([Buffer.from("../folders/"), last]), at("links/stays"));
    fs.symlinkSync(Buffer.concat([Buffer.from("/folders/"), last]), at("links/absolute"));
    execFileSync("sh", ["-c", "xargs -0 mkfifo --"], {
      cwd: path.join(tree, "pipes"),
      input: Buffer.concat(FILE_NAMES.flatMap((name) => [name, Buffer.alloc(1)])),
    });
    const names = (inner: string) =>
      fs
        .readdirSync(path.join(tree, inner), { encoding: "buffer" })
        .map((name) => name.toString("hex"))
        .sort();
    const all = FILE_NAMES.map((name) => name.toString("hex")).sort();
    assert.equal(countFiles(tree), 2 * FILE_NAMES.length);
    assert.equal(clean(tree).length, FILE_NAMES.length);
    makeRelative(tree);
    assert.equal(arrangePages(tree).length, FILE_NAMES.length);
    assert.deepEqual(names("pipes"), []);
    assert.deepEqual(fs.readdirSync(path.join(tree, "links")).sort(), ["absolute", "stays"]);
    assert.deepEqual(fs.readdirSync(path.join(tree, "links/absolute"), { encoding: "buffer" }), [last]);
    assert.equal(countFiles(tree), 2 * FILE_NAMES.length);
    assert.deepEqual([names("files"), names("folders")], [all, all]);
    // What a link leads to that will lie elsewhere comes in its place.
    assert.deepEqual(settleLinks(tree, { folder: path.join(tree, "links") }), []);
    assert.deepEqual(fs.readdirSync(at("links/stays"), { encoding: "buffer" }), [last]);
    assert.ok(fs.lstatSync(at("links/stays")).isDirectory());
    assert.deepEqual(decodeNames(tree).length, 2 + 4 + 2);
    assert.equal(countFiles(tree), 2 * FILE_NAMES.length + 2);
  });

  it("goes through no link where several archives become one", () => {
    make("first/wp-content/own.txt", "second/up/x.txt", "second/out/y.txt", "outside/z.txt");
    link("first/wp-content/up", "../../outside");
    make("first/wp-content/out/more.txt");
    fs.rmSync(path.join(tree, "second/out"), { recursive: true });
    link("second/out", "../outside");
    assert.deepEqual(
      merge(path.join(tree, "second"), path.join(tree, "first/wp-content"), "second").map((line) =>
        line.replace(/:.*/, ""),
      ),
      ["second/out", "second/up"],
    );
    assert.deepEqual(left("outside"), ["z.txt"]);
    assert.deepEqual(left("first/wp-content"), ["out/more.txt", "own.txt", "up"]);
  });

  it("is a WordPress however deep it lies, without what a Mac puts beside files", () => {
    makeContent("var/www/html/wp-content", "uploads/2024/boat.png", "uploads/2024/._boat.png");
    make("._var", "__MACOSX/var/._www", "var/www/html/wp-config.php");
    const said = wordPress();
    assert.deepEqual(left("content"), content("uploads/2024/boat.png"));
    assert.deepEqual(fs.readdirSync(tree).sort(), ["content", "root"]);
    assert.deepEqual(said.map((line) => line.replace(/:.*/, "")).sort(), [
      "._var",
      "__MACOSX",
      "var/www/html/wp-content/uploads/2024/._boat.png",
    ]);
  });

  it("is a lone wp-content, by its name or without it", () => {
    makeContent("wp-content");
    assert.deepEqual(wordPress(), []);
    assert.deepEqual(left("content"), content());
    fs.rmSync(path.join(tree, "content"), { recursive: true });
    fs.rmSync(path.join(tree, "root"), { recursive: true });
    make("uploads/a.png", "plugins/x/x.php");
    assert.deepEqual(wordPress(), []);
    assert.deepEqual(left("content"), ["plugins/x/x.php", "uploads/a.png"]);
  });

  it("is what lies beside WordPress's own, but for programs, dumps and what is hidden, which are named", () => {
    makeContent("site/wp-content", "old.sql");
    make(
      ...[
        "site/index.php",
        "site/wp-login.php",
        "site/wp-config.php",
        "site/wp-admin/a.php",
        "site/license.txt",
      ],
      ...["site/wp-includes/version.php", "site/readme.html", "site/xmlrpc.php"],
      ...["site/ads.txt", "site/google0123456789abcdef.html", "site/.well-known/security.txt"],
      ...["site/press/2019.html", "site/press/send.php", "site/press/2018/index.html", "site/site.sql"],
      ...["site/info.php", "site/.htaccess", "site/.env", "site/blog/wp-config.php", "site/blog/index.php"],
      ...["site/app/composer.json", "site/app/x.html", "site/error_log", "mail/inbox"],
    );
    const said = wordPress();
    assert.deepEqual(left("root"), [
      ".well-known/security.txt",
      "ads.txt",
      "google0123456789abcdef.html",
      "press/2018/index.html",
      "press/2019.html",
    ]);
    assert.deepEqual(left("content"), content());
    for (const pattern of [
      /^info\.php: PHP that is not WordPress's own/,
      /^press\/send\.php: PHP/,
      /^\.env: hidden.* \(2 of the kind\)/,
      /^blog: another WordPress/,
      /^app: another application/,
      /^error_log: a program's/,
      /^site\.sql: a dump/,
      /^wp-content\/old\.sql: a dump/,
      /^mail: beside the site's folder/,
    ])
      assert.equal(said.filter((line) => pattern.test(line)).length, 1, `${pattern}: ${said.join("\n")}`);
    assert.equal(said.length, 9);
  });

  it("is what its links lead to, as far as that is in the archive", () => {
    makeContent("app/releases/7/wp-content");
    makeContent("app/releases/6/wp-content", "old.txt");
    make("app/shared/uploads/2024/boat.png", "app/shared/ads.txt", "app/shared/more/x.txt");
    link("app/current", "releases/7");
    link("current", "app/releases/7");
    link("app/releases/7/wp-content/uploads", "../../../shared/uploads");
    link("app/releases/7/ads.txt", "/srv/www/app/shared/ads.txt");
    link("app/releases/7/wp-content/mu-plugins", "/app/shared/more");
    link("app/releases/7/wp-content/etc", "/etc");
    link("app/releases/7/wp-content/loop", "..");
    const said = wordPress();
    const found = left("content");
    assert.deepEqual(found, content("mu-plugins/x.txt", "uploads/2024/boat.png"));
    assert.deepEqual(left("root"), ["ads.txt"]);
    assert.ok(said.some((line) => line.startsWith("etc: a link out of the import")));
    assert.ok(said.some((line) => line.startsWith("loop: a link back into itself")));
    assert.ok(said.some((line) => line.startsWith("app/releases/6: beside")));
  });

  it("is a wp-content that is a link itself", () => {
    makeContent("shared/wp-content");
    make("html/index.php", "html/ads.txt");
    link("html/wp-content", "/shared/wp-content");
    wordPress();
    assert.deepEqual(left("content"), content());
    assert.deepEqual(left("root"), ["ads.txt"]);
  });

  const bedrock = `<?php
Config::define('CONTENT_DIR', '/app');
Config::define('WP_CONTENT_DIR', $webroot_dir . Config::get('CONTENT_DIR'));
Config::define('WP_CONTENT_URL', Config::get('WP_HOME') . Config::get('CONTENT_DIR'));`;
  const layouts: [what: string, files: () => void, moved: Moved, uploads: string][] = [
    [
      "Bedrock's",
      () => {
        makeContent("bedrock/web/app", "uploads/a.png");
        make(["bedrock/config/application.php", bedrock], "bedrock/web/wp-config.php");
        makeContent("bedrock/web/wp/wp-content");
        make("bedrock/web/wp/wp-includes/version.php", "bedrock/web/wp/wp-admin/x.php");
        make(["bedrock/web/index.php", "require __DIR__ . '/wp/wp-blog-header.php';"]);
      },
      { app: "wp-content" },
      "uploads/a.png",
    ],
    [
      "a renamed content folder's, beside which the default one is left",
      () => {
        makeContent("assets", "uploads/a.png");
        makeContent("wp-content");
        make(["wp-config.php", "<?php\n  define( 'WP_CONTENT_DIR', dirname(__FILE__) . '/assets' );\n"]);
        make("wp-includes/version.php", "wp-admin/x.php", "index.php");
      },
      { assets: "wp-content" },
      "uploads/a.png",
    ],
    [
      "another uploads folder's",
      () => {
        makeContent("wp-content", "uploads/b.png");
        make(["wp-config.php", "<?php\ndefine('UPLOADS', 'media/files');\n"], "media/files/a.png");
      },
      { "media/files": "wp-content/uploads" },
      "uploads/a.png",
    ],
    [
      "an uploads folder's within the content",
      () => {
        makeContent("wp-content", "media/a.png");
        make(["wp-config.php", '<?php\ndefine("UPLOADS", "wp-content/media");\n']);
        link("wp-content/media/out", "/etc/passwd");
      },
      { "wp-content/media": "wp-content/uploads" },
      "uploads/a.png",
    ],
    [
      "core's in a folder of its own",
      () => {
        makeContent("wp/wp-content", "uploads/a.png");
        make("wp/wp-includes/version.php", "wp/wp-admin/x.php", "ads.txt");
        make(["index.php", "<?php require( dirname( __FILE__ ) . '/wp/wp-blog-header.php' );"]);
      },
      { "wp/wp-content": "wp-content" },
      "uploads/a.png",
    ],
    [
      "a link's to the uploads",
      () => {
        makeContent("wp-content", "uploads/a.png");
        link("files", "wp-content/uploads");
      },
      { files: "wp-content/uploads" },
      "uploads/a.png",
    ],
    [
      "plugins' in a folder of their own",
      () => {
        makeContent("wp-content", "uploads/a.png", "addons/shop/shop.php");
        make(["wp-config.php", "<?php\ndefine('WP_PLUGIN_DIR', WP_CONTENT_DIR . '/addons');\n"]);
      },
      { "wp-content/addons": "wp-content/plugins" },
      "plugins/shop/shop.php",
    ],
  ];
  for (const [what, files, moved, file] of layouts)
    it(`is of ${what} layout`, () => {
      files();
      assert.deepEqual(findWordPress(tree)?.moved, moved);
      const said = wordPress();
      assert.ok(left("content").includes(file), left("content").join("\n"));
      assert.ok(!left("content").includes("uploads/out"));
      const [[at = "", place] = []] = Object.entries(moved);
      assert.ok(said.includes(`/${at}/: its address; say moved: { ${at}: ${place} } in the stack file`));
      assert.ok(!left("root").some((name) => name.startsWith("wp")), left("root").join("\n"));
    });

  it("is not guessed where it may be one of several", () => {
    for (const name of ["a.example", "b.example"]) makeContent(`${name}/wp-content`);
    assert.throws(
      () => wordPress(),
      /holds 2 WordPresses \(a\.example, b\.example\); say which is meant: .*--inside/,
    );
    assert.throws(() => {
      fs.rmSync(tree, { recursive: true });
      make("index.html", "js/tinymce/plugins/a.js", "js/tinymce/themes/modern/theme.js");
      wordPress();
    }, /holds no WordPress/);
  });

  it("is no WordPress where it is only the pages of one", () => {
    make("index.html", "wp-content/uploads/a.png", "wp-content/themes/x/style.css", "wp-includes/js/a.js");
    assert.equal(holdsWordPress(tree), false);
    make("wp-content/plugins/x/x.php");
    assert.equal(holdsWordPress(tree), true);
  });

  it("is pages, out of the folder around them, and without PHP", () => {
    make("._public", "public/html/index.html", "public/html/contact.php", "public/html/inc/config.php");
    clean(tree);
    assert.deepEqual(
      arrangePages(tree).map((line) => line.replace(/:.*/, "")),
      ["contact.php", "inc/config.php"],
    );
    assert.deepEqual(left(), ["index.html"]);
  });

  it("is pages whose folder, scripts and addresses have names of Latin-1, which stay", () => {
    const raw = (name: string) => Buffer.concat([Buffer.from(`${tree}/`), Buffer.from(name, "latin1")]);
    fs.mkdirSync(raw("Gr\xf6\xdfe/Bl\xfcten"), { recursive: true });
    for (const name of ["index.html", "Bl\xfcten/Bl\xfcte.html", "Bl\xfcten/Bl\xfcte.php"])
      fs.writeFileSync(raw(`Gr\xf6\xdfe/${name}`), name);
    clean(tree);
    assert.equal(arrangePages(tree).length, 1);
    assert.deepEqual(
      [...below(tree)].map(({ file }) => Buffer.from(file, "latin1").toString("hex")),
      ["Bl\xfcten", "Bl\xfcten/Bl\xfcte.html", "index.html"].map((name) => raw(name).toString("hex")),
    );
  });
});
