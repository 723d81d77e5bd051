import * as fs from "node:fs";
import * as path from "node:path";
import { performance } from "node:perf_hooks";
import { TestHost } from "../test/support/testHost";
import { atMost, type Figure, median } from "./figure";

const staticSite = (i: number) => ({ name: `s${i}`, kind: "static", domains: [`s${i}.localhost`] });
const sites = (count: number) => Array.from({ length: count }, (_, i) => staticSite(i));

/** How long the engine takes, and how much it keeps: `pulumi up --skip-preview` itself, without our checks. */
export async function engineFigures(host: TestHost): Promise<Figure[]> {
  const blog = { name: "blog", kind: "wordpress", domains: ["blog.localhost"] };
  const docs = {
    name: "docs",
    kind: "static-git",
    domains: ["docs.localhost"],
    git: { url: path.resolve("."), folder: "demo/docs" },
  };
  host.configure([staticSite(0), docs, blog]);
  await host.up();
  const three = await noop(host);

  host.configure(sites(10));
  await host.up();
  const ten = await noop(host);
  const stateOfTen = stateSize(host);
  const added = await timed(async () => {
    host.configure(sites(11));
    await engineUp(host);
  });
  const replaced = await timed(async () => {
    host.configure(sites(11).map((site, i) => (i === 3 ? { ...site, memory: 70 } : site)));
    await engineUp(host);
  });

  host.configure(sites(50));
  await host.up();
  const fifty = await noop(host);
  const perResource = ((fifty.seconds - ten.seconds) * 1000) / (fifty.resources - ten.resources);
  return [
    atMost("no-op `up --skip-preview`, 3 sites (one of each kind)", three.seconds, 3, "s"),
    atMost(
      `no-op, 10 static sites (${ten.resources} resources; for information)`,
      ten.seconds,
      Number.POSITIVE_INFINITY,
      "s",
    ),
    atMost(
      `no-op, 50 static sites (${fifty.resources} resources; for information)`,
      fifty.seconds,
      Number.POSITIVE_INFINITY,
      "s",
    ),
    atMost("no-op, each further resource (from 10 sites to 50)", perResource, 15, "ms"),
    atMost("one static site added to ten", added, 8, "s"),
    atMost("one site of eleven replaced, end to end", replaced, 8, "s"),
    atMost(
      "state, each further static site (from 10 to 50)",
      (stateSize(host) - stateOfTen) / 40 / 1024,
      60,
      "KB",
    ),
  ];
}

async function noop(host: TestHost): Promise<{ seconds: number; resources: number }> {
  const runs: number[] = [];
  for (let i = 0; i < 6; i++) runs.push(await timed(() => engineUp(host)));
  const state = JSON.parse(fs.readFileSync(stateFile(host), "utf8")) as {
    checkpoint: { latest: { resources: unknown[] } };
  };
  // The first run warms the caches.
  return { seconds: median(runs.slice(1)), resources: state.checkpoint.latest.resources.length };
}

async function engineUp(host: TestHost): Promise<void> {
  const result = await host.pulumi("up", "--yes", "--skip-preview");
  if (result.code !== 0) throw new Error(result.stdout + result.stderr);
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function stateFile(host: TestHost): string {
  return path.join(host.folder, "state", ".pulumi", "stacks", "varvol", `${host.stack}.json`);
}

function stateSize(host: TestHost): number {
  return fs.statSync(stateFile(host)).size;
}
