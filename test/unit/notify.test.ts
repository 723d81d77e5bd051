import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { faultOf, isAsleep, questionOf, readAnswers } from "../../agent/notify/ask";
import { added, isWaiting } from "../../agent/notify/tell";
import { judge, look, type Looks, type Standing, type State } from "../../agent/notify/standing";
import { messageOf, withoutAddress } from "../../agent/notify/words";
import { isAtWork, pullOf, roomOf } from "../../agent/notify/watch";
import { type Notify, notifySchema, type Told } from "../../agent/protocol";
import { keysInClear } from "../../flows/certificates/inClear";
import { resolveConfig } from "../../stacks/config";
import { needsAgent } from "../../stacks/modules";
import { needsApprise, notifyPlan } from "../../stacks/notify";
import { checkConfig } from "../../stacks/problems";

const HOUR = 3600;

/** What is told of levels that follow each other, each so many seconds after the one before. */
function toldOf(levels: readonly (readonly [level: number, seconds: number])[]): string[] {
  let standing: Standing | undefined;
  let now = 1_000_000;
  let since = now;
  let last = 0;
  const all: string[] = [];
  for (const [level, seconds] of levels) {
    now += seconds;
    if (level > 0 !== last > 0) since = now;
    last = level;
    const judged = judge(standing, { level, error: level > 0 ? "broken" : "", since }, now);
    standing = judged.standing;
    if (judged.tell) all.push(level > 0 ? `${level}` : "well");
  }
  return all;
}

describe("who is told", () => {
  it("is told once when something breaks, and once when it is well again", () => {
    assert.deepEqual(toldOf([[0, 0]]), []);
    const broken = [1, 1, 1].map((level) => [level, 60] as const);
    assert.deepEqual(toldOf([[0, 0], ...broken, [0, 60], [0, 60]]), ["1", "well"]);
    assert.deepEqual(toldOf([...broken, [0, 60], ...broken, [0, 60]]), ["1", "well", "1", "well"]);
  });

  it("hears that it is worse, and not that it is better but not well", () => {
    assert.deepEqual(
      toldOf([
        [1, 0],
        [2, 60],
        [1, 60],
        [2, 60],
        [0, 60],
      ]),
      ["1", "2", "well"],
    );
  });

  it("hears no more of what alternates than that it broke, and in the end that it is well", () => {
    const alternating = Array.from({ length: 20 }, (_, i) => [1 - (i % 2), 60] as const);
    assert.deepEqual(toldOf(alternating), ["1", "well", "1", "well", "1"]);
    const calm = Array.from({ length: 20 }, () => [0, 60] as const);
    assert.deepEqual(toldOf([...alternating, ...calm]), ["1", "well", "1", "well", "1", "well"]);
    // It is as before an hour later.
    assert.deepEqual(toldOf([...alternating, ...calm, [0, HOUR], [1, 60], [0, 60]]).slice(-2), ["1", "well"]);
  });

  it("hears at once that it is well where one event proves that, such as a backup", () => {
    const broke = [100, 200, 300];
    const standing = { level: 1, error: "x", since: 300, broke };
    assert.equal(judge(standing, { level: 0, error: "" }, 400).tell, true);
    assert.equal(judge(standing, { level: 0, error: "", since: 399 }, 400).tell, false);
  });

  it("hears nothing twice of what was told before whoever looks was started again", () => {
    const standing = judge(undefined, { level: 1, error: "x" }, 100).standing;
    assert.deepEqual(judge(standing, { level: 1, error: "y" }, 200), { standing, tell: false });
    assert.equal(judge(standing, { level: 0, error: "" }, 300).tell, true);
  });
});

describe("looks in a row", () => {
  it("count those that say the same, and begin anew where nothing can be told", () => {
    const well = { level: 0, error: "" };
    const down = { level: 1, error: "it answers 502" };
    let looks: Looks | undefined;
    const counts = [well, down, down, undefined, down, well, well].map((found, i) => {
      looks = look(looks, found, i);
      return looks?.count ?? 0;
    });
    assert.deepEqual(counts, [1, 1, 2, 0, 1, 1, 2]);
    assert.equal(looks?.since, 5);
  });
});

const plan: Notify = {
  ...{ stack: "home", namespace: "", image: "agent", every: 60, slow: 5, page: false },
  to: [{ webhook: "https://example.org/secret" }, { apprise: "tgram://123:abcdef/42" }],
  sites: [
    {
      ...{ name: "blog", kind: "wordpress", domain: "blog.example.org", path: "/" },
      ...{ database: true, fresh: false, answers: "^2" },
    },
  ],
};
const NOTHING = { standings: {}, waiting: [], events: [] };
const down: State = { what: "site", name: "blog", level: 1, error: "it answers 502", since: 90 };

describe("what is to be told", () => {
  it("waits for each who is named, and is not there twice", () => {
    const journal = added(plan, NOTHING, [down], 100);
    assert.equal(journal.waiting.length, 2);
    assert.equal(new Set(journal.waiting.map(({ to }) => to)).size, 2);
    assert.doesNotMatch(JSON.stringify(journal), /secret|abcdef/);
    assert.deepEqual(journal.waiting[0]?.told, {
      ...{ host: "home", name: "blog", what: "site", run: "", error: "it answers 502" },
      time: "1970-01-01T00:01:30Z",
    });
    assert.equal(added(plan, journal, [down], 200).waiting.length, 2);
    const well = added(plan, journal, [{ ...down, level: 0, error: "" }], 300);
    assert.deepEqual(
      well.waiting.map(({ told }) => told.error),
      ["it answers 502", "it answers 502", "", ""],
    );
  });

  it("is tried again when its time has come", () => {
    const [one] = added(plan, NOTHING, [down], 100).waiting;
    assert.ok(one);
    assert.equal(isWaiting({ ...NOTHING, waiting: [one] }, 100), true);
    assert.equal(isWaiting({ ...NOTHING, waiting: [{ ...one, next: 160 }] }, 159), false);
    assert.equal(isWaiting(NOTHING, 100), false);
  });

  it("is one message of all that came at the same time, with times that say their zone", () => {
    const told = (name: string, error: string): Told => ({
      ...{ host: "home", name, what: "site", run: "", error, time: "2026-11-30T12:00:00Z" },
    });
    const local = (moment: string) => `${moment.slice(11, 16)} UTC`;
    assert.deepEqual(messageOf([told("blog", "it answers 502")], local), {
      title: "home: blog is down",
      body: "blog is down: it answers 502\nsince 12:00 UTC",
      type: "failure",
    });
    assert.deepEqual(messageOf([told("blog", ""), told("shop", "")], local), {
      title: "home: 2 things",
      body: "blog answers again\nsince 12:00 UTC\n\nshop answers again\nsince 12:00 UTC",
      type: "success",
    });
  });

  it("never shows an address, nor a part of it that may be a password", () => {
    const address = "mailto://me:p%40ss-word@mail.example.org?to=you@example.org";
    for (const said of [address, "login me p@ss-word failed", "p%40ss-word", "no mail.example.org"]) {
      const shown = withoutAddress(`it failed: ${said}`, address);
      assert.doesNotMatch(shown, /ss-word|example/);
      assert.match(shown, /^it failed: /);
    }
    assert.equal(
      withoutAddress("can't resolve example.org of /hook-1234", "https://example.org/hook-1234", [
        "example.org",
      ]),
      "can't resolve example.org of /…",
    );
  });
});

describe("the look at sites", () => {
  it("asks past every cache, by one command that names no site in an argument", () => {
    const [site] = plan.sites;
    assert.ok(site);
    const asked = questionOf(site, 7);
    assert.match(asked, /^url = "https:\/\/blog\.example\.org:8443\/"$/m);
    assert.match(asked, /^cookie = "varvol_status=1"$/m);
    assert.match(questionOf({ ...site, fresh: true }, 7), /8443\/\?varvol-status=7"$/m);
    assert.deepEqual(
      [...readAnswers("blog\t502\t0\t0.25\n")],
      [["blog", { code: 502, exit: 0, seconds: 0.25 }]],
    );
  });

  it("does not wake a php that sleeps, and takes what nginx says then for an answer", () => {
    const root = fs.mkdtempSync(path.join(os.tmpdir(), "asleep-"));
    const run = path.join(root, "blog/run");
    fs.mkdirSync(path.join(run, "php"), { recursive: true });
    fs.symlinkSync("php/php-0123456789ab.sock", path.join(run, "fpm.sock"));
    assert.ok(!isAsleep("blog", root));
    fs.writeFileSync(path.join(run, "php/php-ba9876543210.asleep"), "");
    assert.ok(!isAsleep("blog", root), "another generation");
    fs.writeFileSync(path.join(run, "php/php-0123456789ab.asleep"), "");
    assert.ok(isAsleep("blog", root));
    assert.ok(!isAsleep("hello", root));
    fs.rmSync(root, { recursive: true });
    const answer = { code: 404, exit: 0, seconds: 0.01 };
    assert.equal(faultOf({ ...answer, asleep: true }, /^[23]/), "");
    assert.equal(faultOf(answer, /^[23]/), "it answers 404");
    assert.equal(faultOf({ ...answer, code: 502, asleep: true }, /^[23]/), "it answers 502");
  });

  it("takes a site that says it is closed for neither well nor down", () => {
    const fault = (code: number, exit = 0) => faultOf({ code, exit, seconds: 1 }, /^(?:[23]|401)/);
    assert.deepEqual([fault(200), fault(302), fault(401)], ["", "", ""]);
    assert.equal(fault(503), undefined);
    assert.match(fault(502) ?? "", /answers 502/);
    assert.match(fault(0, 28) ?? "", /no answer in 15 s/);
    assert.match(fault(200, 18) ?? "", /breaks off/);
    assert.match(faultOf(undefined, /^2/) ?? "", /not asked/);
  });

  it("tells nothing of sites while somebody works on the host, or has until a moment ago", () => {
    const state = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-unit-"));
    const working = (seconds: number) => isAtWork(Date.now() + seconds * 1000, state);
    assert.equal(working(0), false);
    fs.writeFileSync(path.join(state, "at-work"), "");
    assert.deepEqual([working(0), working(80), working(95)], [true, true, false]);
    fs.mkdirSync(path.join(state, "backup/switched/blog"), { recursive: true });
    assert.equal(working(1000), true);
    fs.rmSync(state, { recursive: true });
  });

  it("knows what a puller has written, and nothing of what it has not", () => {
    assert.deepEqual(pullOf('{"error":"no route"}'), { level: 1, error: "no route" });
    assert.deepEqual(pullOf('{"error":null}'), { level: 0, error: "" });
    assert.equal(pullOf(""), undefined);
  });

  it("calls a disk well again once a little more than enough is free", () => {
    const GIB = 1024 ** 3;
    const levels = (free: number) => [0, 1].map((told) => roomOf(20 * GIB, free, told).level);
    assert.deepEqual(levels(5 * GIB), [0, 0]);
    assert.deepEqual(levels(1.1 * GIB), [0, 1]);
    assert.deepEqual(levels(0.9 * GIB), [1, 1]);
    assert.deepEqual(levels(0.1 * GIB), [2, 2]);
    assert.equal(roomOf(8000 * GIB, 100 * GIB, 0).level, 0, "of a large disk a twentieth is much");
  });
});

describe("the configuration of who is told", () => {
  const sites = [
    { name: "blog", kind: "wordpress", domains: ["blog.localhost"] },
    { name: "docs", kind: "static-git", domains: ["docs.localhost"], git: { url: "https://example.org/d" } },
  ];
  const check = (more: Record<string, unknown>) => checkConfig("home", { kind: "local", sites, ...more });
  const resolve = (more: Record<string, unknown>) => resolveConfig("home", check(more));

  it("is any number of addresses, a webhook and a command, and makes the host need its agent", () => {
    const config = resolve({
      notify: {
        apprise: ["mailtos://a:b@example.org"],
        webhook: "https://example.org",
        every: "30s",
        slow: "3s",
      },
    });
    assert.deepEqual(config.notify, {
      to: [{ apprise: "mailtos://a:b@example.org" }, { webhook: "https://example.org" }],
      every: 30,
      slow: 3,
    });
    assert.deepEqual([needsAgent(config), needsApprise(config.notify)], [true, true]);
    const { sites: watched, ...rest } = notifyPlan(config);
    assert.deepEqual(
      watched.map(({ name, fresh, pulls, certificate }) => [name, fresh, pulls?.role, certificate]),
      [
        ["blog", false, undefined, "gateway/conf/current/tls/blog.pem"],
        ["docs", true, "git", "gateway/conf/current/tls/docs.pem"],
      ],
    );
    notifySchema.parse({ stack: "home", namespace: "", image: "x", ...rest, sites: watched });
  });

  it("knows its older form, for which no site is watched", () => {
    const config = resolve({ backup: { repository: "/b", hook: { command: "mail me" } } });
    assert.deepEqual(config.notify, { to: [{ command: "mail me" }], every: 0, slow: 5 });
    assert.equal(resolve({}).notify, undefined);
    assert.deepEqual(notifyPlan(resolve({})).to, []);
    assert.throws(
      () => check({ notify: { command: "x" }, backup: { repository: "/b", hook: { command: "mail me" } } }),
      /varvol:backup\.hook: varvol:notify says who is told/,
    );
  });

  it("refuses what can't work, and shows no address", () => {
    assert.throws(() => check({ notify: {} }), /at least one of apprise, webhook and command/);
    assert.throws(() => check({ notify: { webhook: "ftp://x" } }), /notify\.webhook/);
    assert.throws(() => check({ notify: { command: "x", every: "1s" } }), /notify\.every/);
    assert.throws(() => check({ notify: { command: "x", slow: "1h" } }), /notify\.slow/);
    assert.throws(
      () => check({ notify: { apprise: ["me:geheim@example.org"] } }),
      (error: Error) =>
        /notify\.apprise\[0\]: its value must be an address/.test(error.message) &&
        !/geheim/.test(error.message),
    );
  });

  it("names addresses that stand in clear text", () => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "varvol-unit-")), "stack.yaml");
    fs.writeFileSync(file, "config:\n  varvol:notify: { apprise: [{ secure: v1:abc }, json://x] }\n");
    const notify = { to: [{ apprise: "ntfy://y" }, { apprise: "json://x" }], every: 60, slow: 5 };
    assert.deepEqual(keysInClear({ acme: { directory: "d", resolvers: [] }, notify }, file), [
      "varvol:notify.apprise[1]",
    ]);
    fs.rmSync(path.dirname(file), { recursive: true });
  });
});
