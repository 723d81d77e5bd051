import assert from "node:assert/strict";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import * as tls from "node:tls";
import { capture } from "../../base/exec";
import { logIn, openBrowser } from "../support/browser";
import { remove } from "../support/cleanUp";
import { runPhp } from "../support/docker";
import { processes } from "../support/processes";
import { filesOf, normalised, rowsOf, sql } from "../support/siteData";
import { TestHost } from "../support/testHost";
import { until } from "../support/until";

describe("a host that was lost", function () {
  this.timeout(600_000);
  const lost = new TestHost("lost", 18720);
  const found = new TestHost("found", 18730);
  const repository = path.join(lost.folder, "repository");
  const passwordFile = path.join(found.folder, "password");
  const origin = path.join(lost.folder, "origin");
  const domains = ["hello", "docs", "blog"].map((name) => `${name}.localhost`);
  const sites = [
    { name: "hello", kind: "static", domains: [domains[0]], import: path.join(lost.folder, "hello") },
    { name: "docs", kind: "static-git", domains: [domains[1]], git: { url: origin } },
    { name: "blog", kind: "wordpress", domains: [domains[2]], title: "A blog" },
  ];
  const names = sites.map(({ name }) => name);
  let kept: {
    bodies: string[];
    files: string[][];
    rows: Record<string, number>;
    login: { user: string; password: string };
    certificate: string;
  };

  // Ports differ between the two hosts, and so do the addresses in the pages.
  const bodies = (host: TestHost) =>
    Promise.all(
      [...domains.map((domain) => [domain, "/"] as const), [domains[2] ?? "", "/?s=Post"] as const].map(
        async ([domain, target]) =>
          normalised((await host.get(domain, target)).body)
            .replaceAll(String(host.http), "HTTP")
            .replaceAll(String(host.https), "HTTPS"),
      ),
    );
  const loginOf = async (host: TestHost) =>
    JSON.parse((await host.varvol("secret", "blog", "--json")).stdout) as { user: string; password: string };
  const certificateOf = async (host: TestHost) => {
    const options = {
      host: "127.0.0.1",
      port: host.https,
      servername: domains[2],
      rejectUnauthorized: false,
    };
    const socket = tls.connect(options);
    await once(socket, "secureConnect");
    const { fingerprint256 } = socket.getPeerCertificate();
    socket.destroy();
    return fingerprint256;
  };

  before("a host with three sites, a host-backup of it, and nothing else", async () => {
    fs.cpSync("demo/hello", path.join(lost.folder, "hello"), { recursive: true });
    fs.cpSync("demo/docs", origin, { recursive: true });
    const git = ["git", "-C", origin, "-c", "user.name=A", "-c", "user.email=a@example.org"];
    await capture([...git, "init", "-q"]);
    await capture([...git, "add", "."]);
    await capture([...git, "commit", "-q", "-m", "A page"]);
    lost.configure(sites, { backup: { repository } });
    await lost.up();
    await runPhp(
      await lost.container("blog/php"),
      `require '/srv/wordpress/wp-load.php';
       for ($i = 0; $i < 30; $i++) wp_insert_post(['post_title' => "Post $i", 'post_content' => str_repeat('é😀', 500), 'post_status' => 'publish']);
       for ($i = 0; $i < 10; $i++) wp_upload_bits("file$i.txt", null, random_bytes(20000));
       require_once ABSPATH . 'wp-admin/includes/plugin.php';
       file_put_contents(WP_PLUGIN_DIR . '/greets.php', "<?php /* Plugin Name: Greets */ add_action('wp_footer', fn() => print('greeted'));");
       activate_plugin('greets.php');`,
    );
    await sql(
      lost,
      "CREATE DATABASE removed; CREATE TABLE removed.t (id INT); INSERT INTO removed.t VALUES (1), (2)",
    );
    // Encrypted by a passphrase that is lost with the machine.
    const title = ["config", "set", "--secret", "--path", "varvol:sites[2].title", "A blog"];
    const encrypted = await lost.pulumi(...title, "--config-file", lost.configFile);
    assert.equal(encrypted.code, 0, encrypted.stderr);
    assert.match(fs.readFileSync(lost.configFile, "utf8"), /secure:/);
    const kit = JSON.parse((await lost.varvol("recovery-kit", "--json")).stdout) as { password: string };
    fs.writeFileSync(passwordFile, kit.password, { mode: 0o600 });
    const made = await lost.varvol("host-backup");
    assert.equal(made.code, 0, made.stderr);
    kept = {
      bodies: await bodies(lost),
      files: names.map((name) => filesOf(lost, name)),
      rows: await rowsOf(lost, "blog"),
      login: await loginOf(lost),
      certificate: await certificateOf(lost),
    };
    assert.match(kept.bodies[2] ?? "", /greeted/);
    // Containers, networks, volume root, state and stack file; the repository alone is left.
    remove({ namespace: lost.namespace, folder: path.join(lost.folder, "vol") });
    for (const file of ["state", "stack.yaml", "hello"])
      fs.rmSync(path.join(lost.folder, file), { recursive: true });
    fs.mkdirSync(path.join(lost.folder, "state"));
  });

  const restore = (...more: string[]) =>
    found.varvol(
      "host-restore",
      "--repository",
      repository,
      "--password-file",
      passwordFile,
      "--yes",
      ...more,
    );

  it("is not brought back by a wrong password, from a folder without a repository, or over data", async () => {
    const wrong = path.join(found.folder, "wrong");
    fs.writeFileSync(wrong, "wrong");
    const refused = await found.varvol(
      "host-restore",
      "--repository",
      repository,
      "--password-file",
      wrong,
      "--yes",
    );
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /has another password/);
    const nowhere = await found.varvol(
      ...[
        "host-restore",
        "--repository",
        path.join(found.folder, "nowhere"),
        "--password-file",
        passwordFile,
        "--yes",
      ],
    );
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.stderr, /there is no backup repository in/);
    assert.ok(!fs.existsSync(path.join(found.folder, "nowhere")));

    configureFound();
    fs.mkdirSync(path.join(found.root, "hello/site"), { recursive: true });
    fs.writeFileSync(path.join(found.root, "hello/site/mine"), "mine");
    const over = await restore("--keep-config");
    assert.equal(over.code, 1);
    assert.match(over.stderr, /holds data \(hello\)/);
    assert.equal(fs.readFileSync(path.join(found.root, "hello/site/mine"), "utf8"), "mine");
  });

  it("comes back under another name from its repository and password alone, what was there kept aside", async () => {
    configureFound();
    const { code, stdout, stderr } = await restore("--keep-config", "--aside");
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /is back at \S+, after /);
    const aside = fs.readdirSync(found.folder).find((name) => name.startsWith("vol.before-")) ?? "";
    assert.equal(fs.readFileSync(path.join(found.folder, aside, "hello/site/mine"), "utf8"), "mine");
  });

  it("has the same pages, files, rows and certificates, and the login works", async () => {
    assert.deepEqual(await rowsOf(found, "blog"), kept.rows);
    names.forEach((name, i) =>
      assert.deepEqual(dataOf(filesOf(found, name)), dataOf(kept.files[i] ?? []), name),
    );
    assert.deepEqual(await bodies(found), kept.bodies);
    assert.equal(await certificateOf(found), kept.certificate);
    assert.deepEqual(await loginOf(found), kept.login);
    const browser = await openBrowser();
    try {
      await logIn(browser, `https://${domains[2]}:${found.https}`, kept.login);
    } finally {
      await browser.close();
    }
    assert.deepEqual(await sql(found, "SELECT COUNT(*) FROM removed.t"), ["2"]);
  });

  it("is what the stack says: the next up changes nothing, and the next backup works", async () => {
    assert.match(await found.up(), /Nothing changed/);
    const again = await found.varvol("backup", "hello");
    assert.equal(again.code, 0, again.stderr);
  });

  it("comes back by its own stack file too, where there is none", async () => {
    remove({ namespace: found.namespace, folder: found.root });
    remove({ namespace: found.namespace, folder: path.join(found.folder, "stack.yaml") });
    const again = () =>
      lost.varvol(...["host-restore", "--repository", repository, "--password-file", passwordFile, "--yes"]);
    // Killed between two sites, and interrupted once there are containers: it goes on each time.
    const mark = path.join(lost.root, ".varvol/restoring");
    for (const [signal, reached] of [
      ["SIGKILL", () => fs.existsSync(mark) && fs.readFileSync(mark, "utf8").includes("filled hello")],
      ["SIGINT", async () => (await lost.containers()).has("hello/web")],
    ] as const) {
      const restoring = again();
      await until("that point", () => Promise.resolve(reached()), 120);
      const [pid = 0] = processes(new RegExp(`cli/varvol.cjs host-restore .*${lost.configFile}`));
      process.kill(pid, signal);
      assert.notEqual((await restoring).code, 0);
    }
    const { code: unwell, stdout: table } = await lost.varvol("status");
    assert.equal(unwell, 1);
    assert.match(table, /host-restore has not finished/);
    const { code, stdout, stderr } = await again();
    assert.equal(code, 0, stdout + stderr);
    assert.ok(!fs.existsSync(mark));
    assert.deepEqual(await rowsOf(lost, "blog"), kept.rows);
    assert.deepEqual(await bodies(lost), kept.bodies);
    assert.match(await lost.up(), /Nothing changed/);
    const stackFile = fs.readFileSync(lost.configFile, "utf8");
    assert.match(stackFile, /title:\s+secure: v1:/);
    assert.doesNotMatch(stackFile, /A blog/);
  });

  function configureFound(): void {
    found.configure(sites, { backup: { repository } });
  }

  // A new clone has trees of its own.
  function dataOf(files: readonly string[]): string[] {
    return files.filter((line) => !/^(site\/(status\.json|pullers) |repo\/)/.test(line));
  }
});
