import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { chooseDump, layoutOf, refuseNetwork } from "../../cli/import/layout";
import { parseSource } from "../../cli/import/source";
import { withImport } from "../../cli/import/stackFile";

describe("an import", () => {
  let folder: string;

  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-unit-"))));
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  const make = (...names: string[]) =>
    names.forEach((name) => {
      const file = path.join(folder, name);
      fs.mkdirSync(name.endsWith("/") ? file : path.dirname(file), { recursive: true });
      if (!name.endsWith("/")) fs.writeFileSync(file, "");
    });

  it("takes folders, archives and addresses of other machines", () => {
    make("site/", "site.tar.gz");
    assert.equal(parseSource(path.join(folder, "site")).kind, "folder");
    assert.equal(parseSource(path.join(folder, "site.tar.gz")).kind, "archive");
    const address = (from: string) => parseSource(from);
    assert.deepEqual(address("ssh://me@old.example.org/srv/a%20b"), {
      kind: "ssh",
      host: "me@old.example.org",
      path: "/srv/a b",
    });
    assert.deepEqual(address("ssh://[2001:db8::1]:2222/srv"), {
      kind: "ssh",
      host: "2001:db8::1",
      port: "2222",
      path: "/srv",
    });
    for (const from of ["ssh://-oProxyCommand=id/srv", "ssh://host", "ssh://me@-x/srv", "ftp://host/srv"])
      assert.throws(() => parseSource(from), /is no address|can't be read/, from);
  });

  it("finds a WordPress where an archive of it has it, and the dumps in and beside it", () => {
    make("backup/www/wp-config.php", "backup/www/wp-content/plugins/", "backup/www/wp-content/themes/");
    make(
      "backup/www/site.sql",
      "backup/www/wp-content/old.sql.gz",
      "backup/www/wp-content/uploads/notes.sql",
    );
    const layout = layoutOf(folder);
    assert.equal(layout.wordpress, true);
    assert.equal(layout.content, path.join(folder, "backup/www/wp-content"));
    assert.deepEqual(
      layout.dumps.map((file) => path.basename(file)),
      ["site.sql", "old.sql.gz"],
    );
    assert.throws(() => chooseDump(layout.dumps, "x"), /more than one dump/);
    assert.throws(() => chooseDump([], "x"), /holds no dump/);
    assert.equal(chooseDump(["a.sql"], "x"), "a.sql");
  });

  it("takes a lone wp-content, and other pages from below a single folder", () => {
    make("wp-content/plugins/", "wp-content/themes/");
    assert.equal(layoutOf(path.join(folder, "wp-content")).content, path.join(folder, "wp-content"));
    make("pages/inner/index.html", "pages/inner/style.css");
    assert.deepEqual(layoutOf(path.join(folder, "pages")), {
      content: path.join(folder, "pages/inner"),
      wordpress: false,
      dumps: [],
    });
  });

  it("refuses a network of sites", () => {
    const config = (value: string) => `<?php\ndefine( 'MULTISITE', ${value} );\n`;
    assert.throws(() => refuseNetwork(config("true"), "x"), /MULTISITE/);
    refuseNetwork(config("false"), "x");
    refuseNetwork("<?php\n// define( 'MULTISITE', true );\n", "x");
  });

  it("writes its key into the stack file and leaves the rest of that as it is", () => {
    const file = path.join(folder, "Pulumi.home.yaml");
    const text = `# the host at home\nconfig:\n  varvol:kind: local # mine\n  varvol:sites:\n    # the first one\n    - { name: hello, kind: static, domains: [hello.localhost] }\n    - name: blog\n      kind: wordpress # with comments\n      domains: [blog.localhost]\nencryptionsalt: v1:abc=\n`;
    fs.writeFileSync(file, text);
    const blog = { name: "blog", kind: "wordpress", domains: ["blog.localhost"] } as const;
    assert.equal(
      withImport(file, blog, { content: "/c.tar", database: "/d.sql" }),
      text.replace(
        "[blog.localhost]\n",
        "[blog.localhost]\n      import:\n        content: /c.tar\n        database: /d.sql\n",
      ),
    );
    const hello = { name: "hello", kind: "static", domains: ["hello.localhost"] } as const;
    const filled = withImport(file, hello, { content: "/a: b" });
    assert.equal(filled, text.replace("[hello.localhost] }", '[hello.localhost], import: "/a: b" }'));
    fs.writeFileSync(file, filled);
    assert.match(withImport(file, hello, { content: "/again" }), /import: \/again[^]*# with comments/);
    fs.writeFileSync(file, text);
    const added = withImport(file, { name: "new", kind: "static", domains: ["new.org"] }, { content: "/c" });
    assert.match(
      added,
      /domains: \[blog.localhost\]\n {4}- name: new\n {6}kind: static\n {6}domains:\n {8}- new.org\n {6}import: \/c\nenc/,
    );
  });
});
