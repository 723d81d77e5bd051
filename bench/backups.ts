import * as fs from "node:fs";
import * as path from "node:path";
import { performance } from "node:perf_hooks";
import { capture, type Result } from "../cli/exec";
import { say } from "../cli/output";
import { Load, type LoadResult } from "../test/support/load";
import { restic } from "../test/support/restic";
import { TestHost } from "../test/support/testHost";
import { changeSome, fillWithSite } from "./content";
import { atLeast, atMost, type Figure, median } from "./figure";

/** Pairs of a backup and a tar, one after the other. */
const PAIRS = Number(process.env.VARVOL_BENCH_PAIRS || 3);
/** Pairs of a load without a backup and one with: the slowest of 600 requests vary more than anything else here. */
const LOADS = Number(process.env.VARVOL_BENCH_PAIRS || 5);
const DATA = { name: "data", kind: "static", domains: ["data.localhost"] };
const BLOG = { name: "blog", kind: "wordpress", domains: ["blog.localhost"], title: "A blog" };

/**
 * Backups against `tar | zstd -3`, and restores against `cp -a`, of the same 1 GB in 20,000 files. Before each, all of
 * the data is read once, so that it comes from memory for both; each ends when its own output is on the disk.
 */
export async function backupFigures(host: TestHost): Promise<Figure[]> {
  configure(host, 0);
  await host.up();
  const site = path.join(host.root, "data/site");
  fillWithSite(site);
  fs.writeFileSync(path.join(site, "index.html"), "<h1>served</h1>");
  const ratios: { ofTar: number; ofRestic: number }[] = [];
  for (let i = 0; i < PAIRS; i++) {
    // Each first backup goes to a repository of its own.
    configure(host, i + 1);
    await host.up();
    const tarred = await archive(host, site);
    const alone = await resticAlone(host, site);
    await warm(site);
    const kept = await timed(() => varvol(host, "backup", "data"));
    say(
      `  tar | zstd -3: ${tarred.toFixed(1)} s, restic alone: ${alone.toFixed(1)} s, first backup: ${kept.toFixed(1)} s`,
    );
    ratios.push({ ofTar: tarred / kept, ofRestic: alone / kept });
  }
  const second: { seconds: number; growth: number }[] = [];
  for (let i = 0; i < PAIRS; i++) {
    const changed = changeSome(site);
    let added = 0;
    const seconds = await timed(async () => {
      const [taken] = JSON.parse(await varvol(host, "backup", "data", "--json")) as { added: number }[];
      added = taken?.added ?? Number.NaN;
    });
    say(`  second backup: ${seconds.toFixed(2)} s, ${added} bytes for ${changed} changed`);
    second.push({ seconds, growth: added / changed });
  }
  const [figures, restores] = [await loadFigures(host, site), await restoreRatios(host, site)];
  return [
    atLeast(
      "throughput of a first backup, of that of tar piped into `zstd -3` (1 GB, 20,000 files)",
      median(ratios.map(({ ofTar }) => ofTar)),
      0.8,
    ),
    atLeast(
      "the same, of that of `restic backup` alone, without a limit",
      median(ratios.map(({ ofRestic }) => ofRestic)),
      0.8,
    ),
    atMost("a second backup, less than 1% changed", median(second.map(({ seconds }) => seconds)), 3, "s"),
    atMost("what it adds, of the changed bytes", median(second.map(({ growth }) => growth)), 2),
    ...figures,
    atMost("writes stopped by a backup in stop mode (WordPress)", await writeStop(host), 2, "s"),
    atMost("a restore, of a plain copy (`cp -a`) of the same", median(restores), 2),
  ];
}

function configure(host: TestHost, i: number): void {
  host.configure([DATA, BLOG], { backup: { repository: path.join(host.folder, `repository${i}`) } });
}

async function archive(host: TestHost, site: string): Promise<number> {
  const file = path.join(host.folder, "site.tar.zst");
  await warm(site);
  const seconds = await timed(() =>
    shell(`tar -C "$1" -cf - . | zstd -3 -q -f -o "$2" && sync "$2"`, site, file),
  );
  fs.rmSync(file);
  return seconds;
}

/** What of a first backup is restic's own: its process, in a container of its own, without a limit or a command line. */
async function resticAlone(host: TestHost, site: string): Promise<number> {
  const repository = path.join(host.folder, "alone");
  fs.mkdirSync(repository);
  const words = ["backup", "--quiet", "--no-scan", "/vol/data/site"];
  await succeeded(restic(host, repository, ["init", "--quiet"]));
  await warm(site);
  const seconds = await timed(() => succeeded(restic(host, repository, words)));
  fs.rmSync(repository, { recursive: true });
  return seconds;
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
    configure(host, PAIRS + i + 1);
    await host.up();
    await under(() => new Promise((resolve) => setTimeout(resolve, 3000)));
    await warm(site);
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
  const times: number[] = [];
  for (let i = 0; i < PAIRS; i++) {
    const [taken] = JSON.parse(await varvol(host, "backup", "blog", "--mode", "stop", "--json")) as {
      stopped: number;
    }[];
    times.push(taken?.stopped ?? Number.NaN);
  }
  say(`  stopped: ${times.join(", ")} s`);
  return median(times);
}

async function restoreRatios(host: TestHost, site: string): Promise<number[]> {
  const copy = path.join(host.folder, "copy");
  const ratios: number[] = [];
  for (let i = 0; i < PAIRS; i++) {
    await warm(site);
    const copied = await timed(() => shell('cp -a "$1" "$2" && sync -f "$2"', site, copy));
    fs.rmSync(copy, { recursive: true });
    await warm(path.join(host.folder, `repository${PAIRS + LOADS}`));
    const restored = await timed(async () => {
      await varvol(host, "restore", "data", "--yes");
      await shell('sync -f "$1"', site);
    });
    say(`  cp -a: ${copied.toFixed(1)} s, restore: ${restored.toFixed(1)} s`);
    ratios.push(restored / copied);
  }
  return ratios;
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

const warm = (folder: string) => shell('sync; tar -C "$1" -cf - . | cat > /dev/null', folder);
const shell = (script: string, ...args: string[]) => capture(["sh", "-c", script, "sh", ...args]);

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
