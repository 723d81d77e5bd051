import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { killBackups, killForgets } from "../../support/backupSweep";
import type { KeptHost } from "../../support/keptHost";
import { filesOf, rowsOf, sql } from "../../support/siteData";
import { until } from "../../support/until";

/** What fails or is killed leaves nothing stopped, nothing that looks whole and is not, and the data as it was. */
export function interruptionCases(host: KeptHost): void {
  it("stops what writes for the last changes only, and starts it again", async () => {
    const before = await host.states();
    const [taken] = JSON.parse(await host.ok("backup", "blog", "--mode", "stop", "--json")) as {
      stopped: number;
    }[];
    assert.ok(taken && taken.stopped > 0 && taken.stopped < 10, String(taken?.stopped));
    assert.deepEqual(await host.states(), before);
  });

  it("takes no snapshot of a database that can't be dumped, and none that looks whole", async () => {
    const before = await host.complete();
    // Its history can't be written as statements.
    const columns =
      "a BIGINT UNSIGNED AS ROW START, b BIGINT UNSIGNED AS ROW END, PERIOD FOR SYSTEM_TIME (a, b)";
    await sql(host, `CREATE TABLE copy.precise (id INT, ${columns}) WITH SYSTEM VERSIONING`);
    const said = await host.refused("backup", "copy");
    await sql(host, "DROP TABLE copy.precise");
    assert.match(said, /copy: database could not be kept[\s\S]*dump-history for table `precise`/);
    assert.deepEqual(await host.complete(), before);
  });

  const seed = Number(process.env.VARVOL_SEED || Math.floor(Math.random() * 1e9));

  it("leaves nothing stopped and nothing half when the backup is killed, and the next one is clean", () =>
    killBackups({ host, site: "blog", count: 2, seed }));

  it("keeps what is to be kept when forget is killed", () =>
    killForgets({ host, site: "hello", count: 1, seed }));

  it("brings the previous data back when the restore is killed in the switch", async () => {
    const [first] = (await host.complete()).filter(({ site }) => site === "blog").slice(1);
    const [rows, files] = [await rowsOf(host, "blog"), filesOf(host, "blog")];
    const journal = path.join(host.root, ".varvol/backup/switched/blog");
    const run = host.varvol("restore", "blog", "--snapshot", first?.run ?? "", "--yes");
    for (let i = 0; i < 3000 && !fs.existsSync(journal); i++) await sleep(10);
    await sleep(1500);
    assert.ok(await host.killJob("restore"), "the restore was over before it was killed");
    await run;
    await until("it is put back", () => Promise.resolve(!fs.existsSync(journal)), 60);
    assert.deepEqual(await rowsOf(host, "blog"), rows);
    assert.deepEqual(filesOf(host, "blog"), files);
    await until("it answers", async () => (await host.get("blog.localhost")).status === 200);
  });

  it("brings it back within seconds of Ctrl-C, whatever a visitor has asked for", async () => {
    const [seconds = 0] = await interruptedSwitch(host, [800]);
    assert.ok(seconds < 20, `the site was away for ${seconds} s`);
  });
}

/** Ends a restore by Ctrl-C so many milliseconds after it began to switch; gives the seconds until the site answers again. */
async function interrupted(host: KeptHost, site: string, after: number): Promise<number> {
  const journal = path.join(host.root, `.varvol/backup/switched/${site}`);
  const words = ["cli/varvol.cjs", "restore", site, "--yes", "--config-file", host.configFile];
  const command = spawn(process.execPath, words, { env: host.env, stdio: "ignore", detached: true });
  const ended = new Promise<number | null>((resolve) => command.once("exit", resolve));
  for (let i = 0; i < 6000 && !fs.existsSync(journal) && command.exitCode === null; i++) await sleep(10);
  await sleep(after);
  assert.ok(command.pid !== undefined && command.exitCode === null, "the restore was over before");
  const began = performance.now();
  process.kill(-command.pid, "SIGINT");
  await until("it answers", async () => (await host.get(`${site}.localhost`)).status === 200, 150);
  const seconds = (performance.now() - began) / 1000;
  assert.notEqual(await ended, 0);
  await host.untilIdle();
  return seconds;
}

/**
 * Ctrl-C at a moment of the switch, while a request lasts for a minute and its statement as long: the data from before is
 * back within seconds.
 */
export async function interruptedSwitch(host: KeptHost, moments: readonly number[]): Promise<number[]> {
  const plugins = path.join(host.root, "blog/content/mu-plugins");
  fs.mkdirSync(plugins, { recursive: true });
  const slow = path.join(plugins, "slow.php");
  await host.ok("backup", "blog");
  fs.writeFileSync(
    slow,
    "<?php if (isset($_GET['slow'])) { global $wpdb; $wpdb->query('SELECT SLEEP(60) FROM wp_posts LIMIT 1'); sleep(60); }",
  );
  const [rows, files] = [await rowsOf(host, "blog"), filesOf(host, "blog")];
  const all: number[] = [];
  for (const moment of moments) {
    const request = host.get("blog.localhost", `/?slow=${moment}`).catch(() => undefined);
    await sleep(500);
    all.push(await interrupted(host, "blog", moment));
    await request;
    assert.deepEqual(await rowsOf(host, "blog"), rows);
    assert.deepEqual(filesOf(host, "blog"), files);
  }
  fs.rmSync(slow);
  return all;
}

/** Restores what can't be served: the previous data must come back. */
export async function unanswered(host: KeptHost): Promise<void> {
  const php = path.join(host.root, "blog/content/mu-plugins");
  fs.mkdirSync(php, { recursive: true });
  fs.writeFileSync(path.join(php, "broken.php"), "<?php http_response_code(500); exit;");
  await host.ok("backup", "blog");
  fs.rmSync(php, { recursive: true });
  const [rows, files] = [await rowsOf(host, "blog"), filesOf(host, "blog")];
  assert.match(
    await host.refused("restore", "blog", "--yes"),
    /does not work with the snapshot .*The data from before is back/,
  );
  assert.deepEqual(await rowsOf(host, "blog"), rows);
  assert.deepEqual(filesOf(host, "blog"), files);
  assert.equal((await host.get("blog.localhost")).status, 200);
}
