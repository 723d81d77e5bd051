import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import type { Arrived } from "../../../flows/import/arrived";
import type { Proof } from "../../../flows/import/proof";
import type { TestHost } from "../../support/testHost";

/** `varvol import` of a site that can't run here as it is, from the copy of one in a folder. */
export function wholeCases(host: TestHost, from: () => string): void {
  const file = (name: string) => path.join(from(), name);
  const write = (name: string, text: string) => {
    fs.mkdirSync(path.dirname(file(name)), { recursive: true });
    fs.writeFileSync(file(name), text);
  };
  const added = ["--kind", "wordpress", "--domain", "whole.localhost"];
  const attempted = (...more: string[]) =>
    host.varvol("import", "whole", "--from", from(), ...added, ...more);
  const before = { text: "" };

  it("is refused before anything is made, where a drop-in needs what is not here", async () => {
    write(
      "wp-content/object-cache.php",
      "<?php\nfunction wp_cache_init() { $GLOBALS['wp_object_cache'] = new Redis(); }\n",
    );
    before.text = fs.readFileSync(host.configFile, "utf8");
    const { code, stderr } = await attempted();
    assert.equal(code, 1);
    assert.match(stderr, /wp-content\/object-cache\.php needs Redis\..*--set-aside/);
    assert.equal(fs.readFileSync(host.configFile, "utf8"), before.text);
    assert.ok(!fs.existsSync(path.join(host.root, "whole")));
    fs.rmSync(file("wp-content/object-cache.php"));
  });

  it("fails where a page does not come, with PHP's own reason", async () => {
    write(
      "wp-content/themes/plain/functions.php",
      "<?php\nadd_action('wp', function () { if (is_single()) { acme_template(); } });\n",
    );
    const { code, stdout, stderr } = await attempted();
    assert.equal(code, 1);
    const reason =
      /whole has not come whole: the newest post \/\S* answers 500 \(Error: Call to undefined function acme_template\(\) in wp-content\/themes\/plain\/functions\.php:2/;
    assert.match(stderr, reason);
    assert.match(stdout, /front page \/ +200/);
    fs.rmSync(file("wp-content/themes/plain/functions.php"));
  });

  it("begins anew at a second try, sets aside what keeps it from starting, and proves itself", async () => {
    write(
      "wp-content/object-cache.php",
      "<?php\nfunction wp_cache_init() { $GLOBALS['wp_object_cache'] = new Redis(); }\n",
    );
    // What only a try shows.
    write("wp-content/mu-plugins/acme.php", "<?php\nrequire __DIR__ . '/acme/boot.php';\n");
    write("wp-content/mu-plugins/acme/boot.php", "<?php\nacme_of_another_host();\n");
    write(
      "wp-content/mu-plugins/kept.php",
      "<?php\nadd_filter('the_title', fn (string $title): string => \"kept $title\");\n",
    );
    write("wp-content/uploads/private/.htaccess", "Order deny,allow\nDeny from all\n");
    write("wp-content/uploads/private/list.pdf", "private");
    write("wp-content/uploads/list.pdf", "public");
    write(".htaccess", "Redirect 301 /old /new\n");
    const { code, stdout, stderr } = await attempted("--set-aside", "--json");
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      /whole holds what an import brought that has not come whole: it is taken away, and begun anew/,
    );
    assert.match(
      stderr,
      /\/wp-content\/uploads\/private\/ is for no visitor here \(403\): by wp-content\/uploads\/private\/\.htaccess, line 1/,
    );
    assert.match(stderr, /\.htaccess, line 1, is not taken over: Redirect 301 \/old \/new/);
    const { proof, said } = JSON.parse(stdout) as Arrived & { readonly proof: Proof };
    assert.match(
      said?.join("\n") ?? "",
      /set aside wp-content\/mu-plugins\/acme\.php as \S+acme\.php\.set-aside: Call to undefined function acme_of_another_host/,
    );
    assert.deepEqual(proof.problems, []);
    for (const { before: one, after, what } of proof.compared) assert.equal(one, after, what);
    const content = (name: string) => fs.existsSync(path.join(host.root, "whole/content", name));
    for (const name of ["object-cache.php", "mu-plugins/acme.php"])
      assert.deepEqual([content(name), content(`${name}.set-aside`)], [false, true], name);

    assert.match((await host.get("whole.localhost")).body, /kept /);
    const status = async (at: string) => (await host.get("whole.localhost", at)).status;
    assert.equal(await status("/wp-content/uploads/list.pdf"), 200);
    assert.equal(await status("/wp-content/uploads/private/list.pdf"), 403);
    assert.equal(await status("/wp-content/object-cache.php.set-aside"), 404);
    assert.match(fs.readFileSync(host.configFile, "utf8"), /setAside: true/);
  });

  it("is refused once it is there whole", async () => {
    const { code, stderr } = await attempted();
    assert.equal(code, 1);
    assert.match(stderr, /holds files, and an import fills only what is empty/);
  });
}
