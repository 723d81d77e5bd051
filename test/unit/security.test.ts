import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";
import fc from "fast-check";
import { HARMLESS_COOKIES } from "../../components/sites/harmlessCookies";
import { resourceName } from "../../stacks/values";
import { HostTools } from "../support/hostTool";

describe("security of a host's tools and rules", () => {
  let tools: HostTools;

  beforeEach(() => {
    tools = new HostTools();
  });

  afterEach(() => tools.remove());

  describe("RUN-1, RUN-2: php-switch, in a folder where the site may have put anything", () => {
    const oldId = "a".repeat(64);
    const newId = "b".repeat(64);
    const socketOf = (id: string) => `php-${id.slice(0, 12)}.sock`;
    const servers: net.Server[] = [];
    let run: string;

    beforeEach(async () => {
      run = path.join(tools.root, "blog/run");
      fs.mkdirSync(path.join(run, "php"), { recursive: true });
      for (const id of [oldId, newId]) await listen(path.join(run, "php", socketOf(id)));
      tools.standIn(
        "docker",
        `case "$*" in
          *varvol.owner*${newId}) echo 'label=varvol.host=varvol/local label=varvol.owner=blog' ;;
          ps*) printf '%s\\n' ${oldId} ${newId} ;;
          *Pid*) echo 42 ;;
        esac`,
      );
      tools.standIn("nsenter", 'echo "u_str LISTEN 0 4096 /run/php/php-1.sock 1 * 0"');
    });

    afterEach(() => servers.splice(0).forEach((server) => server.close()));

    function listen(file: string): Promise<void> {
      const server = net.createServer();
      servers.push(server);
      return new Promise((resolve) => server.listen(file, resolve));
    }

    async function switched(): Promise<void> {
      const { code, stderr } = await tools.run("php-switch", [run, newId]);
      assert.equal(code, 0, stderr);
      assert.equal(fs.readlinkSync(path.join(run, "fpm.sock")), `php/${socketOf(newId)}`);
    }

    it("turns the link, and asks docker alone for whom to wait", async () => {
      for (const name of ["--help", "-f", "$(id)", "gateway", oldId.slice(0, 11), "a\nb", "`id`"])
        await listen(path.join(run, "php", `php-${name}.sock`));
      await switched();
      const asked = tools.calls("docker");
      assert.ok(asked.some((call) => call.endsWith(` ${oldId}`)));
      assert.ok(asked.includes(`exec ${newId} /usr/lib/varvol/forget-pages`));
      for (const call of asked)
        assert.match(
          call,
          /^(inspect -f .* (a{64}|b{64})|ps .*|exec b{64} \/usr\/lib\/varvol\/forget-pages)$/,
        );
      assert.deepEqual(fs.readdirSync(path.join(run, "php")).sort(), [socketOf(oldId), socketOf(newId)]);
    });

    it("passes folders, files and links by that are named as its own", async () => {
      fs.mkdirSync(path.join(run, "php/.fpm.sock"));
      fs.mkdirSync(path.join(run, "php/fpm.sock"));
      fs.mkdirSync(path.join(run, "php/php-0123456789ab.sock/deep"), { recursive: true });
      fs.symlinkSync("/etc/hostname", path.join(run, "php/php-c.sock"));
      await switched();
      assert.ok(fs.existsSync(path.join(run, "php/php-0123456789ab.sock/deep")));
    });

    it("replaces what the site made while the outer folder was its own", async () => {
      fs.mkdirSync(path.join(run, ".fpm.sock/deep"), { recursive: true });
      fs.mkdirSync(path.join(run, "fpm.sock"));
      await switched();
      assert.deepEqual(fs.readdirSync(run).sort(), ["fpm.sock", "php"]);
    });

    it("has a folder made for it where the site had put a link", async () => {
      const elsewhere = path.join(tools.root, "elsewhere");
      fs.mkdirSync(elsewhere, { mode: 0o700 });
      fs.mkdirSync(path.join(tools.root, "shop/run"), { recursive: true });
      fs.symlinkSync(elsewhere, path.join(tools.root, "shop/run/php"));
      tools.standIn("chown", "");
      const folders = "dir run 0755 0:0\ndir run/php 0750 33:33\n";
      const { code, stderr } = await tools.run("volume", [path.join(tools.root, "shop")], folders);
      assert.equal(code, 0, stderr);
      assert.equal(fs.statSync(elsewhere).mode & 0o777, 0o700);
      assert.ok(fs.lstatSync(path.join(tools.root, "shop/run/php")).isDirectory());
      assert.deepEqual(
        tools.calls("chown").map((call) => call.replace(tools.root, "")),
        ["0:0 /shop/run", "33:33 /shop/run/php"],
      );
    });

    it("waits for the queue of the generation's own socket, and for all together once", async () => {
      tools.standIn("nsenter", `echo "u_str LISTEN 7 4096 /run/php/${socketOf(oldId)} 1 * 0"`);
      // Two minutes and twenty seconds pass between two looks at the clock.
      tools.standIn(
        "date",
        `n=$(cat '${tools.root}/clock' 2> /dev/null || echo 0); echo $((n + 71)) | tee '${tools.root}/clock'`,
      );
      await switched();
      assert.equal(tools.calls("nsenter").length, 1);
    });
  });

  describe("LOCAL-1: the lock of a tool", () => {
    let locks: string;
    const modeOf = (file: string) => fs.statSync(file).mode & 0o777;

    beforeEach(() => {
      locks = path.join(tools.root, ".varvol/locks");
      tools.add("hold", 'alone "$1"; printf "held\\n"');
    });

    it("is root's alone, also where it was not", async () => {
      fs.mkdirSync(locks, { mode: 0o755 });
      fs.writeFileSync(path.join(locks, "routes"), "", { mode: 0o644 });
      for (const name of ["routes", "volume-blog"]) {
        assert.equal((await tools.run("hold", [name])).stdout, "held\n");
        assert.equal(modeOf(path.join(locks, name)), 0o600);
        assert.match(fs.readFileSync(path.join(locks, name), "utf8"), /^\d+ hold\n$/);
      }
      assert.equal(modeOf(locks), 0o700);
    });

    for (const name of ["routes", "php-blog", "database-blog", "volume-backup"])
      it(`${name} is waited for a minute, and whoever waits is told who holds it`, async () => {
        tools.standIn("flock", "exit 1");
        fs.mkdirSync(locks);
        const holds = async (text: string, said: RegExp) => {
          fs.writeFileSync(path.join(locks, name), text);
          const { code, stderr } = await tools.run("hold", [name]);
          assert.equal(code, 1);
          assert.match(stderr, said);
          assert.equal(fs.readFileSync(path.join(locks, name), "utf8"), text, "it is the holder's to write");
        };
        await holds(`${process.pid} volume\n`, new RegExp(`^${name}: .*: volume, process ${process.pid};`));
        await holds("4194999 volume\n", /: what volume, process 4194999, has started and left;/);
        await holds("- backup 20200101t000000-0001\n", /: the agent's backup 20200101t000000-0001;/);
        await holds("", /: it does not say who it is;/);
        assert.deepEqual(tools.calls("flock"), Array<string>(4).fill("-w 60 9"));
      });

    it("is held for as long as the tool lives", async () => {
      tools.add(
        "stay",
        'alone routes; printf "%s\\n" "$$"; flock -n "$state/locks/routes" true || printf "held\\n"',
      );
      const { stdout } = await tools.run("stay", []);
      assert.match(stdout, /^\d+\nheld\n$/);
    });
  });

  describe("NAME-1: a site's name, which its database and database user carry", () => {
    const said = (name: string) => resourceName.safeParse(name).error?.issues.map(({ message }) => message);

    for (const name of ["sys", "public", "root", "none", "default", "test"])
      it(`is not ${name}`, () =>
        assert.deepEqual(said(name), [
          "is a name that the database server has a meaning for; choose another",
        ]));

    for (const name of ["varvol-staging-blog", "varvol-previous-blog", "varvol-scheduler", "varvol-x"])
      it(`is not ${name}`, () =>
        assert.deepEqual(said(name), ["begins with varvol-, as what is Varvol's own does; choose another"]));

    for (const name of [
      "information_schema",
      "performance_schema",
      "mariadb.sys",
      "-x",
      "a`b",
      "a'b",
      "a\nb",
    ])
      it(`is no label: ${JSON.stringify(name)}`, () =>
        assert.match(said(name)?.join() ?? "", /is no DNS label/));

    it("may be one that only looks like these", () => {
      for (const name of ["system", "public-library", "roots", "testing", "varvol", "my-varvol-site"])
        assert.equal(said(name), undefined, name);
    });
  });

  describe("SEC-9: the page cache, for a visitor with cookies", () => {
    const harmless = (header: string) => new RegExp(HARMLESS_COOKIES).test(header);

    for (const header of [
      "_ga=GA1.1.1490602868.1673987273",
      "_ga=GA1.2.3.4; _ga_1ABC2DEF3G=GS2.1.s1746000000$o1$g0$t1746000000$j60$l0$h0; _gid=GA1.2.3.4; _gat_gtag_UA_1_1=1",
      "_gcl_au=1.1.486805058.1651229841;_fbp=fb.1.1596403881668.1116446470",
      "_pk_id.1.1fff=3c1d2b.1596403881.; _pk_ses.1.1fff=1;",
      "_hjSessionUser_1234567=eyJpZCI6IjEyMyJ9==; _hjid=1-2-3; _clck=1a2b^2^f5l^0^1234",
      "__utmz=1.2.1.1.utmcsr=(direct)|utmccn=(direct)|utmcmd=(none)",
      "__cf_bm=a.b-c_d-1-1.0; cf_clearance=x; AWSALB=a/b+c==; AWSALBCORS=a; AWSALBTGCORS=b",
      "wordpress_test_cookie=WP%20Cookie%20check; sbjs_current_add=fd%3D2025%7C%7C%7Cep%3Dhttps%3A%2F%2Fexample.org%2F",
    ])
      it(`is open to ${header}`, () => assert.ok(harmless(header)));

    const hostile = [
      "comment_author_0123=x",
      "comment.author_0123=x",
      "comment author_0123=x",
      "comment[author_0123=x",
      "comment.author.0123=x",
      "%63omment_author_0123=x",
      "wordpress_logged_in_0123=x",
      "wordpress.logged_in_0123=x",
      "wordpress_sec_0123=x",
      "wordpress_test_cookie[a]=x",
      "wordpress_test_cookie_logged_in=x",
      "wp-postpass_0123=x",
      "wp.postpass_0123=x",
      "PHPSESSID=x",
      "woocommerce_items_in_cart=1",
      "pll_language=en",
      "cookie_notice_accepted=true",
      "_ga",
      "_ga[x]=1",
      "_gaa=1",
      "_GA=1",
      "x_ga=1",
      "_pk_id.1.xyzw=1",
      "_pk_id_1_1fff=1",
      "=1",
    ];
    for (const bad of hostile)
      it(`is shut to ${bad}, whatever stands around it`, () => {
        for (const [before, between, behind] of [
          ["", "", ""],
          ["_ga=1", ";", ""],
          ["_ga=1", "; ", ""],
          ["_ga=1", ";  ", "; _gid=2"],
          ["_ga=1", ";\t", ""],
          ["_ga=1", "; ;", ""],
          ["_ga=1", ";;", ""],
          ["", "; ", ""],
          ["", " ", ""],
          ["_ga=1", "; _gid=; ", ";"],
        ] as const)
          assert.equal(harmless(before + between + bad + behind), false, before + between + bad + behind);
      });

    it("is shut to markup in a harmless cookie, and to what is no list of cookies", () => {
      for (const header of [
        "_ga=<b>",
        '_ga="x"',
        "_ga='x'",
        "_ga=a b",
        "_ga=\u00e9",
        ";",
        " ",
        "_ga=1\n",
        "_ga=1; ",
      ])
        assert.equal(harmless(header), header === "_ga=1; ", JSON.stringify(header));
    });

    it("is shut to whatever PHP reads as another name", () => {
      const cookie = fc.constantFrom(
        ...[
          "_ga=1",
          "_gid=a=b",
          "_gid=,",
          "_fbp=1 ",
          " _ga=1",
          "_ga[0]=1",
          "_ga .b=1",
          "comment.author_1=x",
          "",
        ],
        ...["comment author_1", "wordpress[logged=in", "__cf_bm", "_ga=1;", "=_ga"],
      );
      const separator = fc.constantFrom("; ", ";", ";  ", ", ", " ", ";\t");
      const header = fc
        .array(fc.tuple(cookie, separator), { minLength: 1, maxLength: 4 })
        .map((all) => all.flat().join(""));
      const known = ["_ga", "_gid", "_fbp"];
      fc.assert(
        fc.property(
          header,
          (text) => !harmless(text) || phpNames(text).every((name) => known.includes(name)),
        ),
        { numRuns: 3000 },
      );
    });
  });
});

/** The names in $_COOKIE, as main/php_variables.c makes them. */
function phpNames(header: string): string[] {
  return header
    .split(";")
    .map((one) => one.replace(/^[ \t\n\v\f\r]+/, ""))
    .filter(Boolean)
    .map((one) => one.split("=")[0] ?? "")
    .map((name) => name.replace(/^([^[]*)\[[^]*\].*$/, "$1").replace(/[ .[]/g, "_"));
}
