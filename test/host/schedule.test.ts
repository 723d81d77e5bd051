import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { attempt, capture } from "../../base/exec";
import type { Evidence } from "../../flows/backup/evidence";
import type { Status } from "../../flows/siteStatus";
import { openBrowser } from "../support/browser";
import { CommandLines } from "../support/commandLines";
import { Listener } from "../support/listener";
import { TestHost } from "../support/testHost";
import { until } from "../support/until";

/** Looks at a status page as people do, on a phone and at a desk, and as who can't see it. */
async function looksWell(
  address: string,
  users: Readonly<Record<string, string>>,
  says: RegExp,
): Promise<void> {
  const [[username = "", password = ""] = []] = Object.entries(users);
  const browser = await openBrowser();
  try {
    for (const [width, height] of [
      [360, 740],
      [1280, 900],
    ] as const) {
      for (const colorScheme of ["light", "dark"] as const) {
        const context = await browser.newContext({
          ...{ ignoreHTTPSErrors: true, viewport: { width, height }, colorScheme },
          ...{ httpCredentials: { username, password }, bypassCSP: true },
        });
        const page = await context.newPage();
        const asked: string[] = [];
        page.on("request", (request) => asked.push(new URL(request.url()).pathname));
        const answer = await page.goto(address);
        assert.equal(answer?.status(), 200);
        assert.match(answer.headers()["content-security-policy"] ?? "", /default-src 'none'/);
        assert.match(await page.innerText("main"), says);
        const wider = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth");
        assert.ok(Number(wider) <= 0, `it is ${String(wider)} pixels wider than a screen of ${width}`);
        assert.deepEqual(asked, ["/"], "nothing comes from elsewhere");
        await page.evaluate(fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
        const found = await page.evaluate(
          "axe.run().then(({ violations }) => violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes[0].html}`))",
        );
        assert.deepEqual(found, []);
        if (process.env.VARVOL_PICTURES)
          await page.screenshot({
            path: path.join(process.env.VARVOL_PICTURES, `status-${width}-${colorScheme}.png`),
            fullPage: true,
          });
        await context.close();
      }
    }
    const stranger = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
    for (const file of ["/", "/status.json"])
      assert.equal((await stranger.goto(`${address}${file}`).catch(() => null))?.status() ?? 401, 401);
  } finally {
    await browser.close();
  }
}

describe("backups by a schedule", function () {
  this.timeout(240_000);
  const host = new TestHost("timed", 18830);
  const repository = path.join(host.folder, "repository");
  const results = path.join(host.root, ".varvol/backup/results/hello.backup");
  const told = path.join(host.folder, "told");
  const sites = [
    { name: "hello", kind: "static", domains: ["hello.localhost"], import: path.resolve("demo/hello") },
  ];
  const configure = (more: Record<string, unknown> = {}) =>
    host.configure(sites, {
      backup: { repository, every: "1d", at: "03:00", drill: "7d", keep: { last: 1 }, ...more },
    });
  const asks = () => {
    const file = path.join(host.root, ".varvol/backup/schedule.json");
    return (JSON.parse(fs.readFileSync(file, "utf8")) as { byItself: boolean }).byItself;
  };
  const stopAgent = async () => capture(["docker", "stop", await host.container("agent/agent")]);
  const due = () => host.varvol("backup", "--due");
  const status = async () => {
    const { code, stdout } = await host.varvol("status", "--json");
    const [site] = (
      JSON.parse(stdout) as { sites: { backup: { text: string; good: boolean; problems: string[] } }[] }
    ).sites;
    assert.ok(site);
    return { code, ...site.backup };
  };
  const runs = () => fs.readFileSync(results, "utf8").trim().split("\n");
  // As if the last ones had been two days ago.
  const age = () =>
    fs.writeFileSync(results, fs.readFileSync(results, "utf8").replaceAll(/^\S+/gm, "2020-01-01T00:00:00Z"));

  before(async () => {
    configure();
    await host.up();
  });

  it("takes the first one at once, without anybody asking, and none before the next is due", async () => {
    await until("the first backup by itself", () => Promise.resolve(fs.existsSync(results)), 90);
    assert.equal(asks(), true);
    await until("the first drill", async () => (await status()).text.includes("drill passed"), 90);
    const { code, good, text } = await status();
    assert.deepEqual([code, good], [0, true], text);
    assert.equal((await due()).code, 0);
    assert.equal(runs().length, 1);
  });

  it("takes the next one in its time, and keeps what is to be kept", async () => {
    age();
    assert.match((await status()).text, /d ago, due every/);
    assert.equal((await status()).code, 1);
    const result = await due();
    assert.equal(result.code, 0, result.stderr);
    assert.equal(runs().length, 2);
    const listed = JSON.parse((await host.varvol("snapshots", "hello", "--json")).stdout) as {
      run: string;
    }[];
    assert.deepEqual(
      listed.map(({ run }) => run),
      [runs()[1]?.split("\t")[2]],
    );
    const { sites: evidence } = JSON.parse((await host.varvol("evidence", "--json")).stdout) as {
      sites: Evidence[];
    };
    assert.deepEqual(
      evidence.map(({ name, snapshots, backups, drills }) => [
        name,
        snapshots,
        backups.length,
        drills.length,
      ]),
      [
        ["hello", 1, 2, 1],
        // What `up` kept of the host itself
        ["host", 1, 0, 0],
      ],
    );
  });

  it("tells a command of what failed, shows it, and waits an hour", async () => {
    configure({ hook: { command: `cat > '${told}'` } });
    await host.up();
    await stopAgent();
    age();
    fs.renameSync(repository, `${repository}.away`);
    assert.equal((await due()).code, 1);
    const said = JSON.parse(fs.readFileSync(told, "utf8")) as Record<string, string>;
    assert.deepEqual([said.host, said.name, said.what], [host.stack, "hello", "backup"]);
    assert.match(said.error ?? "", /the backup repository .* is not there/);
    assert.match((await status()).problems.join(), /is not there/);
    assert.equal((await due()).code, 0, "not tried again at once");
    fs.renameSync(`${repository}.away`, repository);
    age();
    assert.equal((await due()).code, 0);
    assert.equal((await status()).good, true);
  });

  it("tells at once of a process that was killed for memory", async () => {
    await capture(["docker", "start", await host.container("agent/agent")]);
    fs.rmSync(told);
    const web = await host.container("hello/web");
    await sleep(4000);
    // tail keeps what has no line end.
    await attempt(["docker", "exec", web, "sh", "-c", "head -c 300m /dev/zero | tail > /dev/null"]);
    await until("it is told", () => Promise.resolve(fs.existsSync(told)), 30);
    const said = JSON.parse(fs.readFileSync(told, "utf8")) as Record<string, string>;
    assert.deepEqual([said.host, said.name, said.what], [host.stack, "hello", "memory"]);
    assert.match(said.error ?? "", /hello-web\S* was killed/);
    const { code, stdout } = await host.varvol("status");
    assert.equal(code, 1);
    assert.match(stdout, /out of memory/);
  });

  it("tells a web address and apprise, which no process shows, once of what breaks and once that it is well", async () => {
    const [web, apprise] = [await Listener.start(), await Listener.start()];
    const seen = new CommandLines();
    try {
      const backup = { repository, every: "1d", at: "03:00", drill: "7d", keep: { last: 1 } };
      const address = apprise.url.replace("http:", "json:");
      const status = { domain: "status.localhost", auth: { users: { ada: "a good password" } } };
      host.configure(sites, {
        ...{ backup, status },
        notify: { webhook: web.url, apprise: [address], every: "10s" },
      });
      await host.up();
      seen.watch();
      const tested = await host.varvol("notify", "test", "--json");
      const all = [
        { to: "apprise json", problem: "" },
        { to: "the webhook", problem: "" },
      ];
      assert.deepEqual([tested.code, JSON.parse(tested.stdout)], [0, all], tested.stderr);
      const told = () =>
        web.bodies.map((body) => {
          const { what, name, error } = JSON.parse(body) as Record<string, string>;
          return `${what} ${name} ${error === "" ? "well" : "broken"}`;
        });
      const agent = await host.container("agent/agent");
      const front = await host.container("hello/web");
      const page = path.join(host.root, "gateway/conf/status/status.json");
      await until("it is seen to answer", () => Promise.resolve(fs.existsSync(page)), 30);
      // As if the `up` had been a while ago.
      fs.utimesSync(path.join(host.root, ".varvol/at-work"), 0, 0);
      await capture(["docker", "stop", "-t", "1", front]);
      await until("the site is told to be down", () => Promise.resolve(told().length > 1), 40);
      await looksWell(
        `https://status.localhost:${host.https}`,
        status.auth.users,
        /hello is down.*it answers 50/s,
      );
      const { watched } = JSON.parse((await host.varvol("status", "--json")).stdout) as Status;
      assert.deepEqual(
        watched?.sites.map(({ name, state, backup }) => [name, state, backup?.ok]),
        [["hello", "down", true]],
      );
      await capture(["docker", "restart", agent]);
      await capture(["docker", "start", front]);
      await until("it is told that it answers", () => Promise.resolve(told().length > 2), 40);

      await capture(["docker", "stop", agent]);
      age();
      fs.renameSync(repository, `${repository}.away`);
      assert.equal((await due()).code, 1);
      fs.renameSync(`${repository}.away`, repository);
      age();
      assert.equal((await due()).code, 0);
      const down = ["site hello broken", "site hello well", "backup hello broken", "backup hello well"];
      assert.deepEqual(told(), [`test ${host.stack} broken`, ...down]);
      assert.match(web.bodies.join(), /it answers 50[24].*is not there/s);
      const titles = apprise.bodies.map((body) => (JSON.parse(body) as { title: string }).title);
      assert.deepEqual(titles.slice(1, 3), [
        `${host.stack}: hello is down`,
        `${host.stack}: hello answers again`,
      ]);
      assert.equal(titles.length, told().length);
      const { stdout, stderr } = await attempt(["docker", "logs", agent]);
      for (const text of [seen.stop(), stdout, stderr]) assert.doesNotMatch(text, /secret-path/);
    } finally {
      seen.stop();
      web.stop();
      apprise.stop();
    }
  });

  it("goes on by itself where the snapshots go to another folder", async () => {
    configure();
    await host.up();
    assert.equal(asks(), true);
    const before = runs().length;
    age();
    const other = path.join(host.folder, "other");
    configure({ repository: other });
    await host.up();
    await until("the next backup by itself", () => Promise.resolve(runs().length > before), 90);
    assert.match(runs().at(-1) ?? "", /\tok\t/);
    assert.notDeepEqual(fs.readdirSync(path.join(other, "snapshots")), []);
  });

  it("ends with the schedule, and no snapshot with it", async () => {
    configure({ every: "never", drill: "never" });
    await host.up();
    assert.equal(asks(), false);
    configure();
    await host.up();
    assert.equal(asks(), true);
    assert.equal((await host.varvol("destroy", "--yes")).code, 0);
    assert.equal((await host.containers()).has("agent/agent"), false);
    assert.notDeepEqual(fs.readdirSync(path.join(repository, "snapshots")), []);
  });
});
