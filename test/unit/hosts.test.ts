import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { parse } from "yaml";
import { stacksAmong } from "../../base/paths";
import { wordsForEach } from "../../cli/all";
import { wordsOf } from "../../cli/main";
import { onEach } from "../../flows/hosts/all";
import { judgeHost, type Wanted } from "../../flows/hosts/checks";
import { type HostFacts, parseFacts } from "../../flows/hosts/facts";
import { hostTable } from "../../flows/hosts/nftables";
import { newStackFile, refuseOther } from "../../flows/hosts/stackFile";
import { parseLogin } from "../../machine/login";
import { checkConfig } from "../../stacks/problems";
import { textsOf, valuesOf } from "../../stacks/rawConfig";

const SSH = {
  address: "203.0.113.10",
  user: "varvol",
  port: 22,
  hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPQvX8QmTtVGkqZWzoDqKPpVvvgW4hXq1Ni3k8NhPj5u",
  privateKeyFile: "/root/.ssh/id_ed25519",
};

describe("a machine that becomes a host", () => {
  const table = hostTable({ ssh: [22], web: [80, 443] });
  const wanted: Wanted = { user: "varvol", table, now: 1_700_000_000 };
  const whole: HostFacts = {
    system: "debian 13",
    systemd: true,
    sudo: true,
    member: "varvol sudo docker",
    key: 1,
    root: true,
    docker: "26.1.5",
    nft: true,
    firewall: createHash("sha256").update(table).digest("hex"),
    inForce: true,
    atStart: "varvol-host-firewall.service",
    upgrades: "1",
    upgradesInstalled: true,
    clock: "systemd-timesyncd.service",
    time: wanted.now + 2,
    memory: 4_000_000,
    swap: 0,
    free: 20_000_000,
    journal: "500M",
    restart: false,
    ports: "22 ",
  };
  const lacking = (facts: Partial<HostFacts>) =>
    judgeHost({ ...whole, ...facts }, wanted)
      .filter(({ ok }) => !ok)
      .map(({ name, step }) => step ?? name);

  it("lacks nothing where all is there", () => assert.deepEqual(lacking({}), []));

  for (const [what, facts, found] of [
    ["another system", { system: "ubuntu 24.04" }, ["system"]],
    ["no systemd", { systemd: false }, ["system"]],
    ["no nft", { nft: false }, ["packages"]],
    ["no user", { member: "", key: 0, root: false }, ["user"]],
    ["a user without the key", { key: 0 }, ["user"]],
    ["a user who may not use docker", { member: "varvol sudo" }, ["user"]],
    ["a docker that does not answer", { docker: "" }, ["docker"]],
    ["rules of another kind", { firewall: "f00" }, ["firewall"]],
    ["rules that were flushed", { inForce: false }, ["firewall"]],
    ["updates that are turned off", { upgrades: "0" }, ["upgrades"]],
    ["nothing that keeps the time", { clock: "" }, ["clock"]],
    ["a clock that is a minute off", { time: wanted.now - 60 }, ["clock"]],
    ["little memory", { memory: 1_000_000 }, ["swap"]],
    ["no limit of the journal", { journal: "" }, ["journal"]],
    ["a full disk", { free: 1_000_000 }, ["disk"]],
    ["an update that waits", { restart: true }, ["restart"]],
  ] as const)
    it(`is told of ${what}`, () => assert.deepEqual(lacking(facts), found));

  it("is fine with little memory where there is something to swap to", () =>
    assert.deepEqual(lacking({ memory: 1_000_000, swap: 1_000_000 }), []));

  it("says what it has in lines, of which none need be there", () => {
    const facts = parseFacts("system\tdebian 12\nsystemd\tyes\nkey\t\nmember\tvarvol sudo\njournal\t\n");
    assert.deepEqual(
      [facts.system, facts.systemd, facts.key, facts.member],
      ["debian 12", true, 0, "varvol sudo"],
    );
    assert.deepEqual([facts.nft, facts.memory], [false, 0]);
  });

  it("opens ssh's own port and the gateway's, each once, and nothing that docker publishes besides", () => {
    const text = hostTable({ ssh: [2222], web: [443, 80, 443] });
    assert.match(text, /tcp dport \{ 2222 \} accept\n {4}tcp dport \{ 80, 443 \} accept/);
    assert.match(text, /ct original proto-dst != \{ 80, 443 \} drop/);
    assert.match(text, /policy drop/);
  });

  for (const [text, login] of [
    ["root@203.0.113.10", { user: "root", address: "203.0.113.10", port: 22 }],
    ["admin@vps.example.org:2222", { user: "admin", address: "vps.example.org", port: 2222 }],
    ["root@[2001:db8::1]:22", { user: "root", address: "2001:db8::1", port: 22 }],
    ["203.0.113.10", undefined],
    ["-oProxyCommand=x@y", undefined],
    ["root@-oProxyCommand=x", undefined],
    ["root@a b", undefined],
  ] as const)
    it(`reads ${text}`, () => assert.deepEqual(parseLogin(text), login));

  it("gets a stack file that is one", () => {
    const { config } = parse(newStackFile(SSH)) as { config: Record<string, unknown> };
    const checked = checkConfig("prod", valuesOf(textsOf(config)));
    assert.deepEqual(checked.host, SSH);
  });

  it("keeps a stack file that is its own, and refuses another's", () => {
    const own = newStackFile(SSH);
    refuseOther("Pulumi.prod.yaml", own, SSH);
    assert.throws(() => refuseOther("f", own, { ...SSH, address: "203.0.113.11" }), /of 203\.0\.113\.10/);
    assert.throws(() => refuseOther("f", own, { ...SSH, hostKey: "ssh-rsa AAAA" }), /another key/);
    assert.throws(() => refuseOther("f", "config:\n  varvol:kind: local\n", SSH), /no host over ssh/);
  });
});

describe("the command line", () => {
  it("takes a host's verbs in two words, too", () => {
    assert.deepEqual(wordsOf(["host", "init", "root@a"]), ["host-init", "root@a"]);
    assert.deepEqual(wordsOf(["host", "--help"]), ["host", "--help"]);
    assert.deepEqual(wordsOf(["sql", "", "host", "init"]), ["sql", "", "host", "init"]);
  });
});

describe("all hosts", () => {
  it("are those whose stack files are there", () =>
    assert.deepEqual(
      stacksAmong(["Pulumi.yaml", "Pulumi.prod.yaml", "Pulumi.a-b.yaml", "x.yaml", "Pulumi.x.yml"]),
      ["a-b", "prod"],
    ));

  it("get a command each, and one that fails stops no other", async () => {
    const hosts = ["a", "b", "c", "d"].map((stack) => ({ stack, file: `Pulumi.${stack}.yaml` }));
    let running = 0;
    let most = 0;
    const ended = await onEach(hosts, 2, async ({ stack }) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, stack === "a" ? 30 : 5));
      running--;
      return stack === "b" ? 1 : 0;
    });
    assert.deepEqual([ended, most], [[0, 1, 0, 0], 2]);
  });

  it("get the words of the command line but for those that say which they are", () => {
    assert.deepEqual(wordsForEach(["plan", "--all", "--stacks", "there", "--json"], true), ["--json"]);
    assert.deepEqual(wordsForEach(["backup", "blog", "--stacks=there", "--all"], true), ["blog"]);
    assert.throws(() => wordsForEach(["up", "--all", "-s", "prod"], true), /contradict each other/);
    assert.throws(() => wordsForEach(["up", "--stacks", "there"]), /goes with --all/);
  });
});
