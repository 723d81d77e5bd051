import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse } from "yaml";
import { capture } from "../../base/exec";
import type { ImageLock, LockedSet } from "../../components/imageLock";
import { readLock, writeLock } from "../../stacks/lock";
import { GitServer } from "../support/gitServer";
import { upAsPlanned } from "../support/planTruth";
import { TestHost } from "../support/testHost";
import { TestMachine } from "../support/testMachine";

// Where the plan is written as a pull request shows it, for docs/plan-comment.md.
const { VARVOL_PLAN_COMMENT: COMMENT } = process.env;

const NONE = "The host is as `up` left it.\n";

describe("the example prod on another machine", function () {
  this.timeout(1_200_000);
  const host = new TestHost("prod", 18590);
  const home = os.homedir();
  let machine: TestMachine;
  let git: GitServer;

  before(async () => {
    process.env.XDG_CACHE_HOME ??= path.join(home, ".cache");
    process.env.HOME = host.folder;
    machine = await TestMachine.start(host.folder, { ssh: 18592, http: host.http, https: host.https });
    git = await GitServer.start(path.join(host.folder, "git"), 18593);
    await git.commit("docs", { "public/index.html": "<h1>docs</h1>" });
    await machine.addUser();
    host.configure(exampleSites(`${git.address}/docs`), {
      ...{ kind: "prod", tls: "own" },
      namespace: "",
      volumeRoot: "/var/vol",
      gateway: {},
      host: { ...machine.host, user: "deploy" },
    });
    writeLock(await ofTheLastRelease(readLock()), host.lockFile);
  });

  after(async () => {
    process.env.HOME = home;
    git?.stop();
    await machine?.stop();
  });

  const serve = async () => {
    const page = async (domain: string) => (await host.get(domain, `/?${Date.now()}`, { tls: true })).body;
    assert.match(await page("docs.example.org"), /<h1>docs/);
    assert.match(await page("blog.example.org"), /<title>A blog/);
  };

  it("is brought up with the packages of Debian's last point release", async () => {
    await host.up();
    await serve();
  });

  it("gets Debian's security updates, exactly as the plan told", async () => {
    const upgraded = await host.varvol("upgrade", "--modules");
    assert.match(upgraded.stdout, /blog\s+wordpress\s+\S+\s+\S+/, upgraded.stderr);
    const { code, stdout } = await host.varvol("plan", "--markdown");
    assert.equal(code, 0, stdout);
    assert.match(stdout, /nginx, nginx-common, nginx-light \S+ → \S+/);
    if (COMMENT) fs.writeFileSync(COMMENT, stdout.replaceAll(host.stack, "prod"));
    const fates = await upAsPlanned(host, () => machine.containers());
    assert.deepEqual(
      [...fates].filter(([, fate]) => fate !== "keep").map(([role]) => role),
      ["blog/php", "blog/web", "docs/web", "gateway/gateway"],
    );
    await serve();
  });

  it("shows its drift, and has it repaired", async () => {
    assert.equal((await host.varvol("drift")).stdout, NONE);
    await machine.output(
      "docker rm -f $(docker ps -q --filter label=varvol.owner=docs --filter label=varvol.role=web) && echo '# by hand' >> /var/vol/gateway/conf/current/vhosts/blog.conf",
    );
    const { code, stdout } = await host.varvol("drift", "--json");
    assert.equal(code, 1);
    const { drift } = JSON.parse(stdout) as { drift: { subject: string; what: string }[] };
    assert.deepEqual(drift.map(({ subject, what }) => `${subject} ${what}`).sort(), [
      "docs/web removed",
      "gateway/conf/current/vhosts/blog.conf edited",
    ]);
    const repaired = await host.varvol("up", "--repair");
    assert.equal(repaired.code, 0, repaired.stdout + repaired.stderr);
    assert.equal((await host.varvol("drift")).stdout, NONE);
    await serve();
  });
});

/** The sites of Pulumi.prod.yaml, with a repository that answers. */
function exampleSites(repository: string): Record<string, unknown>[] {
  const { config } = parse(fs.readFileSync("Pulumi.prod.yaml", "utf8")) as {
    config: { "varvol:sites": Record<string, unknown>[] };
  };
  return config["varvol:sites"].map((site) =>
    "git" in site ? { ...site, git: { ...(site.git as object), url: repository } } : site,
  );
}

/** The lock with the versions that Debian's own archive has where its security archive has newer ones. */
async function ofTheLastRelease(lock: ImageLock): Promise<ImageLock> {
  const names = Object.values(lock.sets).flatMap(({ packages }) => Object.keys(packages));
  const text = await capture([
    ...["docker", "run", "--rm", "debian:trixie-slim", "sh", "-c"],
    `apt-get -qq update && apt-cache madison ${[...new Set(names)].join(" ")}`,
  ]);
  const released = new Map(
    text.split("\n").flatMap((line): [string, string][] => {
      const [name, version, source = ""] = line.split("|").map((word) => word.trim());
      return name && version && / trixie\/main .* Packages/.test(source) ? [[name, version]] : [];
    }),
  );
  const older = ({ snapshot, packages }: LockedSet): LockedSet => ({
    snapshot,
    packages: Object.fromEntries(
      // What the base image has already is not put back.
      Object.entries(packages).map(([name, version]) => [
        name,
        /^(nginx|php8\.4|wordpress|libnginx)/.test(name) ? (released.get(name) ?? version) : version,
      ]),
    ),
  });
  return {
    ...lock,
    sets: Object.fromEntries(Object.entries(lock.sets).map(([name, set]) => [name, older(set)])),
  };
}
