import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import type { ImageLock, LockedSet } from "../../components/imageLock";
import { imageBuild, type ImageName, imageTag } from "../../components/imageSource";
import { migratedInWords } from "../../flows/up/migrated";
import { domainsBack, writeDomains } from "../../flows/upgrade/domains";
import { holesIn, unknownOf, usesOf } from "../../flows/upgrade/holes";
import { extensionsOfSite, packagesOf } from "../../flows/upgrade/packages";
import { compareVersions, pinsOf } from "../../flows/upgrade/rollback";
import {
  applyUpgrade,
  chooseOwners,
  extensionsWanted,
  releasedBy,
  setsOf,
} from "../../flows/upgrade/upgrade";
import { type HostConfig, resolveConfig } from "../../stacks/config";
import { extensionsProblem } from "../../stacks/extensions";
import { lockDays } from "../../stacks/lockAge";
import { readLock, writeLock } from "../../stacks/lock";
import { checkConfig } from "../../stacks/problems";
import { HostTools } from "../support/hostTool";
import { testFolder } from "../support/testHost";

const config: HostConfig = resolveConfig(
  "test",
  checkConfig("test", {
    kind: "local",
    sites: [
      { name: "hello", kind: "static", domains: ["hello.localhost"] },
      { name: "blog", kind: "wordpress", domains: ["blog.localhost"] },
      { name: "diary", kind: "wordpress", domains: ["diary.localhost"] },
    ],
  }),
);

const locked = (version: string): LockedSet => ({
  snapshot: "20260101T000000Z",
  packages: { nginx: version },
});
const old: ImageLock = {
  sets: {
    gateway: locked("1"),
    web: locked("1"),
    git: locked("1"),
    mariadb: locked("1"),
    php: locked("1"),
    wordpress: locked("1"),
  },
  sites: {},
  pins: { blog: { "wordpress-php": "varvol/wordpress-php:old" } },
};
const newer = {
  sets: {
    gateway: locked("2"),
    web: locked("2"),
    mariadb: locked("2"),
    php: locked("2"),
    wordpress: locked("2"),
  },
  extensions: {},
};

describe("the domains of before", () => {
  const history = (...lines: string[]) => lines.map((line) => `${line}\n`).join("");
  const first = "address blog 100 i:1 a.org www.a.org";
  const moved = "address blog 200 i:1 b.org a.org";
  const back = (now: string, ...lines: string[]) => domainsBack(history(...lines), "blog", [now, "x.org"]);

  it("are those of the last line but one, where the address is what changed last", () => {
    assert.deepEqual(back("b.org", "image blog 100", first, moved), {
      ...{ site: "blog", from: ["b.org", "x.org"], to: ["a.org", "www.a.org"], image: false },
    });
    assert.equal(back("b.org", "image blog 199", first, moved.replace("i:1", "i:2"))?.image, true);
  });

  it("are none where only images changed since, or the stack file says something else", () => {
    assert.equal(back("b.org", "image blog 201", first, moved), undefined);
    assert.equal(back("b.org", first, moved, "address blog 300 i:2 b.org"), undefined);
    assert.equal(back("c.org", first, moved), undefined);
    assert.equal(back("a.org", first), undefined);
    assert.equal(back("b.org", first.replace("blog", "diary"), moved), undefined);
  });

  it("are written into the stack file, whose comments stay", () => {
    const file = path.join(testFolder(), "stack.yaml");
    const text = (domains: string) =>
      `# mine\nconfig:\n  varvol:sites:\n    - name: hello # it\n      domains: [ h.org ]\n    - { name: blog, domains: ${domains} }\n`;
    fs.writeFileSync(file, text("[ b.org, a.org ]"));
    writeDomains(file, [{ site: "blog", from: [], to: ["a.org", "www.a.org"], image: false }]);
    assert.equal(fs.readFileSync(file, "utf8"), text("[ a.org, www.a.org ]"));
  });

  it("come of what the host remembers", async () => {
    const host = new HostTools();
    host.file(".varvol/generations/blog-web", "w:1\n");
    host.file(".varvol/addresses/blog", "100 i:1 a.org\n200 i:1 b.org\n");
    const { stdout } = await host.script("address-history", host.root, "hello", "blog");
    host.remove();
    assert.match(stdout, /^image blog \d+\naddress blog 100 i:1 a\.org\naddress blog 200 i:1 b\.org\n$/);
  });
});

it("what migrations came to is said once a site, without anything that a terminal obeys", () => {
  assert.deepEqual(migratedInWords("a one\na two\u001b[2J\nb three\n"), [
    "a:",
    "  one",
    "  two?[2J",
    "b:",
    "  three",
  ]);
});

describe("an upgrade", () => {
  it("means all sites and no module, unless they are named", () => {
    assert.deepEqual(chooseOwners(config, [], false), ["hello", "blog", "diary"]);
    assert.deepEqual(chooseOwners(config, [], true), ["hello", "blog", "diary", "gateway", "mysql"]);
    assert.deepEqual(chooseOwners(config, ["mysql"], false), ["mysql"]);
    assert.throws(() => chooseOwners(config, ["nobody"], false), /nobody is no site or module/);
    assert.deepEqual(setsOf(config, ["blog"]), ["php", "wordpress", "web"]);
  });

  it("of all sites leaves the modules where they are, and ends what was rolled back", () => {
    const lock = applyUpgrade(old, config, ["hello", "blog", "diary"], false, newer);
    assert.deepEqual(lock.sets.web, newer.sets.web);
    assert.deepEqual(lock.sets.gateway, old.sets.gateway);
    assert.deepEqual(lock.pins, {});
  });

  it("of one site leaves the others where they are", () => {
    const lock = applyUpgrade(old, config, ["blog"], true, newer);
    assert.deepEqual(lock.sets, old.sets);
    assert.deepEqual(Object.keys(lock.sites), ["blog"]);
    assert.notEqual(imageTag("web", lock, "blog"), imageTag("web", lock, "hello"));
    assert.equal(imageTag("web", lock, "diary"), imageTag("web", old, "diary"));
  });

  it("that finds nothing new changes nothing but, once a week, the day", () => {
    const lockOf = (snapshot: string, before = old) =>
      applyUpgrade({ ...before, pins: {} }, config, ["hello"], false, {
        sets: { web: { ...locked("1"), snapshot } },
        extensions: {},
      });
    assert.deepEqual(lockOf("20260107T235959Z"), { ...old, pins: {} });
    const looked = lockOf("20260108T000000Z");
    assert.deepEqual(looked.sets.web, { ...locked("1"), looked: "20260108T000000Z" });
    assert.deepEqual(lockOf("20260114T235959Z", looked), looked);
    assert.equal(imageTag("web", looked, "hello"), imageTag("web", old, "hello"));
    assert.deepEqual(imageBuild("web", looked, "hello"), imageBuild("web", old, "hello"));
  });

  it("means what a module runs for a moment, too", () => {
    const tls = { hello: "acme" as const };
    assert.deepEqual(setsOf({ ...config, tls }, ["agent"]), ["agent", "acme"]);
    assert.deepEqual(setsOf(config, ["agent"]), ["agent"]);
  });

  it("names what was rolled back and is so no more, also where nothing is newer", () => {
    const after = applyUpgrade(old, config, ["blog"], false, { sets: {}, extensions: {} });
    assert.deepEqual(releasedBy(old, after), [
      { owner: "blog", from: "varvol/wordpress-php:old", to: imageTag("wordpress-php", after, "blog") },
    ]);
    assert.deepEqual(releasedBy(old, old), []);
  });

  it("reads versions from what apt-get would do", () => {
    const text = [
      "upgrade libc6 [2.41-12] (2.41-12+deb13u1 Debian:13.7/stable [amd64])",
      "exact web curl 8.14.1-2",
      "install web nginx-light (1.26.3-3+deb13u11 Debian-Security:13/stable-security [all])",
      "install web libfoo [1.0] (1.1+b3 Debian:13.7/stable [amd64]) []",
      "install git git (2.47 Debian:13.7/stable [amd64])",
      "exact wordpress wordpress 6.8.12+dfsg1-0+deb13u1",
    ].join("\n");
    assert.deepEqual(packagesOf("web", text), {
      libc6: "2.41-12+deb13u1",
      curl: "8.14.1-2",
      "nginx-light": "1.26.3-3+deb13u11",
      libfoo: "1.1",
    });
    assert.deepEqual(packagesOf("wordpress", text), { wordpress: "6.8.12+dfsg1-0+deb13u1" });
  });
});

describe("extensions of PHP", () => {
  const wants = (extensions: string[], image?: string) =>
    resolveConfig(
      "test",
      checkConfig("test", {
        kind: "local",
        sites: [
          { name: "blog", kind: "wordpress", domains: ["blog.localhost"], php: { extensions }, image },
          { name: "diary", kind: "wordpress", domains: ["diary.localhost"] },
        ],
      }),
    );
  const further = (...names: string[]) => ({
    ...{ names, snapshot: "20260102T000000Z", packages: { "php8.4-redis": "6", libzstd1: "1" } },
  });
  const base = { ...old, pins: {} };
  const lock: ImageLock = { ...base, extensions: { blog: further("redis") } };

  it("that Debian hasn't are refused with the nearest name, and those that are there anyway lock nothing", () => {
    assert.throws(
      () => wants(["imagik"]),
      /php\.extensions\[0\]: "imagik" is no extension .* Did you mean imagick\?/,
    );
    assert.throws(() => wants(["../x"]), /is no extension that Debian has for PHP 8\.4/);
    assert.throws(
      () => wants(["redis"], `a@sha256:${"0".repeat(64)}`),
      /has an image of its own; put them in there/,
    );
    assert.deepEqual(extensionsWanted(wants(["mbstring", "exif"]), ["blog"]), {});
    assert.deepEqual(extensionsWanted(wants(["redis", "redis", "gd", "bcmath"]), ["blog", "diary"]), {
      blog: ["bcmath", "redis"],
    });
  });

  it("are locked by an upgrade of their site, and until then it is refused in words", () => {
    const [blog, diary] = wants(["redis"]).sites;
    assert.ok(blog && diary);
    assert.match(
      extensionsProblem(blog, base) ?? "",
      /other extensions of PHP for blog than its key says \(redis\); run: npx varvol upgrade blog/,
    );
    assert.equal(extensionsProblem(blog, lock), undefined);
    assert.equal(extensionsProblem(diary, lock), undefined);
    assert.match(extensionsProblem({ ...diary, name: "blog" }, lock) ?? "", /\(none any more\)/);
    const found = { ...newer, extensions: { blog: further("redis") } };
    const named = applyUpgrade(base, wants(["redis"]), ["blog"], true, found);
    assert.deepEqual(named.extensions, { blog: further("redis") });
    assert.deepEqual(named.sites.blog?.php, newer.sets.php, "what belongs together comes at once");
    const another = { ...newer, extensions: { blog: further("redis", "zstd") } };
    assert.deepEqual(
      applyUpgrade(lock, wants(["redis", "zstd"]), ["blog"], true, another).extensions?.blog?.names,
      ["redis", "zstd"],
    );
    assert.equal(applyUpgrade(lock, wants([]), ["blog"], true, newer).extensions, undefined);
    assert.deepEqual(applyUpgrade(lock, config, ["diary"], true, newer).extensions, lock.extensions);
  });

  it("stand in the lock's file, which has no word of them where nobody asks for any", () => {
    const file = path.join(testFolder(), "images.lock.json");
    writeLock(lock, file);
    assert.deepEqual(readLock(file), lock);
    writeLock(base, file);
    assert.deepEqual(readLock(file), base);
    assert.doesNotMatch(fs.readFileSync(file, "utf8"), /extensions/);
  });

  it("make the image of one site's php another one, and no other image", () => {
    const tag = (name: ImageName, owner: string) => [
      imageTag(name, base, owner),
      imageTag(name, lock, owner),
    ];
    const differ = (name: ImageName, owner: string) => new Set(tag(name, owner)).size === 2;
    assert.ok(differ("wordpress-php", "blog") && differ("php", "blog"));
    assert.ok(!differ("wordpress-php", "diary") && !differ("wordpress-web", "blog"));
    const buildArgs: Record<string, string> = imageBuild("wordpress-php", lock, "blog").buildArgs;
    assert.equal(buildArgs.EXTENSIONS, "php8.4-redis=6 libzstd1=1");
    assert.equal(buildArgs.SNAPSHOT, "20260102T000000Z");
    assert.deepEqual(imageBuild("wordpress-php", lock, "diary"), imageBuild("wordpress-php", base, "diary"));
    const [use] = usesOf({ ...config, lock }, ["blog"]);
    assert.equal(use?.packages["php8.4-redis"], "6", "holes in them are told, too");
  });

  it("are what apt-get would install for them beside PHP itself", () => {
    const text = [
      "upgrade libc6 [2.41-12] (2.41-12+deb13u1 Debian:13.7/stable [amd64])",
      "exact php php8.4-fpm 8.4.28",
      "install php php8.4-common (8.4.28 Debian:13.7/stable [amd64])",
      "exact extensions-blog php8.4-fpm 8.4.28",
      "exact extensions-blog php8.4-redis 6.2.0-1",
      "install extensions-blog php8.4-common (8.4.28 Debian:13.7/stable [amd64])",
      "install extensions-blog php8.4-igbinary (3.2.16-4+b2 Debian:13.7/stable [amd64])",
      "install extensions-other php8.4-soap (8.4.28 Debian:13.7/stable [amd64])",
    ].join("\n");
    assert.deepEqual(extensionsOfSite("blog", text), {
      "php8.4-redis": "6.2.0-1",
      "php8.4-igbinary": "3.2.16-4",
    });
  });
});

describe("security updates of what is locked", () => {
  const of = (name: string, version: string) => ({ ...locked(""), packages: { [name]: version } });
  const lock: ImageLock = {
    sets: { ...old.sets, web: of("nginx", "1"), gateway: of("nginx", "1"), php: of("php", "1") },
    sites: { diary: { web: of("nginx", "2") } },
    pins: { blog: { "wordpress-php": "varvol/wordpress-php:old" } },
  };
  const core = { ...lock, sets: { ...lock.sets, wordpress: of("wordpress", "1") } };
  const host = { ...config, lock: core };
  const told = (text: string) => holesIn(text, usesOf(host, ["hello", "blog", "diary", "gateway"]));

  it("are those of the images that have that version, and of whoever runs them", () => {
    assert.deepEqual(told("hole php 1 2\nhole nginx 2 3\nhole nginx 1 3\n"), [
      {
        ...{ package: "nginx", locked: "2", fixed: "3" },
        ...{ images: ["wordpress-web"], owners: ["diary"] },
      },
      {
        ...{ package: "nginx", locked: "1", fixed: "3" },
        ...{ images: ["web", "wordpress-web", "gateway"], owners: ["hello", "blog", "gateway"] },
      },
      // What is in blog's the lock doesn't tell.
      { package: "php", locked: "1", fixed: "2", images: ["wordpress-php"], owners: ["diary"] },
    ]);
    assert.deepEqual(told("hole nginx 9 10\n\nsomething else\n"), []);
  });

  it("of the base image concern all images for which the lock names no other version", () => {
    assert.deepEqual(
      told("base wordpress 0 3\n").map(({ owners }) => owners),
      [["hello", "gateway"]],
    );
    assert.deepEqual(
      told("base libc6 1 2\n").map(({ owners }) => owners),
      [["hello", "blog", "diary", "gateway"]],
    );
  });

  it("can't be told of images that the lock doesn't know", () => {
    const [hello, ...others] = config.sites;
    assert.ok(hello);
    const own = { ...hello, image: "nginx:1@sha256:0" } as typeof hello;
    assert.deepEqual(unknownOf({ ...host, sites: [own, ...others] }, ["hello", "blog", "diary"]), [
      { owner: "hello", image: "nginx:1@sha256:0" },
      { owner: "blog", image: "varvol/wordpress-php:old" },
    ]);
  });

  describe("on the host", () => {
    const asked = async (archive: string, madison: string, ...pairs: string[]) => {
      const tools = new HostTools();
      tools.standIn("docker", 'shift 5; exec sh "$@"');
      tools.standIn("apt-get", ":");
      tools.standIn("dpkg-query", "printf '%s\\n' 'base-files 13.8' 'libc6 2.41-12+b1'");
      tools.standIn("apt-cache", `[ "$1" = policy ] && echo '${archive}' || printf '%s' '${madison}'`);
      const result = await tools.script("holes", "image", ...pairs);
      tools.remove();
      return result;
    };
    const line = (name: string, version: string, suite: string) =>
      ` ${name} |    ${version} | http://deb.debian.org/${suite}/main amd64 Packages\n`;
    const security = "  release v=13,o=Debian,a=stable-security,n=trixie-security,l=Debian-Security,c=main";

    it("are versions of the security archive that are newer, by Debian's own order", async () => {
      const madison = [
        line("curl", "8.14.1-2+deb13u10", "debian-security trixie-security"),
        line("curl", "8.14.1-2+deb13u9", "debian-security trixie-security"),
        line("nginx", "1.26.3-3+deb13u11", "debian trixie"),
        line("git", "1:2.47.3-1~deb13u1+b2", "debian-security trixie-security"),
        line("zlib1g", "1.0", "debian-security trixie-security"),
        line("libc6", "2.41-12+deb13u1", "debian-security trixie-security"),
      ].join("");
      const pairs = ["curl=8.14.1-2+deb13u9", "nginx=1.26.3-3+deb13u10"];
      const { stdout } = await asked(security, madison, ...pairs, "git=1:2.47.3-1~deb13u1", "zlib1g=1.0+x");
      assert.deepEqual(stdout.trim().split("\n"), [
        "base libc6 2.41-12 2.41-12+deb13u1",
        "hole curl 8.14.1-2+deb13u9 8.14.1-2+deb13u10",
      ]);
    });

    it("are not said to be none where the archive could not be read", async () => {
      const { code, stderr } = await asked("  release v=13,o=Debian,l=Debian,c=main", "", "curl=1");
      assert.equal(code, 1);
      assert.match(stderr, /no list of the security archive could be read/);
    });
  });
});

it("a lock is as old as what of it was looked up longest ago, of what the host runs", () => {
  const now = new Date("2026-02-01T12:00:00Z");
  const days = (lock: ImageLock) => lockDays({ ...config, lock }, now);
  assert.equal(days(old), 31);
  const git = { ...locked("1"), snapshot: "20200101T000000Z" };
  assert.equal(days({ ...old, sets: { ...old.sets, git } }), 31, "nothing runs git here");
  assert.equal(days({ ...old, sites: { blog: { web: { ...git } } } }), 2223);
  const today = { ...locked("1"), looked: "20260201T110000Z" };
  const { gateway, ...sets } = old.sets;
  assert.ok(gateway);
  assert.equal(days({ ...old, sets: Object.fromEntries(Object.keys(sets).map((set) => [set, today])) }), 0);
  assert.equal(days({ sets: {}, sites: {}, pins: {} }), undefined);
});

describe("a rollback", () => {
  it("goes to the newest earlier image of each role", () => {
    const generations = new Map([
      ["blog-php", ["varvol/wordpress-php:c", "varvol/wordpress-php:b", "varvol/wordpress-php:a"]],
      ["blog-web", ["varvol/wordpress-web:x"]],
    ]);
    assert.deepEqual(pinsOf(config, "blog", generations), [
      { owner: "blog", image: "wordpress-php", from: "varvol/wordpress-php:c", to: "varvol/wordpress-php:b" },
    ]);
    assert.deepEqual(pinsOf(config, "hello", generations), []);
  });

  it("compares versions by number", () => {
    assert.ok(compareVersions("11.10", "11.8") > 0);
    assert.ok(compareVersions("60421", "60421") === 0);
    assert.ok(compareVersions("10.11", "11.4") < 0);
  });
});
