import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { attempt, capture } from "../../base/exec";
import { TestHost } from "../support/testHost";
import { until } from "../support/until";

/** Addresses that visitors come from, of two networks, and one that the gateway listens at. */
const [HERE, THERE, ELSEWHERE, OWN] = [
  "fd00:aaaa::1",
  "fd00:aaaa::2:1",
  "fd00:bbbb:0:1::1",
  "fd00:cccc::1",
] as const;

describe("visitors over IPv6", function () {
  this.timeout(300_000);
  const host = new TestHost("ipv6", 19160);
  const code = path.join(host.folder, "code");

  before(async () => {
    for (const address of [HERE, THERE, ELSEWHERE, OWN])
      await capture(["ip", "-6", "addr", "replace", `${address}/128`, "dev", "lo"]);
    fs.mkdirSync(code);
    fs.writeFileSync(path.join(code, "index.php"), "<?php echo $_SERVER['REMOTE_ADDR'];");
    configure(["127.0.0.1", "::1", OWN]);
    await host.up();
  });

  after(async () => {
    for (const address of [HERE, THERE, ELSEWHERE, OWN])
      await attempt(["ip", "-6", "addr", "del", `${address}/128`, "dev", "lo"]);
  });

  function configure(addresses: readonly string[]): void {
    host.configure([{ name: "app", kind: "php", domains: ["app.localhost"], import: { content: code } }], {
      gateway: { http: host.http, https: host.https, addresses, accessLog: "all" },
    });
  }

  async function ask(
    from: string,
    to = "::1",
    scheme: "http" | "https" = "http",
    target = "/",
  ): Promise<string> {
    const at = to.includes(":") ? `[${to}]` : to;
    const { stdout } = await attempt([
      ...["curl", "-sk", "-m", "10", "-w", " %{http_code}", "--interface", from],
      ...["--connect-to", `::${at}:`, `${scheme}://app.localhost:${host[scheme]}${target}`],
    ]);
    return stdout;
  }

  /** The codes of so many answers, asked for at the same time. */
  async function askOften(from: string, count: number): Promise<string[]> {
    const { stdout } = await attempt([
      ...[
        "curl",
        "-sZ",
        "--parallel-max",
        String(count),
        "-m",
        "25",
        "-w",
        "%{http_code}\\n",
        "-o",
        "/dev/null",
      ],
      ...["--interface", from, "--connect-to", "::[::1]:", `http://app.localhost:${host.http}/?[1-${count}]`],
    ]);
    return stdout.trim().split("\n");
  }

  it("are known by their own addresses, as over IPv4", async () => {
    assert.equal(await ask(HERE), `${HERE} 200`);
    assert.equal(await ask(ELSEWHERE, OWN, "https"), `${ELSEWHERE} 200`);
    assert.match(await ask("127.0.0.1", "127.0.0.1"), /^[\d.]+ 200$/);
    const gateway = await host.container("gateway/gateway");
    const line = `${HERE} app.localhost "GET / HTTP/1.1" 200 `;
    await until("the line in the log", async () =>
      (await capture(["docker", "logs", gateway])).includes(line),
    );
  });

  it("are answered at the addresses that are named, and at no other", async () => {
    assert.equal(await ask(HERE, HERE), " 000");
    const name = await attempt(["curl", "-sk", "-m", "10", `https://[::1]:${host.https}/`]);
    assert.notEqual(name.code, 0, "a host name that is no site's");
  });

  it("are counted by the network that they have whole", async () => {
    // More than one network may ask for at once, and may have wait; and neither address alone.
    const codes = await Promise.all([HERE, THERE, HERE].map((from) => askOften(from, 300)));
    assert.ok(codes.join().includes("429"), "two addresses of one network");
    assert.equal(await ask(ELSEWHERE), `${ELSEWHERE} 200`);
  });

  it("may come at another address once it is in the stack file, and the host is as the program says", async () => {
    configure(["127.0.0.1", "::1", HERE]);
    const plan = await host.varvol("plan");
    assert.match(
      plan.stdout,
      /gateway\/ipv6 is replaced[\s\S]*interrupts about 1 s: new connections over IPv6/,
    );
    await host.up();
    assert.equal(await ask(ELSEWHERE, HERE), `${ELSEWHERE} 200`);
    assert.equal(await ask(ELSEWHERE, OWN), " 000");
    assert.match(await host.up(), /Nothing changed: the host is what the stack says/);
    for (const verb of ["status", "drift"]) {
      const { code, stdout, stderr } = await host.varvol(verb);
      assert.equal(code, 0, stdout + stderr);
    }
  });
});
