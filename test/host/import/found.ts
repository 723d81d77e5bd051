import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { capture } from "../../../base/exec";
import type { TestHost } from "../../support/testHost";

/** AppleDouble, as a Mac packs it beside each file. */
const MAC = Buffer.concat([Buffer.from([0x00, 0x05, 0x16, 0x07]), Buffer.alloc(208)]);
const BOAT = "uploads/2024/05/boat.png";

/** Sites that lie elsewhere in what is imported than at its top: how they are imported, and what must come of them. */
export class FoundSites {
  private said = "";

  constructor(
    private readonly host: TestHost,
    private readonly fixtures: string,
  ) {}

  /** Has the stack file name them. */
  async import(): Promise<void> {
    const garden = await this.garden();
    const { current, dump } = this.bedrock();
    for (const [name, ...from] of [
      ["garden", garden],
      ["rock", current, "--database", dump],
    ] as const) {
      const added = ["--kind", "wordpress", "--domain", `${name}.localhost`, "--no-up"];
      const { code, stdout, stderr } = await this.host.varvol("import", name, "--from", ...from, ...added);
      assert.equal(code, 0, stdout + stderr);
      this.said += stderr;
    }
  }

  /** An archive of a Mac's of /var/www, with uploads that lie beside the document root, and more than WordPress in that. */
  private async garden(): Promise<string> {
    const top = path.join(this.host.folder, "garden");
    const root = path.join(top, "var/www/html");
    fs.cpSync(path.join(this.fixtures, "root-files/site"), root, { recursive: true });
    fs.mkdirSync(path.join(top, "var/www/shared"));
    fs.renameSync(path.join(root, "wp-content/uploads"), path.join(top, "var/www/shared/uploads"));
    fs.symlinkSync("/var/www/shared/uploads", path.join(root, "wp-content/uploads"));
    fs.symlinkSync("/etc", path.join(root, "wp-content/etc"));
    for (const [name, text] of [
      ["robots.txt", "User-agent: *\nDisallow: /old/\n"],
      ["press/send.php", "<?php echo 'never';"],
      ["press/2018/index.html", "<title>2018</title>"],
      ["info.php", "<?php phpinfo();"],
    ] as const) {
      fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      fs.writeFileSync(path.join(root, name), text);
    }
    for (const name of ["._site.sql", "._wp-config.php", "wp-content/._plugins", "press/._2019.html"])
      fs.writeFileSync(path.join(root, name), MAC);
    const archive = path.join(this.host.folder, "garden.tar.gz");
    await capture(["tar", "-C", top, "-czf", archive, "var"]);
    return archive;
  }

  /** Bedrock, deployed as a release whose uploads lie beside all of them. */
  private bedrock(): { current: string; dump: string } {
    const top = path.join(this.host.folder, "rock");
    const release = path.join(top, "releases/7");
    const uploads = path.join(release, "web/app/uploads");
    fs.cpSync(path.join(this.fixtures, "wp-bedrock/bedrock"), release, { recursive: true });
    fs.mkdirSync(path.join(top, "shared"));
    fs.renameSync(uploads, path.join(top, "shared/uploads"));
    fs.symlinkSync("../../../../shared/uploads", uploads);
    fs.symlinkSync("releases/7", path.join(top, "current"));
    return { current: path.join(top, "current"), dump: path.join(this.fixtures, "wp-bedrock/bedrock.sql") };
  }

  /** The cases, once the host is up with them; what that said is known then. */
  cases(up: () => string): void {
    const { host } = this;
    const get = (name: string, at: string) => host.get(`${name}.localhost`, at);

    it("is found in an archive of more than itself, with what its links lead to there", async () => {
      const { status, body } = await get("garden", "/");
      assert.equal(status, 200);
      assert.match(body, /A garden/);
      const picture = await get("garden", `/wp-content/${BOAT}`);
      assert.equal(picture.headers["content-type"], "image/png");
      assert.ok(!fs.existsSync(path.join(host.root, "garden/content/etc")));
      const found = fs.readdirSync(path.join(host.root, "garden"), { recursive: true }).map(String);
      assert.deepEqual(
        found.filter((name) => path.basename(name).startsWith("._") || name.endsWith(".sql")),
        [],
      );
      assert.match(this.said + up(), /a link out of the import/);
      assert.match(this.said, /entries of .* left out: .*a Mac's own attributes/);
    });

    it("serves what lay beside WordPress's own, but for PHP, which is named", async () => {
      for (const [at, text] of [
        ["/ads.txt", /./],
        ["/robots.txt", /Disallow: \/old\//],
        ["/google0123456789abcdef.html", /./],
        ["/.well-known/security.txt", /./],
        ["/press/2019.html", /./],
        ["/press/2018/", /<title>2018/],
        ["/favicon.ico", /./],
      ] as const) {
        const { status, body } = await get("garden", at);
        assert.equal(status, 200, at);
        assert.match(body, text, at);
      }
      const folder = await get("garden", "/press/2018");
      assert.equal(folder.status, 301);
      assert.match(String(folder.headers.location), /\/press\/2018\/$/);
      for (const at of ["/press/send.php", "/info.php", "/press/", "/nowhere", "/site.sql"]) {
        const { status, body } = await get("garden", at);
        assert.equal(status, 404, at);
        assert.ok(!body.includes("never"), at);
      }
      assert.match(up(), /garden: .* left out: .*info\.php: PHP that is not WordPress's own/);
    });

    it("goes on to answer at the addresses of another layout, and no private folder by them", async () => {
      assert.match(fs.readFileSync(host.configFile, "utf8"), /moved:\s+\{?\s*app: wp-content/);
      const { body } = await get("rock", "/");
      const [, picture = ""] = /<img [^>]*src="https?:\/\/[^/]+(\/[^"]+)"/.exec(body) ?? [];
      assert.equal(picture, `/app/${BOAT}`);
      for (const at of [picture, `/wp-content/${BOAT}`])
        assert.equal((await get("rock", at)).headers["content-type"], "image/png", at);
      const paid = path.join(host.root, "rock/content/uploads/woocommerce_uploads");
      fs.mkdirSync(paid);
      fs.writeFileSync(path.join(paid, "paid.pdf"), "paid");
      assert.equal((await get("rock", "/app/uploads/woocommerce_uploads/paid.pdf")).status, 404);
    });
  }
}
