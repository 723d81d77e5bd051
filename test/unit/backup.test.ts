import assert from "node:assert/strict";
import fc from "fast-check";
import { secretsOnly, standsForThings } from "../../cli/backup/hostCopy";
import { keptRuns } from "../../cli/backup/keep";
import { chooseRun, newRun, type ResticSnapshot, type Run, runsOf } from "../../cli/backup/runs";
import { readTaken } from "../../cli/backup/take";
import { bytes } from "../../cli/backup/text";
import { subjectsOf } from "../../cli/verbs/backup";
import { checkConfig } from "../../stacks/problems";

const snapshot = (id: string, time: string, ...tags: string[]): ResticSnapshot => ({
  id,
  time: `2026-11-${time}`,
  tags,
  summary: { total_bytes_processed: 100, data_added_packed: 10 },
});

const SNAPSHOTS = [
  snapshot("a", "20T03:00:00Z", "site=blog", "run=one", "part=database"),
  snapshot("b", "20T03:00:01Z", "site=blog", "run=one", "part=files"),
  snapshot("c", "20T03:00:02Z", "site=blog", "run=one", "part=manifest", "complete"),
  snapshot("d", "21T03:00:00Z", "site=blog", "run=two", "part=database"),
  snapshot("e", "19T03:00:00Z", "site=docs", "run=other", "part=manifest", "complete"),
  snapshot("f", "19T04:00:00Z"),
];

describe("runs of backups", () => {
  it("are whole only with their last part; what isn't Varvol's is left out", () => {
    const runs = runsOf(SNAPSHOTS);
    assert.deepEqual(
      runs.map(({ site, run, complete, size }) => [site, run, complete, size]),
      [
        ["blog", "two", false, 100],
        ["blog", "one", true, 300],
        ["docs", "other", true, 100],
      ],
    );
    assert.deepEqual([runs[1]?.last, runs[1]?.parts], [["c"], ["a", "b"]]);
  });

  it("are chosen by the beginning of their name, and only whole ones of the site itself", () => {
    const runs = runsOf(SNAPSHOTS);
    assert.equal(chooseRun(runs, "blog").run, "one");
    assert.equal(chooseRun(runs, "blog", "on").run, "one");
    assert.throws(() => chooseRun(runs, "blog", "two"), /was cut off/);
    assert.throws(() => chooseRun(runs, "blog", "oth"), /is a snapshot of docs, not of blog/);
    assert.throws(() => chooseRun(runs, "blog", "x"), /is no snapshot/);
    assert.throws(() => chooseRun(runs, undefined), /no snapshot of the host/);
  });

  it("have names that sort by time", () => {
    assert.equal(newRun(new Date("2026-11-21T13:55:01.234Z"), "3fa9"), "20261121t135501-3fa9");
  });

  const day = (n: number, complete = true): Run => ({
    site: "blog",
    run: String(n),
    time: new Date(Date.UTC(2026, 0, n, 3)).toISOString(),
    size: 0,
    added: 0,
    complete,
    last: [],
    parts: [],
  });

  it("are kept by day, week and month, the newest of each", () => {
    const runs = Array.from({ length: 70 }, (_, i) => day(i + 1));
    const kept = [...keptRuns(runs, { daily: 3, weekly: 2, monthly: 2 })].map(({ run }) => Number(run));
    // 11 March is a Wednesday; the week before ended on Sunday 8 March, February on its 28th.
    assert.deepEqual(
      kept.sort((a, b) => b - a),
      [70, 69, 68, 67, 59],
    );
  });

  it("are never all forgotten, and none that was cut off takes a whole one's place", () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 800 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 9 }), (days, daily) => {
        const newest = Math.max(...days);
        const kept = keptRuns([...days.map((n) => day(n)), day(newest + 1, false)], { daily });
        assert.ok([...kept].some(({ run }) => run === String(newest)));
        assert.equal(kept.size, Math.min(daily, days.length));
        assert.ok([...kept].every(({ complete }) => complete));
      }),
    );
  });
});

describe("what a backup says", () => {
  it("is read from the tool's lines", () => {
    const part = '{"message_type":"summary","total_bytes_processed":5,"data_added_packed":2}';
    const output = `copying\nblog: locked while dumped: x (MyISAM)\nstarted 1.5\npart blog database ${part}\npart blog files ${part}\npart docs files ${part}\n`;
    assert.deepEqual(readTaken(output, "blog", "r", "stop"), {
      ...{ name: "blog", run: "r", mode: "stop", size: 10, added: 4, stopped: 1.5 },
      warnings: ["blog: locked while dumped: x (MyISAM)"],
    });
    assert.deepEqual([0, 1023, 1024, 5_000_000].map(bytes), ["0 B", "1023 B", "1.0 KiB", "4.8 MiB"]);
  });

  it("is of the sites that were named, and mysql where one needs it", () => {
    const { sites } = checkConfig("home", {
      kind: "local",
      sites: [
        { name: "hello", kind: "static", domains: ["hello.localhost"] },
        { name: "blog", kind: "wordpress", domains: ["blog.localhost"] },
      ],
    });
    const config = { stack: "home", sites };
    assert.deepEqual(subjectsOf(config, [], true), [
      [{ kind: "module", name: "mysql" }],
      [
        { kind: "static", name: "hello" },
        { kind: "wordpress", name: "blog" },
      ],
    ]);
    assert.throws(() => subjectsOf(config, ["blgo"], false), /blgo is no site of home/);
  });
});

describe("a lost host's state", () => {
  const urn = (type: string, name: string) => `urn:pulumi:old::varvol::${type}::${name}`;
  const password = "varvol:index:Site$random:index/randomPassword:RandomPassword";
  const state = JSON.stringify({
    version: 3,
    deployment: {
      manifest: {},
      resources: [
        { urn: urn("varvol:index:Site", "blog"), type: "varvol:index:Site" },
        {
          urn: urn(password, "a-blog-password"),
          type: "random:index/randomPassword:RandomPassword",
          dependencies: [urn("docker:index/container:Container", "a-x")],
          provider: `${urn("pulumi:providers:random", "default")}::1`,
        },
        { urn: urn("docker:index/container:Container", "a-x"), type: "docker:index/container:Container" },
      ],
    },
  });

  it("is taken over without what stood for things, under the new stack's and namespace's names", () => {
    const own = JSON.stringify({
      version: 3,
      deployment: { manifest: {}, secrets_providers: { type: "new" } },
    });
    const taken = secretsOnly(
      { state, stack: "old", namespace: "a-" },
      { name: "new", config: { namespace: "" } },
      own,
    );
    const { deployment } = JSON.parse(taken) as {
      deployment: { secrets_providers: unknown; resources: unknown[] };
    };
    assert.deepEqual(deployment.secrets_providers, { type: "new" });
    assert.deepEqual(deployment.resources, [
      { urn: "urn:pulumi:new::varvol::varvol:index:Site::blog", type: "varvol:index:Site" },
      {
        urn: `urn:pulumi:new::varvol::${password}::blog-password`,
        type: "random:index/randomPassword:RandomPassword",
        dependencies: [],
        provider: "urn:pulumi:new::varvol::pulumi:providers:random::default::1",
      },
    ]);
    assert.equal(standsForThings(taken), false);
    assert.equal(standsForThings(state), true);
  });
});

describe("the configuration of backups", () => {
  const check = (backup: unknown, more: Record<string, unknown> = {}) =>
    checkConfig("home", { kind: "local", sites: [], backup, ...more }).backup;

  it("has defaults, and refuses what can't work", () => {
    assert.deepEqual(check({ repository: "/srv/b" }), {
      repository: "/srv/b",
      keep: { daily: 7, weekly: 4, monthly: 6 },
      mode: "hot",
    });
    assert.throws(() => check({ repository: "ftp:x" }), /varvol:backup.repository: "ftp:x" must be a folder/);
    assert.throws(() => check({ repository: "/srv/my backups" }), /without spaces/);
    assert.throws(() => check({ repository: "/b", keep: {} }), /must name at least one of last, daily/);
    const host = { address: "a", hostKey: "ssh-ed25519 AAAA", privateKeyFile: "k" };
    assert.equal(check({ repository: "/b" }, { host })?.repository, "/b");
    assert.equal(check({ repository: "rest:https://b/" }, { host })?.repository, "rest:https://b/");
  });
});
