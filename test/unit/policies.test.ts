import assert from "node:assert/strict";
import type { HostFacts } from "../../engine/hostFacts";
import { type Preview, previewSchema } from "../../engine/preview";
import type { PlanFacts } from "../../flows/plan/facts";
import { makePlan } from "../../flows/plan/plan";
import { dataAtRisk, DUMP_HOURS } from "../../flows/up/dataAtRisk";
import { resolveConfig } from "../../stacks/config";
import { POLICY_NAMES } from "../../stacks/policies";
import { checkConfig } from "../../stacks/problems";

const facts: PlanFacts = {
  stack: "x",
  volumeRoot: "/var/vol",
  sites: [{ name: "blog", database: true, domains: ["blog.example.org"], scheduled: true }],
  backups: true,
  missing: [],
  images: {
    "varvol/mariadb:aaaaaaaaaaaa": { packages: { "mariadb-server": "1:11.8.3" } },
    "varvol/mariadb:bbbbbbbbbbbb": { packages: { "mariadb-server": "1:12.3.1" } },
  },
  host: { measured: new Map(), images: new Set() },
};

const labels = (owner: string, role: string) => [
  { label: "varvol.owner", value: owner },
  { label: "varvol.role", value: role },
];

const good = {
  image: "varvol/web:0123456789ab",
  memory: 64,
  labels: labels("blog", "web"),
  mounts: [{ type: "bind", source: "/var/vol/blog/site", target: "/srv/site", readOnly: false }],
};

/** A preview of one resource. */
function step(
  name: string,
  op: string,
  now: Record<string, unknown> | undefined,
  old: Record<string, unknown> | undefined = undefined,
  type = "docker:index/container:Container",
): Preview {
  return previewSchema.parse({
    steps: [
      {
        op,
        urn: `urn:pulumi:x::varvol::${type}::${name}`,
        ...(old && { oldState: { type, inputs: old } }),
        ...(now && { newState: { type, inputs: now } }),
      },
    ],
  });
}

/** The same resource as a part of a component, which the program itself makes. */
function within(preview: Preview, component: string, owner: string): Preview {
  const stack = "urn:pulumi:x::varvol::pulumi:pulumi:Stack::varvol-x";
  const parent = `urn:pulumi:x::varvol::${component}::${owner}`;
  const part = ({ urn, oldState, newState, ...rest }: Preview["steps"][number]) => ({
    ...rest,
    urn: urn.replace("::varvol::", `::varvol::${component}$`),
    oldState: oldState && { ...oldState, parent },
    newState: newState && { ...newState, parent },
  });
  const around = { type: component, parent: stack, inputs: {}, outputs: {} };
  return {
    steps: [{ op: "same", urn: parent, oldState: around, newState: around }, ...preview.steps.map(part)],
  };
}

const PASSWORD = "random:index/randomPassword:RandomPassword";
const WORDPRESS = "varvol:index:WordPressSite";

const verdicts = (preview: Preview, more: Partial<PlanFacts> = {}, off: string[] = []) =>
  makePlan(preview, { ...facts, ...more }, off).policies.verdicts.map(
    ({ policy, level, message }) => `${level} ${policy}: ${message}`,
  );

const container = (more: Record<string, unknown>) => step("blog-web", "create", { ...good, ...more });

describe("policies", () => {
  const broken: [policy: string, what: string, preview: Preview, message: RegExp][] = [
    ["pinned-images", "a tag that moves", container({ image: "nginx:latest" }), /nginx:latest may change/],
    ["pinned-images", "a name without a tag", container({ image: "nginx" }), /may change/],
    [
      "gateway-ports",
      "a site's own port",
      container({ ports: [{ internal: 80, external: 8000, ip: "0.0.0.0" }] }),
      /publishes 8000/,
    ],
    ["gateway-ports", "the host's network", container({ networkMode: "host" }), /host's own network/],
    [
      "docker-socket",
      "docker's socket",
      container({ mounts: [{ source: "/var/run/docker.sock", target: "/x" }] }),
      /root on the host/,
    ],
    [
      "docker-socket",
      "its folder",
      container({ mounts: [{ source: "/run/", target: "/x" }] }),
      /root on the host/,
    ],
    ["docker-socket", "all privileges", container({ privileged: true }), /privileged/],
    ["limits", "no memory limit", container({ memory: undefined }), /no memory limit/],
    [
      "data-stays",
      "a moved volume",
      step("blog-web", "replace", { ...good, mounts: [{ ...good.mounts[0], source: "/srv/blog" }] }, good),
      /\/var\/vol\/blog\/site stays behind/,
    ],
    [
      "data-stays",
      "a deleted docker volume",
      step("x", "delete", undefined, {}, "docker:index/volume:Volume"),
      /data would be deleted/,
    ],
    [
      "data-stays",
      "another password for data that stays",
      within(step("blog-database-password", "replace", {}, {}, PASSWORD), WORDPRESS, "blog"),
      /another one/,
    ],
    [
      "data-stays",
      "another key of the authority",
      step("gateway-tls-ca-key", "replace", {}, {}, "tls:index/privateKey:PrivateKey"),
      /browsers trust the old one/,
    ],
    [
      "data-stays",
      "a command that runs at its deletion",
      step("x", "delete", undefined, { delete: "rm -rf /var/vol/x" }, "command:local:Command"),
      /runs a command/,
    ],
    [
      "major-jump",
      "MariaDB's major version",
      step(
        "mysql-server",
        "replace",
        { ...good, image: "varvol/mariadb:bbbbbbbbbbbb", labels: labels("mysql", "mysql") },
        { ...good, image: "varvol/mariadb:aaaaaaaaaaaa", labels: labels("mysql", "mysql") },
      ),
      /11\.8 -> 12\.3 converts the data/,
    ],
  ];

  it("find nothing where nothing is wrong", () => {
    assert.deepEqual(verdicts(container({})), []);
    assert.deepEqual(verdicts(container({ image: `me/site@sha256:${"a".repeat(64)}` })), []);
    const ports = [{ internal: 8080, external: 80, ip: "0.0.0.0" }];
    assert.deepEqual(verdicts(container({ ports, labels: labels("gateway", "net") })), []);
    assert.deepEqual(verdicts(container({ networkMode: "host", labels: labels("gateway", "ipv6") })), []);
  });

  for (const [policy, what, preview, message] of broken) {
    it(`${policy} refuses ${what}, unless it is turned off`, () => {
      const found = verdicts(preview);
      assert.equal(found.length, 1, found.join("\n"));
      assert.ok(found[0]?.startsWith(`error ${policy}: `), found[0]);
      assert.match(found[0] ?? "", message);
      assert.deepEqual(verdicts(preview, {}, [policy]), []);
    });
  }

  it("data-stays lets sockets lie elsewhere: each up makes them", () => {
    const at = (source: string) => ({ ...good, mounts: [...good.mounts, { source, target: "/run/php" }] });
    const moved = step("blog-php", "replace", at("/var/vol/blog/run/php"), at("/var/vol/blog/run"));
    assert.deepEqual(verdicts(moved), []);
  });

  it("docker-socket lets the host's agent have it, as it is and no other way", () => {
    const agent = {
      ...{ image: `varvol/agent:${"a".repeat(12)}`, networkMode: "none", labels: labels("agent", "agent") },
      mounts: ["/var/run/docker.sock", "/var/vol"].map((source) => ({ source, target: source })),
    };
    assert.deepEqual(verdicts(container(agent)), []);
    const others: Record<string, unknown>[] = [
      { image: `varvol/web:${"a".repeat(12)}` },
      { networkMode: "bridge" },
      { labels: labels("blog", "web") },
      { privileged: true },
      { ports: [{ internal: 80, external: 8000, ip: "0.0.0.0" }] },
      { mounts: [...agent.mounts, { source: "/etc", target: "/etc" }] },
    ];
    for (const other of others)
      assert.match(
        verdicts(container({ ...agent, ...other })).join(),
        /error docker-socket/,
        JSON.stringify(other),
      );
  });

  it("major-jump is content with a dump of the last day", () => {
    const jump = broken.find(([policy]) => policy === "major-jump")?.[2];
    assert.ok(jump);
    assert.deepEqual(verdicts(jump, { dumpAge: 3 }), []);
    assert.equal(verdicts(jump, { dumpAge: 30 }).length, 1);
  });

  it("data-stays lets the backups' timer go, and no other command that does something at its end", () => {
    const ends = step("backup-schedule", "delete", undefined, { delete: "x" }, "command:local:Command");
    assert.deepEqual(verdicts(within(ends, "varvol:index:Schedule", "backup")), []);
    assert.deepEqual(verdicts(within(ends, "varvol:index:Repository", "backup")), [
      "error data-stays: its deletion runs a command on the host",
    ]);
  });

  it("data-stays lets a site go with its password: purge alone deletes its data", () => {
    const gone = step("blog-old-salt", "delete", undefined, {}, PASSWORD);
    // Another site's name begins as its does.
    assert.deepEqual(verdicts(within(gone, WORDPRESS, "blog-old")), []);
    assert.equal(verdicts(within(gone, WORDPRESS, "blog")).length, 1);
  });

  it("backup-schedule warns of sites without one, and refuses them once the host has backups", () => {
    const sites = [{ name: "blog", database: false, domains: ["blog.example.org"], scheduled: false }];
    assert.deepEqual(verdicts(container({}), { sites, backups: false }), [
      "warning backup-schedule: no backup is scheduled",
    ]);
    assert.deepEqual(verdicts(container({}), { sites }), ["error backup-schedule: no backup is scheduled"]);
    assert.deepEqual(verdicts(container({}), { sites }, ["backup-schedule"]), []);
  });

  it("are turned off by the stack file, each by its name", () => {
    const read = (policies: unknown) => resolveConfig("x", checkConfig("x", { kind: "local", policies }));
    assert.deepEqual(read({ limits: "off" }).policiesOff, ["limits"]);
    assert.deepEqual(read(undefined).policiesOff, []);
    assert.throws(() => read({ limit: "off" }), /varvol:policies\.limit: is not a key/);
    assert.throws(() => read({ limits: "on" }), /varvol:policies\.limits: "on" must be off/);
    assert.equal(POLICY_NAMES.length, 7);
  });
});

describe("data at risk", () => {
  const config = resolveConfig("x", checkConfig("x", { kind: "local" }));
  const found: HostFacts = {
    baseImage: true,
    free: { volumes: 1, docker: 1 },
    listeners: new Map(),
    volumes: [],
    filled: new Set(),
    databases: new Set(),
    unproven: new Set(),
    renamed: new Map(),
    renaming: new Set(),
    off: new Set(),
    routed: new Set(),
    pulls: new Set(),
    serves: new Map(),
    running: new Set(),
    mariadb: "10.11.6-MariaDB",
  };

  it("is a conversion of the databases without a dump of the last day", () => {
    assert.match(dataAtRisk(config, found).join(), /MariaDB 10\.11 -> \d+\.\d+ converts the data for good/);
    assert.match(dataAtRisk(config, { ...found, dumpAge: DUMP_HOURS }).join(), /converts/);
    assert.deepEqual(dataAtRisk(config, { ...found, dumpAge: DUMP_HOURS - 1 }), []);
    assert.deepEqual(dataAtRisk({ ...config, policiesOff: ["major-jump"] }, found), []);
  });

  it("is a volume root that has moved away from its data", () => {
    const moved = { ...found, mariadb: undefined, rootSoFar: "/var/vol" };
    assert.match(
      dataAtRisk({ ...config, volumeRoot: "/srv/vol" }, moved).join(),
      /all data lies in \/var\/vol/,
    );
    assert.deepEqual(dataAtRisk({ ...config, policiesOff: ["data-stays"] }, moved), []);
  });
});
