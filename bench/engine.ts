import * as fs from "node:fs";
import * as path from "node:path";
import { performance } from "node:perf_hooks";
import { capture } from "../base/exec";
import { TestHost } from "../test/support/testHost";
import { atMost, type Figure, median, shown } from "./figure";

const staticSite = (i: number) => ({ name: `s${i}`, kind: "static", domains: [`s${i}.localhost`] });
const sites = (count: number) => Array.from({ length: count }, (_, i) => staticSite(i));

const oneOfEach = (i: number) => [
  staticSite(i),
  {
    name: `docs${i}`,
    kind: "static-git",
    domains: [`docs${i}.localhost`],
    git: { url: path.resolve("."), folder: "demo/docs" },
  },
  { name: `blog${i}`, kind: "wordpress", domains: [`blog${i}.localhost`] },
];

/** How long the engine takes, and how much it keeps: `pulumi up --skip-preview` itself, without our checks. */
export async function engineFigures(host: TestHost): Promise<Figure[]> {
  host.configure(oneOfEach(0));
  await host.up();
  const three = await noop(host);
  const stateOfThree = stateSize(host);
  host.configure([...oneOfEach(0), ...oneOfEach(1)]);
  await host.up();
  const mixed = (stateSize(host) - stateOfThree) / 3;

  host.configure(sites(10));
  await host.up();
  const ten = await noop(host);
  const stateOfTen = stateSize(host);
  const change = sites(10).map((site, i) => (i === 3 ? { ...site, memory: 70 } : site));
  host.configure(change);
  const plan = await planned(host);
  const added = await timed(async () => {
    host.configure(sites(11));
    await engineUp(host);
  });
  const replaced = await timed(async () => {
    host.configure(sites(11).map((site, i) => (i === 3 ? { ...site, memory: 70 } : site)));
    await engineUp(host);
  });

  host.configure(sites(50));
  const reloads = await reloadsDuring(host, () => host.up());
  const fifty = await noop(host);
  const perResource = ((fifty.seconds - ten.seconds) * 1000) / (fifty.resources - ten.resources);
  return [
    atMost("no-op `up --skip-preview`, 3 sites (one of each kind)", three.seconds, 3, "s"),
    shown(`no-op, 10 static sites (${ten.resources} resources)`, ten.seconds, "s"),
    shown(`no-op, 50 static sites (${fifty.resources} resources)`, fifty.seconds, "s"),
    atMost("no-op, each further resource (from 10 sites to 50)", perResource, 15, "ms"),
    atMost("one static site added to ten", added, 8, "s"),
    atMost("a plan for 10 sites (`varvol plan`)", plan, 4, "s"),
    atMost("one site of eleven replaced, end to end", replaced, 8, "s"),
    atMost("graceful reloads of the gateway by an `up` that adds 39 sites", reloads, 1),
    atMost("state, each further site (from one of each kind to two)", mixed, 60, "KB"),
    atMost("state, each further static site (from 10 to 50)", (stateSize(host) - stateOfTen) / 40, 60, "KB"),
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

async function planned(host: TestHost): Promise<number> {
  const runs: number[] = [];
  for (let i = 0; i < 4; i++) {
    runs.push(
      await timed(async () => {
        const result = await host.varvol("plan");
        if (result.code !== 0) throw new Error(result.stdout + result.stderr);
      }),
    );
  }
  return median(runs.slice(1));
}

/** How often the gateway is told to reload while something is done. */
async function reloadsDuring(host: TestHost, work: () => Promise<unknown>): Promise<number> {
  const gateway = await host.container("gateway/gateway");
  const since = String(Date.now() / 1000);
  await work();
  const events = await capture([
    ...["docker", "events", "--since", since, "--until", String(Date.now() / 1000)],
    ...["--filter", `container=${gateway}`, "--filter", "event=exec_create", "--format", "{{.Action}}"],
  ]);
  return events.split("kill -HUP 1").length - 1;
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

/** KB of the state file. */
function stateSize(host: TestHost): number {
  return fs.statSync(stateFile(host)).size / 1024;
}
