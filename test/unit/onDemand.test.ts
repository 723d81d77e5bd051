import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { phpEnv, PHP_DEFAULTS } from "../../components/sites/phpLimits";
import { wordpressConf } from "../../components/sites/wordpressNginx";
import { readStatus } from "../../flows/siteStatus";
import { Answers } from "../../flows/status/answers";
import { resolveConfig } from "../../stacks/config";
import { idleOf } from "../../stacks/kinds/onDemand";
import { checkConfig } from "../../stacks/problems";
import { PROFILES } from "../../stacks/profiles";
import { until } from "../support/until";

describe("onDemand", () => {
  const site = (onDemand: unknown) => ({ name: "blog", kind: "wordpress", domains: ["a.org"], onDemand });
  const check = (onDemand: unknown, kind = "local") => checkConfig("s", { kind, sites: [site(onDemand)] });

  it("is a time, yes, or no, and the host kind's where nothing is said", () => {
    assert.equal(idleOf(undefined, undefined), undefined);
    assert.equal(idleOf(undefined, 900), 900);
    assert.equal(idleOf(false, 900), undefined);
    assert.equal(idleOf(true, undefined), 600);
    assert.equal(idleOf({ idle: 30 }, 900), 30);
    assert.equal(PROFILES.local.phpIdle, undefined);
    assert.equal(PROFILES.prod.phpIdle, undefined);
    assert.equal(PROFILES.rpi.phpIdle, 600);
  });

  it("is refused where it is no time between a second and a day", () => {
    for (const wrong of [{ idle: "0s" }, { idle: "25h" }, { idle: 5 }, "yes", { hours: "8-18" }])
      assert.throws(() => check(wrong), /onDemand/, JSON.stringify(wrong));
    for (const right of [true, false, {}, { idle: "10m" }, undefined]) check(right);
  });

  it("reaches the container as seconds, and no other container is different for it", () => {
    const limits = { ...PHP_DEFAULTS, workers: 4 };
    assert.equal(phpEnv({ ...limits, idle: 90 }).PHP_IDLE, "90");
    assert.ok(!("PHP_IDLE" in phpEnv(limits)));
  });

  it("keeps what robots ask for all day", () => {
    const [, pattern = ""] = /"~(\^\/robots\S+ text\/plain)"/.exec(wordpressConf({})) ?? [];
    assert.match("/robots.txt text/plain; charset=utf-8", new RegExp(pattern));
    assert.doesNotMatch("/list.txt text/plain", new RegExp(pattern));
  });

  describe("in the status", () => {
    const config = resolveConfig("s", check(true));
    const at = Math.floor(Date.parse("2026-11-29T12:00:00Z") / 1000);
    const container = (role: string) =>
      `container\tblog\t${role}\tblog-${role}-1\trunning\t0\tfalse\t0\t2026-11-01T00:00:00Z\t0001-01-01T00:00:00Z\tnone\t0`;
    const read = (code: string, sleep: string) => {
      const page = `page\tblog\t/.varvol-status\t${code}\t0\t\t1\tDec 29 19:00:00 2027 GMT\t\t0`;
      const lines = [`now\t${at}`, container("php"), container("web"), page, "database\tblog\tok 0"];
      return readStatus(config, new Answers([...lines, `sleep\tblog\t${sleep}`].join("\n"))).sites[0];
    };

    it("is well asleep, where nginx answers what it always does", () => {
      const well = read("404", "asleep");
      assert.deepEqual([well?.state, well?.asleep], ["ok", true]);
      assert.equal(read("404", "awake")?.state, "error 404");
      assert.equal(read("502", "asleep")?.state, "error 502");
    });

    it("is red where it does not wake", () => {
      const red = read("503", "failed: php-fpm has ended with exit code 78");
      assert.equal(red?.state, "does not wake");
      assert.match(red?.problems[0] ?? "", /exit code 78/);
    });
  });
});

/** What php-fpm does of all that the waker asks of it: answers by the socket that it is handed, tells of itself, ends by SIGQUIT. */
const FPM = String.raw`
use strict; use warnings; use Socket;
exit 78 if -e "$ENV{FOLDER}/broken";
my ($fd) = $ENV{FPM_SOCKETS} =~ /=(\d+)$/;
open my $door, '+<&=', $fd or die; open my $log, '>>', "$ENV{FOLDER}/starts"; syswrite $log, "start\n";
socket my $to, AF_UNIX, SOCK_DGRAM, 0; connect $to, pack_sockaddr_un("\0" . substr $ENV{NOTIFY_SOCKET}, 1) or die;
syswrite $to, "READY=1\n";
my ($stop, $count, $told) = (0, 0, time); $SIG{QUIT} = sub { $stop = 1 };
until ($stop) {
    my $set = ''; vec($set, $fd, 1) = 1;
    if (select($set, undef, undef, 0.1) > 0 && accept my $visitor, $door) { $count++; sysread $visitor, my $all, 4096; syswrite $visitor, 'answer'; close $visitor }
    if (time > $told) { $told = time; syswrite $to, "STATUS=Processes active: 0, idle: 1, Requests: $count, slow: 0" }
}
select undef, undef, undef, 0.2;
`;

describe("the waker", function () {
  this.timeout(20_000);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "waker-"));
  const at = (name: string) => path.join(folder, name);
  const socket = at("php.sock");
  let waker: ChildProcess;
  let said = "";

  const start = (env: Record<string, string> = {}) => {
    waker = spawn("perl", ["images/on-demand/waker", "1", socket, "perl", at("fpm")], {
      env: { ...process.env, FOLDER: folder, ...env },
    });
    waker.stderr?.on("data", (text: Buffer) => (said += text.toString()));
    return until("a socket", () => Promise.resolve(fs.existsSync(socket)), 5);
  };
  const stop = async () => {
    const ended = new Promise((resolve) => waker.once("close", resolve));
    waker.kill("SIGQUIT");
    return ended;
  };
  const ask = () =>
    new Promise<string>((resolve, reject) => {
      let got = "";
      const client = net.connect(socket);
      // As nginx does: a request's begin, no parameters, no body.
      client.write(Buffer.from("0101000100080000000100000000000001040001000000000105000100000000", "hex"));
      client.on("data", (text) => (got += text.toString())).on("error", reject);
      client.on("close", () => resolve(got));
    });
  const starts = () =>
    fs.existsSync(at("starts")) ? fs.readFileSync(at("starts"), "utf8").split("\n").length - 1 : 0;
  const asleep = (count: number) =>
    until(`sleep ${count}`, () => Promise.resolve(said.split("php: asleep").length - 1 >= count), 8);

  /** Until one that was asked to end takes nothing more. */
  const ending = () => new Promise((resolve) => setTimeout(resolve, 500));

  before(() => {
    fs.writeFileSync(at("fpm"), FPM);
    fs.writeFileSync(at("pass"), `#!/bin/sh\necho pass >> ${at("passes")}\n`, { mode: 0o755 });
    return start();
  });
  after(async () => {
    if (waker.exitCode === null) await stop();
    fs.rmSync(folder, { recursive: true });
  });

  it("starts nothing until it is asked, and one for many", async () => {
    assert.equal(starts(), 0);
    await until("its word", () => Promise.resolve(fs.existsSync(at("php.asleep"))), 5);
    const answers = await Promise.all(Array.from({ length: 20 }, ask));
    assert.deepEqual([...new Set(answers)], ["answer"]);
    assert.equal(starts(), 1);
    assert.ok(!fs.existsSync(at("php.asleep")));
  });

  it("has it end when nobody asks, and answers who asks as it does", async () => {
    await asleep(1);
    assert.ok(fs.existsSync(at("php.asleep")));
    // The one that ends may take this one yet.
    assert.equal(await ask(), "answer");
    await ending();
    assert.equal(await ask(), "answer");
    assert.equal(starts(), 2);
  });

  it("answers 503 where it can't be started, and goes on with the next that can", async () => {
    await asleep(2);
    await ending();
    fs.writeFileSync(at("broken"), "");
    for (const answer of await Promise.all([ask(), ask()])) {
      assert.match(answer, /Status: 503/);
      assert.match(answer, /Retry-After: \d/);
    }
    assert.match(said, /does not wake: php-fpm has ended with exit code 78/);
    fs.rmSync(at("broken"));
    await until("an answer", async () => (await ask()) === "answer", 5);
  });

  it("ends with what it started when it is stopped", async () => {
    assert.equal(await stop(), 0);
    assert.ok(!fs.existsSync(at("php.asleep")));
    assert.ok(!fs.existsSync(socket));
  });

  it("wakes for what is due, and for that alone, and does not stay awake for it", async () => {
    const before = starts();
    const passes = () =>
      fs.existsSync(at("passes")) ? fs.readFileSync(at("passes"), "utf8").split("\n").length - 1 : 0;
    fs.writeFileSync(at("next"), String(Math.floor(Date.now() / 1000) + 3600));
    said = "";
    await start({ CRON_PASS: at("pass"), CRON_INTERVAL: "3", CRON_NEXT: at("next") });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.deepEqual([starts(), passes()], [before, 0]);
    fs.writeFileSync(at("next"), String(Math.floor(Date.now() / 1000)));
    await until("a pass", () => Promise.resolve(passes() > 0), 8);
    fs.writeFileSync(at("next"), String(Math.floor(Date.now() / 1000) + 3600));
    await asleep(1);
    assert.equal(starts(), before + 1);
  });
});
