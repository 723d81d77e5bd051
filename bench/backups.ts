import * as fs from "node:fs";
import * as path from "node:path";
import { performance } from "node:perf_hooks";
import { capture, type Result } from "../base/exec";
import { say } from "../base/output";
import { runAsRoot } from "../machine/setup/root";
import { Load, type LoadResult } from "../test/support/load";
import { restic } from "../test/support/restic";
import { TestHost } from "../test/support/testHost";
import { until } from "../test/support/until";
import { changeSome, fillWithSite } from "./content";
import { atLeast, atMost, type Figure, median, shown } from "./figure";

/** Pairs of a backup and a tar, one after the other. */
const PAIRS = Number(process.env.VARVOL_BENCH_PAIRS || 3);
/** Pairs of a load without a backup and one with: the slowest of 600 requests vary more than anything else here. */
const LOADS = Number(process.env.VARVOL_BENCH_PAIRS || 5);
const DATA = { name: "data", kind: "static", domains: ["data.localhost"] };
const BLOG = { name: "blog", kind: "wordpress", domains: ["blog.localhost"], title: "A blog" };

type Source = "disk" | "memory";

/**
 * Backups against `tar | zstd -3`, and restores against `cp -a`, of the same 1 GB in 20,000 files. Each ends when its own
 * output is on the disk.
 */
export async function backupFigures(host: TestHost): Promise<Figure[]> {
  configure(host, "second");
  await host.up();
  const site = path.join(host.root, "data/site");
  fillWithSite(site);
  fs.writeFileSync(path.join(site, "index.html"), "<h1>served</h1>");
  return [
    ...(await firstBackups(host, site)),
    ...(await secondBackups(host, site)),
    ...(await loadFigures(host, site)),
    atMost("writes stopped by a backup in stop mode (WordPress)", await writeStop(host), 2, "s"),
    ...(await restores(host, site)),
  ];
}

async function firstBackups(host: TestHost, site: string): Promise<Figure[]> {
  const ofTar = async (source: Source, i: number): Promise<number> => {
    // Each goes to a repository of its own.
    configure(host, `${source}${i}`);
    await host.up();
    const tarred = await archive(host, site, source);
    await readFrom(source, site);
    const kept = await timed(() => varvol(host, "backup", "data"));
    say(`  from ${source}: tar | zstd -3 ${tarred.toFixed(1)} s, first backup ${kept.toFixed(1)} s`);
    return tarred / kept;
  };
  const ofTarAlone = async (how: readonly string[]): Promise<number> => {
    const tarred = await archive(host, site, "memory");
    const alone = await resticAlone(host, site, how);
    say(`  tar | zstd -3 ${tarred.toFixed(1)} s, restic alone ${how.join(" ")} ${alone.toFixed(1)} s`);
    return tarred / alone;
  };
  const first = "throughput of a first backup, of that of tar piped into `zstd -3` (1 GB, 20,000 files)";
  const bare = ["--compression", "off", "--no-extra-verify"];
  return [
    atLeast(`${first}, from the disk`, await medianOf((i) => ofTar("disk", i)), 0.8),
    shown("the same from memory", await medianOf((i) => ofTar("memory", i))),
    shown("that of restic alone, without a limit on it", await medianOf(() => ofTarAlone([]))),
    shown("and without its compression and its own check", await medianOf(() => ofTarAlone(bare))),
  ];
}

async function secondBackups(host: TestHost, site: string): Promise<Figure[]> {
  configure(host, "second");
  await varvol(host, "up");
  await varvol(host, "backup", "data");
  const growths: number[] = [];
  const seconds = await medianOf(async () => {
    const changed = changeSome(site);
    let added = 0;
    const took = await timed(async () => {
      const [taken] = JSON.parse(await varvol(host, "backup", "data", "--json")) as { added: number }[];
      added = taken?.added ?? Number.NaN;
    });
    say(`  second backup: ${took.toFixed(2)} s, ${added} bytes for ${changed} changed`);
    growths.push(added / changed);
    return took;
  });
  return [
    atMost("a second backup, less than 1% changed", seconds, 3, "s"),
    atMost("what it adds, of the changed bytes", median(growths), 2),
  ];
}

function configure(host: TestHost, repository: string): void {
  host.configure([DATA, BLOG], { backup: { repository: path.join(host.folder, repository) } });
}

async function archive(host: TestHost, site: string, source: Source): Promise<number> {
  const file = path.join(host.folder, "site.tar.zst");
  await readFrom(source, site);
  const seconds = await timed(() =>
    shell(`tar -C "$1" -cf - . | zstd -3 -q -f -o "$2" && sync "$2"`, site, file),
  );
  fs.rmSync(file);
  return seconds;
}

/** Seconds that restic's own work takes of a first backup, by its own account: no start, no password, no limit. */
async function resticAlone(host: TestHost, site: string, how: readonly string[]): Promise<number> {
  const repository = path.join(host.folder, "alone");
  fs.mkdirSync(repository);
  await succeeded(restic(host, repository, ["init", "--quiet"]));
  await readFrom("memory", site);
  const words = ["backup", "--quiet", "--json", "--no-scan", ...how, "/vol/data/site"];
  const said = await succeeded(restic(host, repository, words));
  fs.rmSync(repository, { recursive: true });
  return (JSON.parse(said) as { total_duration: number }).total_duration;
}

/** Requests 50 times a second, half of them pages of a WordPress: alone, and while a first backup is taken. */
async function loadFigures(host: TestHost, site: string): Promise<Figure[]> {
  const shots = [
    { domain: "data.localhost", path: (n: number) => `/?n=${n}` },
    { domain: "blog.localhost", path: (n: number) => `/?p=1&n=${Math.floor(n / 20)}` },
  ];
  const under = async (work: () => Promise<unknown>): Promise<LoadResult> => {
    const load = new Load({ port: host.http, rate: 50, shots });
    await work();
    return load.stop();
  };
  const p99s: number[] = [];
  let failed = 0;
  let sent = 0;
  for (let i = 0; i < LOADS; i++) {
    configure(host, `load${i}`);
    await host.up();
    await under(() => new Promise((resolve) => setTimeout(resolve, 3000)));
    await readFrom("memory", site);
    const alone = await under(() => new Promise((resolve) => setTimeout(resolve, 12_000)));
    const meanwhile = await under(() => varvol(host, "backup"));
    say(
      `  alone: p50 ${alone.p50}, p99 ${alone.p99} ms; while backed up: p50 ${meanwhile.p50}, p99 ${meanwhile.p99} ms`,
    );
    p99s.push(meanwhile.p99 / alone.p99);
    failed += meanwhile.failures.length;
    sent += meanwhile.sent;
  }
  return [
    atMost(`requests that failed during a hot backup (of ${sent}, 50 a second)`, failed, 0),
    atMost("their p99, of that without a backup", median(p99s), 2),
  ];
}

async function writeStop(host: TestHost): Promise<number> {
  return medianOf(async () => {
    const words = ["backup", "blog", "--mode", "stop", "--json"];
    const [taken] = JSON.parse(await varvol(host, ...words)) as { stopped: number }[];
    say(`  writes stopped: ${taken?.stopped} s`);
    return taken?.stopped ?? Number.NaN;
  });
}

async function restores(host: TestHost, site: string): Promise<Figure[]> {
  const copy = path.join(host.folder, "copy");
  const repository = path.join(host.folder, "second");
  configure(host, "second");
  await varvol(host, "up");
  const ofCopy = async (source: Source): Promise<number> => {
    await readFrom(source, site);
    const copied = await timed(() => shell('cp -a "$1" "$2" && sync -f "$2"', site, copy));
    fs.rmSync(copy, { recursive: true });
    await readFrom(source, repository);
    const restored = await timed(async () => {
      await varvol(host, "restore", "data", "--yes");
      await shell('sync -f "$1"', site);
    });
    const staging = path.join(host.root, ".varvol/restore");
    await until("previous data is deleted", () => Promise.resolve(fs.readdirSync(staging).length === 0));
    say(`  from ${source}: cp -a ${copied.toFixed(1)} s, restore ${restored.toFixed(1)} s`);
    return restored / copied;
  };
  return [
    atMost("a restore, of a plain copy (`cp -a`), from the disk", await medianOf(() => ofCopy("disk")), 2),
    shown("the same from memory", await medianOf(() => ofCopy("memory"))),
  ];
}

/** How long a host of five sites takes to come back on a machine that has the images. */
export async function hostRestoreFigures(host: TestHost): Promise<Figure[]> {
  const repository = path.join(host.folder, "repository");
  const sites = [
    ...["one", "two"].map((name) => ({
      name,
      kind: "static",
      domains: [`${name}.localhost`],
      import: path.resolve("demo/hello"),
    })),
    {
      name: "docs",
      kind: "static-git",
      domains: ["docs.localhost"],
      git: { url: path.resolve("."), folder: "demo" },
    },
    ...["blog", "shop"].map((name) => ({ ...BLOG, name, domains: [`${name}.localhost`] })),
  ];
  host.configure(sites, { backup: { repository } });
  await host.up();
  await varvol(host, "host-backup");
  const { password } = JSON.parse(await varvol(host, "recovery-kit", "--json")) as { password: string };
  const file = path.join(host.folder, "password");
  fs.writeFileSync(file, password, { mode: 0o600 });
  await varvol(host, "destroy", "--yes");
  for (const name of ["vol", "state", "stack.yaml"])
    fs.rmSync(path.join(host.folder, name), { recursive: true });
  fs.mkdirSync(path.join(host.folder, "state"));
  const seconds = await timed(() =>
    varvol(host, "host-restore", "--repository", repository, "--password-file", file, "--yes"),
  );
  return [atMost("host-restore of five sites, images cached", seconds, 240, "s")];
}

function varvol(host: TestHost, ...args: string[]): Promise<string> {
  return succeeded(host.varvol(...args));
}

async function succeeded(result: Promise<Result>): Promise<string> {
  const { code, stdout, stderr } = await result;
  if (code !== 0) throw new Error(`${stdout}${stderr}`);
  return stdout;
}

/**
 * Has a folder be read from memory next, or all from the disk. Both begin with empty caches: a file system without a
 * journal goes round the inodes of what was deleted lately for as long as they are in memory.
 */
async function readFrom(source: Source, folder: string): Promise<void> {
  await runAsRoot("Emptying the caches", ["sh", "-c", "sync; echo 3 > /proc/sys/vm/drop_caches"]);
  if (source === "memory") await shell('tar -C "$1" -cf - . | cat > /dev/null', folder);
}

const shell = (script: string, ...args: string[]) => capture(["sh", "-c", script, "sh", ...args]);

async function medianOf(measure: (i: number) => Promise<number>): Promise<number> {
  const values: number[] = [];
  for (let i = 0; i < PAIRS; i++) values.push(await measure(i));
  return median(values);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
