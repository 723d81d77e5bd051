import assert from "node:assert/strict";
import { evidenceOf } from "../../flows/backup/evidence";
import { judgeBackups, readResults, type Result } from "../../flows/backup/results";
import { timerName, timerUnits } from "../../flows/backup/timer";
import { resolveConfig } from "../../stacks/config";
import { DEFAULT_SCHEDULE } from "../../stacks/defaultSchedule";
import { checkConfig } from "../../stacks/problems";
import { agentSchedule, scheduleOf } from "../../stacks/schedule";
import { HOST_ITSELF, moduleSubject } from "../../stacks/subjects";

const site = (more: Record<string, unknown> = {}) => ({
  ...{ name: "blog", kind: "wordpress", domains: ["blog.localhost"] },
  ...more,
});
const configure = (backup: Record<string, unknown>, ...sites: unknown[]) =>
  resolveConfig(
    "home",
    checkConfig("home", { kind: "local", sites, backup: { repository: "/srv/b", ...backup } }),
  );

describe("a schedule of backups", () => {
  it("is a night's backup and a week's drill unless the host, or the site itself, says otherwise", () => {
    const { backup, sites } = configure(
      { at: "04:30" },
      site({ backup: { every: "6h", keep: { last: 3 } } }),
    );
    assert.ok(backup && sites[0]);
    assert.deepEqual(scheduleOf(backup, {}), { ...DEFAULT_SCHEDULE, at: "04:30" });
    assert.deepEqual(scheduleOf(backup, sites[0]), {
      ...DEFAULT_SCHEDULE,
      ...{ at: "04:30", every: 21600, keep: { last: 3 } },
    });
  });

  it("is an entry each for the host, with what no site owns", () => {
    const keep = { daily: 7, weekly: 4, monthly: 6 };
    const blog = {
      ...{ name: "blog", kind: "wordpress", folders: ["content", "root"], database: true },
      application: "wordpress",
    };
    const entry = { mode: "hot", disk: 0, every: 86400, drill: 0, at: "03:00", keep };
    assert.deepEqual(agentSchedule(configure({ drill: "never" }, site())), {
      byItself: true,
      entries: [
        { ...entry, subject: blog, domain: "blog.localhost" },
        { ...entry, subject: moduleSubject("mysql"), domain: "" },
        { ...entry, subject: HOST_ITSELF, domain: "", every: 0 },
      ],
    });
    assert.equal(agentSchedule(configure({ every: "never", drill: "never" }, site())).byItself, false);
  });
});

describe("what came of backups", () => {
  const now = new Date("2026-11-21T12:00:00Z");
  const result = (time: string, ok = true, text = ""): Result => ({
    ...{ time: `2026-11-${time}:00:00Z`, ok, run: "r", seconds: 3, text },
  });
  const judged = (backup: readonly Result[], drill: readonly Result[] = []) => {
    const { text, good, problems } = judgeBackups(DEFAULT_SCHEDULE, { backup, drill }, now);
    return [text, good, problems];
  };

  it("is well while backups and drills pass in their time", () => {
    assert.deepEqual(judged([result("21T03")], [result("18T03")]), [
      "9 h ago, drill passed 3 d ago",
      true,
      [],
    ]);
    assert.deepEqual(judged([result("20T03", false), result("21T03")]), ["9 h ago", true, []]);
  });

  it("is not where one failed, is late, or never was", () => {
    assert.deepEqual(judged([]), ["none yet", false, []]);
    assert.deepEqual(judged([result("19T03")]), ["2 d ago, due every 24 h", false, []]);
    assert.deepEqual(judged([result("21T03"), result("21T11", false, "disk full")]), [
      ...["9 h ago, last one failed", false],
      ["backup failed at 2026-11-21T11:00:00Z: disk full"],
    ]);
    assert.deepEqual(judged([result("01T03"), result("21T03")]), ["9 h ago, drill is due", false, []]);
    assert.deepEqual(judged([result("21T03")], [result("21T04", false, "no answer")]), [
      ...["9 h ago, drill failed 8 h ago", false],
      ["drill of r failed at 2026-11-21T04:00:00Z: no answer"],
    ]);
  });

  it("is not while the host comes back from its backups", () => {
    const restored = readResults(
      `result\thello.backup\t${now.toISOString()}\tok\tr\t1\thot\nrestoring\n`,
      "hello",
    );
    const { text, good } = judgeBackups(DEFAULT_SCHEDULE, restored, now);
    assert.deepEqual([text, good], ["host-restore has not finished, 0 s ago", false]);
  });

  it("is read from the host, and shown as evidence beside what the repository has", () => {
    const line = (file: string, text: string) =>
      `result\t${file}\t2026-11-21T03:00:00Z\tok\trun\t7\t${text}\n`;
    const output = `noise\n${line("blog.backup", "hot")}${line("blog.drill", "answer 200")}${line("blog2.backup", "hot")}`;
    const results = readResults(output, "blog");
    assert.deepEqual(
      [results.backup.length, results.drill[0]?.text, results.drill[0]?.seconds],
      [1, "answer 200", 7],
    );
    const run = {
      site: "blog",
      run: "run",
      time: "2026-11-21T03:00:00Z",
      size: 10,
      added: 1,
      complete: true,
    };
    const [blog, ...others] = evidenceOf(
      configure({}, site()),
      [run, { ...run, complete: false }, { ...run, site: undefined }],
      output,
    );
    assert.deepEqual(
      [blog?.snapshots, blog?.every, blog?.newest, blog?.drills.length],
      [1, 86400, run.time, 1],
    );
    assert.deepEqual(
      others.map(({ name, snapshots }) => [name, snapshots]),
      [["host", 1]],
    );
  });
});

describe("the timer of a machine that holds another one's backups", () => {
  it("says what systemd would take for something else", () => {
    const { service, timer } = timerUnits(
      "home",
      ["/usr/bin/node", "/srv/100% mine/$x/varvol.cjs", 'say "hi"'],
      "/srv/100% mine",
      { PATH: "/bin:/opt/a b", HOME: "/root\\" },
    );
    assert.match(
      service,
      /^ExecStart="\/usr\/bin\/node" "\/srv\/100%% mine\/\$\$x\/varvol\.cjs" "say \\"hi\\""$/m,
    );
    assert.match(service, /^WorkingDirectory=\/srv\/100%% mine$/m);
    assert.match(service, /^Environment="PATH=\/bin:\/opt\/a b"\nEnvironment="HOME=\/root\\\\"$/m);
    assert.match(timer, /^OnCalendar=\*:0\/5$/m);
  });

  it("is another one for each stack file", () => {
    assert.notEqual(timerName("/a/stack.yaml", "home"), timerName("/b/stack.yaml", "home"));
    assert.match(timerName("/a/stack.yaml", "home"), /^varvol-home-[0-9a-f]{6}$/);
  });
});
