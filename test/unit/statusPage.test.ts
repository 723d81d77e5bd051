import assert from "node:assert/strict";
import { type Facts, factsSchema, memoryOf } from "../../agent/page/facts";
import { type Point, POINTS, STEP, withLook } from "../../agent/page/history";
import { pageOf, plotOf } from "../../agent/page/html";
import { vhostConf } from "../../components/gateway/nginx";
import { resolveConfig } from "../../stacks/config";
import { publicCertificates } from "../../stacks/certificates";
import { needsAgent } from "../../stacks/modules";
import { notifyPlan } from "../../stacks/notify";
import { checkConfig } from "../../stacks/problems";

const NOW = "2026-11-30T12:00:00Z";
const STEP_NOW = Date.parse(NOW) / 1000 / STEP;
const UTC = { minutes: 0, name: "+00:00 UTC" };

const facts = (more: Partial<Facts> = {}): Facts => ({
  ...{ host: "home", time: NOW, broken: [], events: [] },
  disk: { size: 20 * 1024 ** 3, free: 5 * 1024 ** 3 },
  memory: { size: 1024 ** 3, free: 1024 ** 2 },
  sites: [
    {
      ...{
        name: "blog",
        kind: "wordpress",
        domain: "blog.example.org",
        state: "up",
        error: "",
        seconds: 0.123,
      },
      history: [[STEP_NOW, 0.5, 5, 0]],
      certificateUntil: "2026-12-05T12:00:00Z",
      backup: { time: "2026-11-30T03:00:00Z", ok: true },
      drill: { time: "2026-11-29T03:00:00Z", ok: false },
      containers: ["blog-php-0123"],
      packages: "2026-11-20T00:00:00Z",
    },
  ],
  ...more,
});

describe("the history of a site's answers", () => {
  it("has the longest of each five minutes, and no more than a day of them", () => {
    let points: readonly Point[] = [];
    for (const [step, seconds] of [
      [10, 0.1],
      [10, 0.31234],
      [10, 0.2],
      [11, undefined],
      [11, 0.1],
    ] as const)
      points = withLook(points, step, seconds);
    assert.deepEqual(points, [
      [10, 0.312, 3, 0],
      [11, 0.1, 1, 1],
    ]);
    for (let step = 12; step < 10 + 2 * POINTS; step++) points = withLook(points, step, 1);
    assert.equal(points.length, POINTS);
    assert.equal(withLook(points, 10 + 9 * POINTS, 1).length, 1, "a machine that was off has no past");
  });
});

describe("the status page", () => {
  it("says at once whether all is well, and what is not", () => {
    factsSchema.parse(facts());
    assert.match(pageOf(facts(), UTC), /<title>Well: home<[^]*All is well/);
    const [site] = facts().sites;
    assert.ok(site);
    const down = pageOf(
      facts({ sites: [{ ...site, state: "down", error: "it answers 502", seconds: undefined }] }),
      UTC,
    );
    assert.match(down, /<title>Not well: home<[^]*1 of 1 sites does not answer[^]*it answers 502/);
    const broken = { text: "blog could not be backed up", error: "no room", since: NOW };
    assert.match(pageOf(facts({ broken: [broken] }), UTC), /something is to be seen to[^]*no room/);
  });

  it("has what is known of each site, and the end of a certificate in red where it is near", () => {
    const page = pageOf(facts(), UTC);
    for (const text of [
      "123 ms now",
      "ends in 5 days",
      "blog-php-0123",
      "as of 2026-11-20, 10 days ago",
      "failed",
    ])
      assert.ok(page.includes(text), text);
    assert.match(page, /<strong class="bad">ends in 5 days/);
  });

  it("has moments by the host's own clocks, whose zone it names", () => {
    const page = pageOf(facts(), { minutes: 330, name: "+05:30 IST" });
    assert.match(page, /As of <time datetime="2026-11-30T12:00:00Z">2026-11-30 17:30<\/time>, \+05:30 IST/);
  });

  it("makes no markup of what a site or an error says, and needs nothing from elsewhere", () => {
    const events = [{ time: NOW, ok: false, text: '<script>alert("x")</script>' }];
    const page = pageOf(facts({ events, host: "<b>" }), UTC);
    assert.doesNotMatch(page, /<script|<b>|<link|<img|src=/);
    assert.ok(page.includes("&lt;script&gt;alert(&quot;x&quot;)"));
  });

  it("draws a line of what was answered, with gaps, and a bar where it was not", () => {
    const plot = plotOf(
      [
        [STEP_NOW - 3, 0.1, 5, 0],
        [STEP_NOW - 2, 0.2, 5, 0],
        [STEP_NOW - 1, 0, 0, 5],
        [STEP_NOW, 0.1, 4, 1],
      ],
      NOW,
    );
    assert.match(plot, / d="M285 [\d.]+h1L286 [\d.]+M288 [\d.]+h1"/);
    assert.equal(plot.match(/<rect/g)?.length, 2);
    assert.match(
      plot,
      /The longest answer of the last day took 200 ms; in 10 minutes it did not always come\./,
    );
    assert.match(plotOf([], NOW), /not looked at yet/);
  });

  it("knows the machine's memory", () => {
    assert.deepEqual(memoryOf("MemTotal:       1000 kB\nMemFree: 1 kB\nMemAvailable:    250 kB\n"), {
      size: 1_024_000,
      free: 256_000,
    });
  });
});

describe("the configuration of a status page", () => {
  const sites = [{ name: "blog", kind: "wordpress", domains: ["blog.example.org"] }];
  const check = (status: unknown, more: Record<string, unknown> = {}) =>
    checkConfig("home", { kind: "prod", sites, status, ...more });

  it("makes the host need its agent, which watches the sites for it, though nobody is told", () => {
    const config = resolveConfig("home", check({ domain: "status.example.org" }));
    assert.equal(needsAgent(config), true);
    const { to, every, page, sites: watched } = notifyPlan(config);
    assert.deepEqual([to, every, page], [[], 60, true]);
    assert.match(watched[0]?.packages ?? "", /^\d{4}-\d\d-\d\dT/);
  });

  it("has a certificate as a site has, passwords where it is not for everybody, and is for no search engine", () => {
    const auth = { users: { ada: "a good password" } };
    const config = resolveConfig("home", check({ domain: "status.example.org", auth }));
    assert.equal(config.tls["status-page"], "acme");
    assert.deepEqual(
      publicCertificates(config).sites.map(({ name, domains }) => [name, ...domains]),
      [
        ["blog", "blog.example.org"],
        ["status-page", "status.example.org"],
      ],
    );
    assert.deepEqual(config.users["status-page"], auth.users);
    assert.deepEqual(
      [config.requests["status-page"]?.auth, config.requests["status-page"]?.robots],
      [true, false],
    );
  });

  it("refuses a name or a domain that is taken", () => {
    assert.throws(
      () => check({ domain: "blog.example.org" }),
      /status\.domain: "blog\.example\.org" is taken/,
    );
    const taken = [{ name: "status-page", kind: "static", domains: ["x.example.org"] }];
    assert.throws(() => check({ domain: "status.example.org" }, { sites: taken }), /"status-page" is taken/);
    checkConfig("home", { kind: "local", sites: taken });
  });

  it("is files that the gateway itself serves, and keeps none of them open", () => {
    const conf = vhostConf({
      ...{
        site: "status-page",
        domains: ["status.example.org"],
        upstream: "",
        cacheable: false,
        pages: "status",
      },
    });
    assert.match(conf, /root \/etc\/varvol\/status;\n {4}open_file_cache off;/);
    assert.doesNotMatch(conf, /proxy_pass|\$generation/);
  });
});
