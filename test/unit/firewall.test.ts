import assert from "node:assert/strict";
import * as path from "node:path";
import { type FirewallArgs, firewallRules, ruleLine } from "../../components/firewall";
import { NETWORKS } from "../../components/networks";
import { forgeOf } from "../../components/sites/forge";
import type { HostFacts } from "../../engine/hostFacts";
import { checkHost } from "../../flows/preflight";
import { firewall } from "../../machine/tools";
import { resolveConfig } from "../../stacks/config";
import { checkConfig } from "../../stacks/problems";
import { forgesOf, publishedAt } from "../../stacks/reach";
import { HostTools } from "../support/hostTool";

const bridges = { web: "br-w", database: "br-d", abroad: "br-a" };
const args: FirewallArgs = { bridges, label: "varvol/prod", published: [], forges: [] };
const texts = (more: Partial<FirewallArgs>, family: 4 | 6 = 4) =>
  firewallRules({ ...args, ...more }).flatMap((one) =>
    one.family === family ? [`${one.when} ${one.text}`] : [],
  );

describe("what containers may reach", () => {
  it("ends with nothing that no rule allows, on every network, to the host as well as onwards", () => {
    for (const family of [4, 6] as const) {
      const all = texts({}, family);
      for (const bridge of Object.values(bridges)) {
        assert.ok(all.includes(`always @input -i ${bridge} -j DROP`), bridge);
        assert.ok(all.includes(`always @forward -o ${bridge} -j DROP`), bridge);
      }
      for (const bridge of ["br-w", "br-d"]) assert.ok(all.includes(`always @forward -i ${bridge} -j DROP`));
    }
  });

  it("lets nothing to the host on the gateway's network", () => {
    const all = texts({ published: publishedAt({ addresses: ["0.0.0.0"], http: 80, https: 443 }) });
    const toHost = all.filter((one) => /@input -i br-w/.test(one));
    assert.deepEqual(
      toHost.filter((one) => !/^resolvers .* --sport 1024:8079 --dport 53 |^old=/.test(one)),
      ["always @input -i br-w -j DROP"],
    );
  });

  it("lets the gateway ask for names wherever that is, from its own ports, and no web container", () => {
    const onward = texts({}).filter((one) => /^always @forward -i br-w .* --dport 53 /.test(one));
    assert.deepEqual(
      onward.map((one) => one.replace(/.*-m /, "")),
      ["udp --sport 1024:8079 --dport 53 -j RETURN", "tcp --sport 1024:8079 --dport 53 -j RETURN"],
    );
  });

  it("lets php ask where visitors do, by their family, and not where only the machine itself can", () => {
    const asked = (addresses: string[], family: 4 | 6) =>
      texts({ published: publishedAt({ addresses, http: 80, https: 443 }) }, family)
        .filter(
          (one) => one.includes("@input -i br-a") && one.includes("-p tcp -m tcp") && !one.includes(" 53 "),
        )
        .map((one) => one.replace(/^always @input -i br-a ?| -j RETURN$/g, ""));
    const ports = ["-p tcp -m tcp --dport 80", "-p tcp -m tcp --dport 443"];
    assert.deepEqual(asked(["0.0.0.0", "::"], 4), ports);
    assert.deepEqual(asked(["0.0.0.0", "::"], 6), ports);
    assert.deepEqual(
      asked(["203.0.113.5"], 4),
      ports.map((port) => `-d 203.0.113.5 ${port}`),
    );
    assert.deepEqual(asked(["203.0.113.5"], 6), []);
    assert.deepEqual(asked(["127.0.0.1", "::1"], 4), []);
    assert.deepEqual(asked(["127.0.0.1", "::1"], 6), []);
  });

  it("asks a name server before it forbids link-local addresses, where clouds have theirs", () => {
    const all = texts({});
    const resolvers = all.findIndex((one) => one.startsWith("resolvers @leave"));
    const forbidden = all.findIndex((one) => one.includes("@leave -d 169.254.0.0/16 -j DROP"));
    assert.ok(resolvers >= 0 && resolvers < forbidden);
  });

  it("lets nothing out of MySQL's network, but for php that was made before it had a way of its own", () => {
    const out = texts({}).filter((one) => /@(forward|input) -i br-d (?!-o br-d )/.test(one));
    assert.deepEqual(
      out.filter((one) => !one.endsWith("-j DROP")),
      [
        "old=php:varvol/prod @forward -i br-d -g @leave",
        "old=php:varvol/prod @input -i br-d -p udp -m udp --dport 53 -j RETURN",
      ],
    );
    const [onward = -1, gateway = -1] = [
      "always @forward -i br-d -o br-w -j DROP",
      "always @forward -o br-w -m conntrack --ctstate DNAT -j RETURN",
    ].map((one) => texts({}).indexOf(one));
    assert.ok(onward >= 0 && onward < gateway);
  });

  it("lets php hand in mail where there is a server for it, which asks MySQL nothing", () => {
    const within = (mail?: boolean) => texts({ mail }).filter((one) => /@forward -i br-d -o br-d/.test(one));
    const mysql = "always @forward -i br-d -o br-d -p tcp -m tcp --dport 3306 -j RETURN";
    assert.deepEqual(within(), [mysql]);
    assert.deepEqual(within(true), [
      "always @forward -i br-d -o br-d -p tcp -m tcp --sport 1024:3306 --dport 3306 -j DROP",
      mysql,
      "always @forward -i br-d -o br-d -p tcp -m tcp --dport 587 -j RETURN",
    ]);
  });

  it("has php go out by the network whose name comes first, as docker chooses", () => {
    const { abroad, ...others } = NETWORKS;
    assert.ok(Object.values(others).every((name) => abroad < name));
  });

  it("names no container by its address", () => {
    assert.ok(texts({}).every((one) => !/ -[sd] (10|172|192\.168)\./.test(one)));
  });
});

describe("a host whose kernel can't keep containers apart", () => {
  it("is refused before anything is made there", () => {
    const config = resolveConfig("x", checkConfig("x", { kind: "local" }));
    const well: HostFacts = {
      ...{ docker: "28", baseImage: true, free: { volumes: 1e5, docker: 1e5 }, listeners: new Map() },
      ...{
        volumes: [],
        unproven: new Set(),
        filled: new Set(),
        databases: new Set<string>(),
        routed: new Set(),
        running: new Set(),
      },
      ...{ pulls: new Set(), serves: new Map(), renamed: new Map(), renaming: new Set(), off: new Set() },
    };
    assert.deepEqual(checkHost(config, well), []);
    assert.deepEqual(
      checkHost(config, { ...well, unfiltered: "it has no iptables: apt-get install iptables" }),
      [
        "this machine: sites could reach each other there, because it has no iptables: apt-get install iptables",
      ],
    );
  });
});

describe("the server that a repository comes from", () => {
  for (const [url, expected] of [
    ["https://github.com/a/b.git", "github.com 443"],
    ["http://172.17.0.1:18318/docs", "172.17.0.1 18318"],
    ["https://user@git.example.org:8443/a", "git.example.org 8443"],
    ["ssh://git@git.example.org/a.git", "git.example.org 22"],
    ["ssh://git@git.example.org:2222/a.git", "git.example.org 2222"],
    ["git://git.example.org/a", "git.example.org 9418"],
    ["git@github.com:a/b.git", "github.com 22"],
    ["git@git.example.org:a/b.git", "git.example.org 22"],
    ["https://[2001:db8::1]:3000/a", "2001:db8::1 3000"],
    ["git@[2001:db8::1]:a", "2001:db8::1 22"],
    ["/srv/git/a.git", undefined],
    ["https://exa mple.org/a", undefined],
    ["https://$(id).example.org/a", undefined],
    ["file:///srv/git", undefined],
  ] as const)
    it(`${url}: ${expected ?? "none"}`, () => {
      const forge = forgeOf(url);
      assert.equal(forge && `${forge.address} ${forge.port}`, expected);
    });

  it("is named once for all sites that come from there", () => {
    const site = (name: string, url: string) => ({
      ...{ name, kind: "static-git" as const, domains: [name], denied: [] },
      git: { url, folder: "", every: 600, hook: false },
    });
    const sites = [site("a", "https://github.com/a/a"), site("b", "https://github.com/b/b")];
    assert.deepEqual(forgesOf({ sites }), [{ address: "github.com", port: 443 }]);
  });
});

describe("firewall", () => {
  let host: HostTools;
  const rules = firewallRules({
    ...args,
    published: publishedAt({ addresses: ["0.0.0.0"], http: 80, https: 443 }),
    forges: [
      { address: "192.0.2.9", port: 3000 },
      { address: "localhost", port: 22 },
    ],
  }).map(ruleLine);
  const bridged = (family: string) => `proc/sys/net/bridge/bridge-nf-call-${family}`;
  /** What iptables-restore was last given. */
  const given = (family: 4 | 6) => host.read(`.varvol/firewall/v${family}`).split("\n");

  beforeEach(() => {
    host = new HostTools();
    process.env.VARVOL_UNITS = host.root;
    process.env.VARVOL_PROC = path.join(host.root, "proc");
    host.file("proc/net/if_inet6");
    for (const family of ["iptables", "ip6tables"]) host.file(bridged(family), "0\n");
    for (const program of ["chown", "modprobe", "systemctl", "docker"]) host.standIn(program, "");
    for (const program of ["iptables", "ip6tables"]) {
      host.standIn(`${program}-restore`, "cat > /dev/null");
      host.standIn(program, "case $* in *-C*) exit 1 ;; esac");
    }
  });
  afterEach(() => {
    delete process.env.VARVOL_UNITS;
    delete process.env.VARVOL_PROC;
    host.remove();
  });

  it("gives the kernel all rules at once, in chains of this host's, and leads there before docker's", async () => {
    assert.match(await host.call(firewall, { verb: "write" }, rules), /^[0-9a-f]{12}\n$/);
    const text = given(4);
    const chain =
      /^:(VARVOL-[0-9a-f]{8})-forward - \[0:0\]$/.exec(text[1] ?? "")?.[1] ?? assert.fail(text[1]);
    assert.deepEqual([text[0], text.at(-2)], ["*mangle", "COMMIT"]);
    assert.ok(text.includes(`-A ${chain}-input -i br-a -p tcp -m tcp --dport 443 -j RETURN`));
    assert.ok(text.includes(`-A ${chain}-forward -i br-a -j ${chain}-leave`));
    assert.ok(!text.some((line) => line.includes("@")));
    for (const [own, hook] of [
      ["forward", "FORWARD"],
      ["input", "INPUT"],
      ["output", "OUTPUT"],
    ])
      assert.ok(host.calls("iptables").includes(`-w 60 -t mangle -I ${hook} -j ${chain}-${own}`));
    assert.ok(host.calls("iptables-restore").every((line) => line === "-w 60 --noflush"));
  });

  it("finds what a stack file names also where it is the host itself", async () => {
    await host.call(firewall, { verb: "write" }, rules);
    const forges = given(4).filter((line) => /-input -i br-a .* -d /.test(line) && !line.includes(" 53 "));
    assert.deepEqual(
      forges.map((line) => line.replace(/.*br-a /, "")),
      [
        "-p tcp -m tcp --sport 1024:3306 --dport 3000 -j RETURN -d 192.0.2.9",
        "-p tcp -m tcp --sport 1024:3306 --dport 22 -j RETURN -d 127.0.0.1",
      ],
    );
  });

  it("lets a gateway from before ask on until it is gone", async () => {
    const open = (line: string) => /-i br-w -o br-w -p tcp -m tcp --dport 8080 -j RETURN/.test(line);
    host.standIn("docker", `case $1 in ps) echo one ;; inspect) cat '${host.root}/sysctls' ;; esac`);
    host.file("sysctls", "null\n");
    await host.call(firewall, { verb: "write" }, rules);
    assert.ok(given(4).some(open));
    assert.match(await host.call(firewall, { verb: "check" }), /may ask more.*run up/);
    host.file("sysctls", '{"net.ipv4.ip_local_port_range":"1024 8079"}\n');
    await host.call(firewall, { verb: "apply" });
    assert.ok(!given(4).some(open));
    assert.doesNotMatch(await host.call(firewall, { verb: "check" }), /may ask more/);
  });

  it("says what is not in force, and nothing where all is", async () => {
    assert.equal(await host.call(firewall, { verb: "check" }), "");
    await host.call(firewall, { verb: "write" }, rules);
    assert.match(await host.call(firewall, { verb: "check" }), /not in force for IPv4/);
    for (const [program, family] of [
      ["iptables", 4],
      ["ip6tables", 6],
    ] as const)
      host.standIn(program, `case $* in *-S*) grep ^-A '${host.root}/.varvol/firewall/v${family}' ;; esac`);
    assert.equal(await host.call(firewall, { verb: "check" }), "");
    host.file(bridged("ip6tables"), "0\n");
    assert.match(await host.call(firewall, { verb: "check" }), /not in force for IPv6/);
    await host.call(firewall, { verb: "restore" });
    assert.equal(host.read(bridged("ip6tables")), "1\n");
    for (const family of [4, 6] as const)
      host.file(`.varvol/firewall/v${family}`, `${given(family).join("\n")}-A one more\n`);
    host.standIn("iptables", "");
    assert.match(await host.call(firewall, { verb: "check" }), /not in force for IPv4/);
  });

  it("fails where the kernel takes the rules for none, or they are none", async () => {
    await assert.rejects(
      host.call(firewall, { verb: "write" }, ["4 always -A INPUT -j DROP"]),
      /no list of rules/,
    );
    host.standIn("iptables-restore", "echo 'line 3 failed' >&2; exit 2");
    await assert.rejects(host.call(firewall, { verb: "write" }, rules), /line 3 failed/);
  });

  it("takes all of it back", async () => {
    await host.call(firewall, { verb: "write" }, rules);
    await host.call(firewall, { verb: "remove" });
    assert.ok(!host.has(".varvol/firewall"));
    const calls = host.calls("iptables").join("\n");
    for (const chain of ["forward", "input", "output", "leave"])
      assert.match(calls, new RegExp(`-X VARVOL-[0-9a-f]{8}-${chain}$`, "m"));
  });
});
