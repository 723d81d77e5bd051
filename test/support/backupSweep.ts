import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { randomFrom, runAndKill } from "./interrupt";
import type { KeptHost } from "./keptHost";
import { filesOf } from "./siteData";
import { until } from "./until";

export interface SweepArgs {
  readonly host: KeptHost;
  readonly site: string;
  readonly count: number;
  readonly seed: number;
}

/** What is killed: the tool on the host with its process group, the command line alone, or every process of either. */
const VICTIMS = ["tool", "command", "all"] as const;
type Victim = (typeof VICTIMS)[number];

/**
 * Kills a backup at random moments, again and again. After each: nothing stays stopped, every complete run is one that
 * can be restored, and the next backup is clean.
 */
export async function killBackups({ host, site, count, seed }: SweepArgs): Promise<void> {
  const random = randomFrom(seed);
  const states = await host.states();
  const folder = ["site", "content"].find((name) => fs.existsSync(path.join(host.root, site, name))) ?? "";
  const blob = path.join(host.root, site, folder, "blob");
  fs.writeFileSync(blob, randomBytes(2_000_000));
  const lasts = await timed(() => host.ok("backup", site, "--mode", "stop"));
  const known = new Set((await host.complete()).map(({ run }) => run));
  const tally = { cutOff: 0, complete: 0 };
  for (let i = 0; i < count; i++) {
    const mode = i % 2 === 0 ? "stop" : "hot";
    const victim = VICTIMS[Math.floor(i / 2) % VICTIMS.length] ?? "tool";
    const delay = Math.round(random() * lasts);
    const what = `${i + 1}: ${mode}, ${victim} killed after ${delay} of ${Math.round(lasts)} ms (seed ${seed})`;
    fs.writeFileSync(blob, randomBytes(2_000_000));
    const files = filesOf(host, site);
    await kill(host, ["backup", site, "--mode", mode], victim, delay);
    if (victim !== "all") {
      // Nothing else is run for it: the tool goes on to its end, or a process beside it starts what it stopped.
      await host.untilIdle();
      await host.untilStates(states);
      await until(what, async () => (await host.get(`${site}.localhost`)).status === 200);
    }
    const added = (await host.complete()).filter(({ run }) => !known.has(run));
    assert.ok(added.length <= 1, what);
    tally[added.length > 0 ? "complete" : "cutOff"]++;
    for (const { run } of added) await matches(host, site, run, files, what);

    await host.ok("backup", site);
    await host.checked();
    const complete = await host.complete();
    const [newest] = complete.filter((one) => one.site === site);
    assert.ok(newest && !known.has(newest.run), what);
    await matches(host, site, newest.run, files, what);
    await host.untilStates(states);
    for (const { run } of complete) known.add(run);
    if (i % 10 === 9) {
      await host.ok("restore", site, "--yes");
      assert.deepEqual(filesOf(host, site), files, what);
    }
  }
  fs.rmSync(blob);
  console.log(
    `      ${count} backups killed (seed ${seed}): ${tally.cutOff} left no snapshot, ${tally.complete} had one already, 0 failures`,
  );
}

/** Kills `forget` at random moments. After each the next one is clean, and what is kept is as it was, bit for bit. */
export async function killForgets({ host, site, count, seed }: SweepArgs): Promise<void> {
  const random = randomFrom(seed);
  host.keep({ keep: { last: 2 } });
  const blob = path.join(host.root, site, "site/blob");
  const kept = new Map<string, string[]>();
  const backup = async () => {
    fs.writeFileSync(blob, randomBytes(2_000_000));
    const [taken] = JSON.parse(await host.ok("backup", site, "--json")) as { run: string }[];
    kept.set(taken?.run ?? "", filesOf(host, site));
  };
  for (let i = 0; i < 2; i++) await backup();
  const lasts = await timed(() => host.ok("forget", site, "--yes"));
  for (let i = 0; i < count; i++) {
    await backup();
    const victim = VICTIMS[i % VICTIMS.length] ?? "tool";
    const delay = Math.round(random() * lasts);
    const what = `${i + 1}: ${victim} killed after ${delay} of ${Math.round(lasts)} ms (seed ${seed})`;
    await kill(host, ["forget", site, "--yes"], victim, delay);
    if (victim !== "all") await host.untilIdle();
    const left = (await host.complete()).filter((one) => one.site === site);
    assert.ok(left.length >= 2, what);
    for (const { run } of left) await matches(host, site, run, kept.get(run), what);

    await host.ok("forget", site, "--yes");
    await host.checked();
    const newest = (await host.snapshots()).filter((one) => one.site === site);
    assert.deepEqual(
      newest.map(({ complete }) => complete),
      [true, true],
      what,
    );
    for (const { run } of newest) await matches(host, site, run, kept.get(run), what);
  }
  fs.rmSync(blob);
  console.log(`      ${count} forgets killed (seed ${seed}): every retained snapshot bit-exact, 0 failures`);
}

async function kill(host: KeptHost, args: readonly string[], victim: Victim, delay: number): Promise<void> {
  if (victim !== "tool") {
    await runAndKill(host, args, { writes: 0, delay, tools: victim === "all" });
    return;
  }
  const run = host.varvol(...args);
  await Promise.race([sleep(delay), run]);
  await host.killJob(args[0] ?? "");
  await run;
}

async function matches(
  host: KeptHost,
  site: string,
  run: string,
  files: readonly string[] | undefined,
  what: string,
): Promise<void> {
  assert.deepEqual(await host.filesIn(site, run), files, `${what}: ${run}`);
  if (fs.existsSync(path.join(host.root, site, "content"))) await host.dumpIn(site, run);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
