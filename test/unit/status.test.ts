import assert from "node:assert/strict";
import { readStatus, STOPPED } from "../../flows/siteStatus";
import { Answers, type Disk, type Found } from "../../flows/status/answers";
import {
  judgeContainers,
  judgeDatabase,
  judgeDisk,
  judgeGit,
  judgeHook,
  judgePages,
} from "../../flows/status/judge";
import { resolveConfig } from "../../stacks/config";
import { FRONT_PAGE } from "../../stacks/kinds/kind";
import { checkConfig } from "../../stacks/problems";
import { HostTools } from "../support/hostTool";

const NOW = new Date("2026-11-29T12:00:00Z");
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000).toISOString();

const RUNNING: Found = {
  ...{ owner: "blog", role: "web", name: "blog-web-1", state: "running", exitCode: 0, outOfMemory: false },
  ...{ restarts: 0, started: ago(9e5), finished: "0001-01-01T00:00:00Z", health: "none", killed: 0 },
};

const words = (problems: readonly { readonly word: string }[]) => problems.map(({ word }) => word);

describe("a container's state", () => {
  const judged = (change: Partial<Found>) => judgeContainers(["web"], [{ ...RUNNING, ...change }], NOW);

  it("is ok while it runs, is named where there is none, and tells what befell it", () => {
    for (const [change, expected] of [
      [{}, []],
      [{ state: "exited", finished: ago(90), exitCode: 3 }, ["web stopped"]],
      [{ state: "restarting", restarts: 4 }, ["web crashes"]],
      [{ state: "paused" }, ["web paused"]],
      [{ state: "dead" }, ["web dead"]],
      [{ restarts: 1, started: ago(60) }, ["web crashes"]],
      [{ restarts: 1 }, []],
      [{ health: "unhealthy" }, ["web unhealthy"]],
      [{ check: { code: 1, text: "no ping" } }, ["web unhealthy"]],
      [{ check: { code: 0, text: "" } }, []],
      [{ killed: 2 }, ["web out of memory"]],
      [{ outOfMemory: true, restarts: 1, started: ago(3599), finished: ago(3600) }, ["web out of memory"]],
      [{ outOfMemory: true, restarts: 1, finished: ago(9e5) }, []],
    ] as [Partial<Found>, string[]][])
      assert.deepEqual(words(judged(change).problems), expected, JSON.stringify(change));
    const { containers, problems } = judgeContainers(["php", "web"], [RUNNING], NOW);
    assert.deepEqual(words(problems), ["php missing"]);
    assert.deepEqual(
      containers.map(({ role, state }) => [role, state]),
      [
        ["php", "missing"],
        ["web", "running"],
      ],
    );
  });

  it("keeps a restart of long ago in mind", () => {
    assert.match(
      judged({ restarts: 1 }).containers[0]?.notes.join() ?? "",
      /started it 1 times again, the last 10 d ago/,
    );
  });
});

describe("a page's state", () => {
  const page = {
    path: "/",
    code: "200",
    exit: 0,
    seen: true,
    until: "Dec 29 19:00:00 2027 GMT",
    ...{ error: "", leadsTo: "", form: false },
  };
  const judged = (front: Partial<typeof page>, further?: Partial<typeof page>) =>
    words(judgePages({ ...page, ...front }, further && { ...page, ...further }, FRONT_PAGE, NOW));

  it("is ok for an answer that a visitor can use, and for no other", () => {
    for (const [change, expected] of [
      [{}, []],
      [{ code: "302", seen: false }, []],
      [{ code: "401" }, []],
      [{ code: "403" }, ["error 403"]],
      [{ code: "404" }, ["error 404"]],
      [{ code: "503" }, ["closed"]],
      [{ code: "000", exit: 28 }, ["down"]],
      [{ code: "000", exit: 35 }, ["down"]],
      [{ exit: 28 }, ["cut off"]],
      [{ seen: false }, ["empty page"]],
      [{ error: "Fatal error: x" }, ["PHP error"]],
      [{ path: "/wp-admin/install.php" }, ["not installed"]],
      [{ until: "Dec  9 19:00:00 2026 GMT" }, ["certificate"]],
    ] as [Partial<typeof page>, string[]][])
      assert.deepEqual(judged(change), expected, JSON.stringify(change));
  });

  it("is that of a page past a site's own cache, too, which may be hidden", () => {
    assert.deepEqual(judged({}, { code: "404", seen: false }), []);
    assert.deepEqual(judged({}, { code: "500" }), ["error 500"]);
  });
});

describe("what else is told", () => {
  it("is what the database says, and events that are overdue once they had their time", () => {
    const php = (age: number) => [{ ...RUNNING, started: ago(age) }];
    assert.deepEqual(words(judgeDatabase("ok 0", php(9000), NOW)), []);
    assert.deepEqual(words(judgeDatabase("ok 7200", php(60), NOW)), []);
    assert.deepEqual(words(judgeDatabase("ok 7200", php(9000), NOW)), ["cron"]);
    assert.match(
      judgeDatabase("error No route to host", [], NOW)[0]?.text ?? "",
      /answers: No route to host/,
    );
  });

  it("is for how long pulls fail, and that none is tried", () => {
    const git = { served: "a", lastTry: ago(60), lastSuccess: ago(3 * 86400), error: null };
    assert.deepEqual(words(judgeGit(git, 600, NOW)), []);
    assert.match(judgeGit({ ...git, error: "refused" }, 600, NOW)[0]?.text ?? "", /failed for 3 d: refused/);
    assert.deepEqual(words(judgeGit({ ...git, lastTry: ago(86400) }, 600, NOW)), ["not pulled"]);
    const lacking = judgeGit({ ...git, missing: "boat.png (Git LFS: not there)" }, 600, NOW);
    assert.deepEqual(words(lacking), ["files missing"]);
    assert.match(lacking[0]?.text ?? "", /boat\.png \(Git LFS/);
  });

  it("is a disk that is full or nearly, by bytes or by files", () => {
    const GIB = 1024 * 1024;
    const disk: Disk = {
      what: "volumes",
      mount: "/",
      size: 100 * GIB,
      free: 50 * GIB,
      files: 0,
      freeFiles: 0,
    };
    const judged = (change: Partial<Disk>) => words(judgeDisk({ ...disk, ...change }));
    assert.deepEqual(judged({}), []);
    assert.deepEqual(judged({ free: 4 * GIB }), []);
    assert.deepEqual(judged({ free: GIB }), ["disk nearly full"]);
    assert.deepEqual(judged({ free: 0 }), ["disk full"]);
    assert.deepEqual(judged({ files: 1e6, freeFiles: 20 }), ["disk full"]);
  });

  it("is a hook that fails, where the stack file still has one", () => {
    const { hook } = new Answers(
      "hook\t2026-11-29T08:00:00Z\tthe hook failed for backup of blog: no route\n",
    );
    const [found] = judgeHook(true, hook);
    assert.equal(found?.word, "hook fails");
    assert.match(found.text, /backup of blog: no route \(2026-11-29T08:00:00Z\): correct varvol:notify/);
    assert.deepEqual([judgeHook(false, hook), judgeHook(true, new Answers("").hook)], [[], []]);
  });

  it("is a docker that doesn't answer, and what is no site any more", () => {
    const sites = [{ name: "blog", kind: "wordpress", domains: ["blog.example.org"] }];
    const config = resolveConfig("x", checkConfig("x", { kind: "local", sites }));
    const none = readStatus(config, new Answers("now\t1764417600\ndocker\tno socket\n"));
    assert.deepEqual([none.ok, none.host.state, none.sites[0]?.state], [false, "no docker", "not deployed"]);
    const line = `container\told\tweb\told-web-1\trunning\t0\tfalse\t0\t${ago(60)}\t\tnone\t0`;
    const { host } = readStatus(config, new Answers(`now\t1764417600\n${line}\n`));
    assert.match(host.notes.join(), /^old is not in the stack file/);
  });
});

describe("what was stopped on purpose", () => {
  const sites = [{ name: "blog", kind: "wordpress", domains: ["blog.example.org"] }];
  const config = resolveConfig("x", checkConfig("x", { kind: "local", sites }));
  const container = (owner: string, role: string, state: string) =>
    `container\t${owner}\t${role}\t${owner}-${role}\t${state}\t137\tfalse\t0\t${ago(60)}\t${ago(60)}\tnone\t0`;
  const status = (...lines: string[]) =>
    readStatus(config, new Answers(["now\t1764417600", ...lines].join("\n")));

  it("is well, and says since when", () => {
    const { sites: found, modules } = status(
      "off\tblog\t1764414000",
      "off\tmysql\t1764414000",
      ...["web", "php"].map((role) => container("blog", role, "exited")),
      container("mysql", "mysql", "exited"),
    );
    assert.deepEqual([found[0]?.state, found[0]?.problems], [STOPPED, []]);
    assert.match(found[0]?.notes?.join() ?? "", /^stopped on purpose, 1 h ago; .*up --start/);
    assert.equal(modules.find(({ name }) => name === "mysql")?.state, STOPPED);
  });

  it("is not well where it runs nevertheless", () => {
    const { ok, sites: found } = status("off\tblog\t1764414000", container("blog", "web", "running"));
    assert.deepEqual([ok, found[0]?.state], [false, "still runs"]);
  });
});

describe("the gate", () => {
  let tools: HostTools;
  beforeEach(() => {
    tools = new HostTools();
  });
  afterEach(() => tools.remove());

  /** A container whose restarts and start docker tells so, at the first look and from then on. */
  const gate = (facts: readonly string[]) => {
    tools.standIn(
      "docker",
      `case $1.$2.$3 in
    inspect.-f.*State.Running*)
        n=$(cat '${tools.root}/looks' 2> /dev/null || echo 0); echo $((n + 1)) > '${tools.root}/looks'
        [ "$n" -gt 0 ] && echo '${facts.at(-1)}' || echo '${facts[0]}' ;;
    inspect.*) echo 'blog-web img' ;;
esac`,
    );
    return tools.run("gate", ["abc", "3", "64", "exec"]);
  };
  const facts = (restarts: number, age: number, restarting = false) =>
    `true ${restarts} 0 ${new Date(Date.now() - age * 1000).toISOString()} sha256:x ${restarting} false`;

  it("opens to a container that docker started again long ago", async () => {
    assert.equal((await gate([facts(3, 3600)])).code, 0);
  });

  it("stays shut to one that ends while it waits, that waits to be started, or that has run for a moment only", async () => {
    assert.match(
      (await gate([facts(3, 0), facts(4, 0)])).stderr,
      /crashes: docker has started it 4 times again/,
    );
    tools.remove();
    tools = new HostTools();
    assert.match((await gate([facts(2, 0, true)])).stderr, /crashes: docker has started it 2 times again/);
    tools.remove();
    tools = new HostTools();
    assert.notEqual((await gate([facts(2, -60)])).code, 0);
  });
});
