import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { bytes } from "../../base/words";
import { secretsOnly, standsForThings } from "../../flows/backup/hostCopy";
import { nameRun } from "../../agent/runName";
import { chooseRun, type ResticSnapshot, runsOf } from "../../flows/backup/runs";
import { readTaken, subjectsOf } from "../../flows/backup/take";
import { progressIn } from "../../flows/backup/text";
import { readCredentials } from "../../stacks/credentials";
import { checkConfig } from "../../stacks/problems";

const snapshot = (id: string, time: string, ...tags: string[]): ResticSnapshot => ({
  id,
  time: `2026-11-${time}`,
  tags,
  summary: { total_bytes_processed: 100, data_added_packed: 10 },
});

const SNAPSHOTS = [
  snapshot("a", "20T03:00:00Z", "site=blog", "run=one", "part=database"),
  snapshot("b", "20T03:00:01Z", "site=blog", "run=one", "part=files"),
  snapshot("c", "20T03:00:02Z", "site=blog", "run=one", "part=manifest", "complete"),
  snapshot("d", "21T03:00:00Z", "site=blog", "run=two", "part=database"),
  snapshot("e", "19T03:00:00Z", "site=docs", "run=other", "part=manifest", "complete"),
  snapshot("f", "19T04:00:00Z"),
];

describe("runs of backups", () => {
  it("are whole only with their last part; what isn't Varvol's is left out", () => {
    const runs = runsOf(SNAPSHOTS);
    assert.deepEqual(
      runs.map(({ site, run, complete, size }) => [site, run, complete, size]),
      [
        ["blog", "two", false, 100],
        ["blog", "one", true, 300],
        ["docs", "other", true, 100],
      ],
    );
  });

  it("are chosen by the beginning of their name, and only whole ones of the site itself", () => {
    const runs = runsOf(SNAPSHOTS);
    assert.equal(chooseRun(runs, "blog").run, "one");
    assert.equal(chooseRun(runs, "blog", "on").run, "one");
    assert.throws(() => chooseRun(runs, "blog", "two"), /was cut off/);
    assert.throws(() => chooseRun(runs, "blog", "oth"), /is a snapshot of docs, not of blog/);
    assert.throws(() => chooseRun(runs, "blog", "x"), /is no snapshot/);
    assert.throws(() => chooseRun(runs, undefined), /no snapshot of the host/);
  });

  it("have names that sort by time", () => {
    assert.equal(nameRun(new Date("2026-11-21T13:55:01.234Z"), "3fa9"), "20261121t135501-3fa9");
  });
});

describe("what a backup says", () => {
  it("is read from the agent's messages", () => {
    const part = (name: string, what: "files" | "database") => ({
      ...{ type: "part" as const, name, part: what, size: 5, added: 2 },
    });
    const said = [
      { type: "warning" as const, name: "blog", text: "locked while dumped: x (MyISAM)" },
      { type: "started" as const, after: 1.5 },
      ...[part("blog", "database"), part("blog", "files"), part("docs", "files")],
    ];
    assert.deepEqual(readTaken(said, "blog", "r", "stop"), {
      ...{ name: "blog", run: "r", mode: "stop", size: 10, added: 4, stopped: 1.5 },
      warnings: ["blog: locked while dumped: x (MyISAM)"],
    });
    const progress = [
      { type: "progress" as const, at: 1024 },
      { type: "progress" as const, at: 1024, of: 4096 },
      { type: "step" as const, text: "at last" },
    ];
    assert.deepEqual(progress.map(progressIn), ["1.0 KiB so far", "1.0 KiB of 4.0 KiB", undefined]);
    assert.deepEqual([0, 1023, 1024, 5_000_000].map(bytes), ["0 B", "1023 B", "1.0 KiB", "4.8 MiB"]);
  });

  it("is of the sites that were named, and mysql where one needs it", () => {
    const { sites } = checkConfig("home", {
      kind: "local",
      sites: [
        { name: "hello", kind: "static", domains: ["hello.localhost"] },
        { name: "blog", kind: "wordpress", domains: ["blog.localhost"] },
      ],
    });
    const config = { stack: "home", sites };
    assert.deepEqual(subjectsOf(config, [], true), [
      [{ kind: "module", name: "mysql", folders: [], database: true }],
      [
        { kind: "static", name: "hello", folders: ["site"], database: false },
        {
          ...{ kind: "wordpress", name: "blog", folders: ["content", "root"], database: true },
          application: "wordpress" as const,
        },
      ],
    ]);
    assert.throws(() => subjectsOf(config, ["blgo"], false), /blgo is no site of home/);
  });
});

describe("a lost host's state", () => {
  const urn = (type: string, name: string) => `urn:pulumi:old::varvol::${type}::${name}`;
  const password = "varvol:index:Site$random:index/randomPassword:RandomPassword";
  const state = JSON.stringify({
    version: 3,
    deployment: {
      manifest: {},
      resources: [
        { urn: urn("varvol:index:Site", "blog"), type: "varvol:index:Site" },
        {
          urn: urn(password, "a-blog-password"),
          type: "random:index/randomPassword:RandomPassword",
          dependencies: [urn("docker:index/container:Container", "a-x")],
          provider: `${urn("pulumi:providers:random", "default")}::1`,
        },
        { urn: urn("docker:index/container:Container", "a-x"), type: "docker:index/container:Container" },
        {
          urn: urn("pulumi-nodejs:dynamic/backup:Restore", "a-y"),
          type: "pulumi-nodejs:dynamic/backup:Restore",
        },
        { urn: urn("pulumi:providers:pulumi-nodejs", "default"), type: "pulumi:providers:pulumi-nodejs" },
      ],
    },
  });

  it("is taken over without what stood for things, under the new stack's and namespace's names", () => {
    const own = JSON.stringify({
      version: 3,
      deployment: { manifest: {}, secrets_providers: { type: "new" } },
    });
    const taken = secretsOnly(
      { state, stack: "old", namespace: "a-" },
      { name: "new", config: { namespace: "" } },
      own,
    );
    const { deployment } = JSON.parse(taken) as {
      deployment: { secrets_providers: unknown; resources: unknown[] };
    };
    assert.deepEqual(deployment.secrets_providers, { type: "new" });
    assert.deepEqual(deployment.resources, [
      { urn: "urn:pulumi:new::varvol::varvol:index:Site::blog", type: "varvol:index:Site" },
      {
        urn: `urn:pulumi:new::varvol::${password}::blog-password`,
        type: "random:index/randomPassword:RandomPassword",
        dependencies: [],
        provider: "urn:pulumi:new::varvol::pulumi:providers:random::default::1",
      },
    ]);
    assert.equal(standsForThings(taken), false);
    assert.equal(standsForThings(state), true);
  });
});

describe("what a repository's server asks for", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "varvol-unit-"));
  const write = (name: string, text: string) => {
    fs.writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  after(() => fs.rmSync(folder, { recursive: true }));

  it("is a file's lines, with an sftp server's private key in place of its name", () => {
    write("id", "the key");
    const file = write("sftp", "SFTP_PRIVATE_KEY_FILE=id\nSFTP_HOST_KEY='ssh-ed25519 AAAA'\n");
    assert.equal(
      readCredentials("sftp:me@there:/b", file),
      `SFTP_PRIVATE_KEY=${Buffer.from("the key").toString("base64")}\nSFTP_HOST_KEY='ssh-ed25519 AAAA'\n`,
    );
    assert.equal(readCredentials("rest:http://x", write("rest", "A=b")), "A=b");
    assert.equal(readCredentials("/srv/b", undefined), undefined);
  });

  it("is refused where an sftp server's keys are missing", () => {
    assert.throws(
      () => readCredentials("sftp:me@there:/b", undefined),
      /varvol:backup.credentials: is missing: a file with SFTP_PRIVATE_KEY_FILE=… and SFTP_HOST_KEY/,
    );
    const file = write("half", "SFTP_PRIVATE_KEY_FILE=nowhere\n");
    assert.throws(() => readCredentials("sftp:me@there:/b", file), /half has no SFTP_HOST_KEY/);
    const named = write("named", "SFTP_PRIVATE_KEY_FILE=nowhere\nSFTP_HOST_KEY='ssh-rsa AAAA'");
    assert.throws(
      () => readCredentials("sftp:me@there:/b", named),
      /SFTP_PRIVATE_KEY_FILE: .*nowhere can't be read/,
    );
  });
});

describe("the configuration of backups", () => {
  const check = (backup: unknown, more: Record<string, unknown> = {}) =>
    checkConfig("home", { kind: "local", sites: [], backup, ...more }).backup;

  it("refuses what can't work", () => {
    assert.throws(
      () => check({ repository: "/b", every: "1m" }),
      /every: "1m" must be a time between 5m and/,
    );
    assert.throws(() => check({ repository: "/b", at: "3:00" }), /at: "3:00" must be a time of the day/);
    assert.throws(() => check({ repository: "/b", hook: { webhook: "ftp://x" } }), /hook/);
    assert.throws(() => check({ repository: "ftp:x" }), /varvol:backup.repository: "ftp:x" must be a folder/);
    assert.throws(() => check({ repository: "/srv/my backups" }), /without spaces/);
    assert.throws(() => check({ repository: "/b", keep: {} }), /must name at least one of last, daily/);
    const host = { address: "a", hostKey: "ssh-ed25519 AAAA", privateKeyFile: "k" };
    assert.equal(check({ repository: "/b" }, { host })?.repository, "/b");
    assert.equal(check({ repository: "rest:https://b/" }, { host })?.repository, "rest:https://b/");
  });
});
