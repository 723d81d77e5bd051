import assert from "node:assert/strict";
import * as path from "node:path";
import { capture } from "../../base/exec";
import { type EndState, endStateOf } from "../support/endState";
import { Load } from "../support/load";
import { Registry } from "../support/registry";
import { TestHost } from "../support/testHost";

/** Broken in ways that show soon. */
const SOON = ["exits", "misconfigured", "crashes", "blog"];
/** Broken in ways that the gate gives time to get better. */
const LATE = ["silent", "failing"];

describe("a broken image", function () {
  this.timeout(600_000);
  const host = new TestHost("broken", 18540);
  const images = new Map<string, string>();
  let registry: Registry;
  let load: Load | undefined;
  let running: Map<string, string>;
  let good: EndState;

  before(async () => {
    configure([]);
    await host.up();
    running = await host.containers();
    good = await endStateOf(host);
    const web = await capture(["docker", "inspect", "-f", "{{.Image}}", running.get("bystander/web") ?? ""]);
    registry = await Registry.start(web, ["/usr/sbin/nginx"]);
    const scripts = {
      exits: "echo 'no configuration found'; exit 3",
      misconfigured: nginx("listn 8080;"),
      crashes: `${nginx("listen 8080; location / { return 200; }", "")} & trap 'exit 0' QUIT TERM; sleep 5 & wait $!; echo 'out of luck'; exit 1`,
      silent: "trap 'exit 0' QUIT TERM; echo 'waiting for nothing'; sleep 1000 & wait",
      failing: nginx("listen 8080; location / { return 500; }"),
      blog: "echo 'no such extension'; exit 4",
      fine: nginx("listen 8080; location / { return 200 own; }"),
    };
    for (const [name, script] of Object.entries(scripts)) images.set(name, registry.add(name, script));
    const shots = ["bystander", ...SOON, ...LATE].map((site) => ({
      domain: `${site}.localhost`,
      path: (n: number) => (site === "blog" ? `/wp-includes/css/buttons.css?n=${n}` : `/?n=${n}`),
    }));
    load = new Load({ port: host.http, rate: 70, shots });
  });

  after("no request to any site was lost by any of it", async () => {
    await registry?.stop();
    const { failures = [], sent } = (await load?.stop()) ?? {};
    assert.deepEqual(failures.slice(0, 20), [], `${failures.length} of ${sent}`);
  });

  it("fails up with the container's last log lines, of each site apart, and the old versions go on serving", async () => {
    const wanted = {
      exits: /exits-web-\w+ (crashes|has stopped with exit code 3)[^]*\| no configuration found/,
      misconfigured: /misconfigured-web-\w+ (crashes|has stopped)[^]*\| .*unknown directive "listn"/,
      crashes: /crashes-web-\w+ (crashes|has stopped)[^]*\| out of luck/,
      blog: /blog-php-\w+ (crashes|has stopped with exit code 4)[^]*\| no such extension/,
    };
    configure(SOON, { extra: "more.localhost" });
    const said = await failure();
    for (const words of Object.values(wanted)) assert.match(said, words);
    const named = /^error: (.*): could not be brought up/m.exec(said)?.[1]?.split(", ");
    assert.deepEqual(named?.sort(), [...SOON].sort());
    assert.equal((await host.get("more.localhost")).status, 301, "what was right has been done");
  });

  it("fails the next up as well, with or without a refresh, and the old version still serves", async () => {
    configure(SOON);
    const refreshing = () => host.pulumi("up", "--yes", "--skip-preview", "--refresh");
    for (const said of [await failure(refreshing), await failure()])
      assert.match(said, /-(web|php)-\w+ (crashes|has stopped)[^]*Its last log lines:/);
    await assert.rejects(host.get("more.localhost"));
  });

  it("is gone without a trace after the next good up", async () => {
    configure([]);
    await host.up();
    assert.deepEqual(await endStateOf(host), good);
  });

  it("that doesn't answer, or with errors, is given its time and then no more", async () => {
    running = await host.containers();
    configure(LATE);
    const { code, stderr } = await host.varvol("up");
    assert.equal(code, 1);
    assert.match(stderr, /silent-web-\w+ is not healthy after 60 seconds: .*(refused|connect)/i);
    assert.match(stderr, /\| waiting for nothing/);
    assert.match(stderr, /failing-web-\w+ is not healthy after 60 seconds: http:\/\/\S+ answers 500/);
    await serveStill();
  });

  it("gives way to an image of one's own that serves", async () => {
    configure([], { own: { exits: images.get("fine") ?? "" } });
    await host.up();
    assert.equal((await host.get("exits.localhost", "/fresh")).body, "own");
    configure([]);
    await host.up();
    assert.deepEqual(await endStateOf(host), good);
  });

  /** What an `up` says that fails, and leaves the old containers to serve. */
  async function failure(up = () => host.varvol("up")): Promise<string> {
    const { code, stdout, stderr } = await up();
    assert.notEqual(code, 0, stdout + stderr);
    await serveStill();
    return stdout + stderr;
  }

  async function serveStill(): Promise<void> {
    const states = await capture(["docker", "inspect", "-f", "{{.State.Status}}", ...running.values()]);
    assert.deepEqual(new Set(states.split("\n")), new Set(["running"]), "each old container runs on");
  }

  /** The sites, some of them with their own broken image, and one with another domain beside. */
  function configure(
    broken: readonly string[],
    { own = {}, extra }: { own?: Record<string, string>; extra?: string } = {},
  ): void {
    host.configure(
      ["bystander", ...SOON, ...LATE].map((name) => ({
        name,
        kind: name === "blog" ? "wordpress" : "static",
        domains: [`${name}.localhost`, ...(extra !== undefined && name === "bystander" ? [extra] : [])],
        ...(name !== "blog" && { import: path.resolve("demo/hello") }),
        ...(broken.includes(name) && { image: images.get(name) }),
        ...(own[name] && { image: own[name] }),
      })),
      { healthTimeout: "60s" },
    );
  }
});

/** A script that runs nginx with this inside its server block. */
function nginx(server: string, exec = "exec"): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (one) => `${one}_temp_path /tmp/${one};`,
  );
  const conf = `daemon off; pid /tmp/pid; events {} http { access_log off; ${temporary.join(" ")} server { ${server} } }`;
  return `echo '${conf}' > /tmp/conf; ${exec} /usr/sbin/nginx -e stderr -c /tmp/conf`;
}
