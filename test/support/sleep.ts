import * as fs from "node:fs";
import { attempt, capture } from "../../base/exec";
import type { TestHost } from "./testHost";
import { until } from "./until";

/** What the php of a site says of itself, as varvol's status reads it; empty where it is always there. */
export async function howIs(host: TestHost, site: string): Promise<string> {
  const pid = await pidOf(await host.container(`${site}/php`));
  const [name = ""] = fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  return /^varvol-php: (.*)/.exec(name)?.[1]?.trim() ?? "";
}

export async function asleep(host: TestHost, ...sites: string[]): Promise<void> {
  for (const site of sites) await until(`${site} asleep`, async () => (await howIs(host, site)) === "asleep");
}

/** How often the php of a site has been woken since its container was started. */
export async function wakes(host: TestHost, site: string): Promise<number> {
  const { stdout, stderr } = await attempt(["docker", "logs", await host.container(`${site}/php`)]);
  return (stdout + stderr).split("\n").filter((line) => line.startsWith("php: awake after")).length;
}

/** What all processes of a site's php container take, in bytes: their shares of what several have in memory (PSS). */
export async function memoryOf(host: TestHost, site: string): Promise<number> {
  const top = await capture(["docker", "top", await host.container(`${site}/php`), "-eo", "pid"]);
  return top
    .split("\n")
    .map(Number)
    .filter((pid) => pid > 0)
    .reduce((sum, pid) => sum + shareOf(pid), 0);
}

function shareOf(pid: number): number {
  try {
    const text = fs.readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
  } catch {
    // It has ended meanwhile.
    return 0;
  }
}

async function pidOf(container: string): Promise<string> {
  return (await capture(["docker", "inspect", "-f", "{{.State.Pid}}", container])).trim();
}

let asked = 0;

/** So many requests at once for pages that PHP makes; what of them was answered otherwise than with a page that says hello. */
export async function burst(host: TestHost, domain: string, count: number): Promise<string[]> {
  const answers = await Promise.all(
    Array.from({ length: count }, () =>
      host.get(domain, `/?n=${asked++}`).catch((error: Error) => ({ status: 0, body: error.message })),
    ),
  );
  return answers.filter(({ body }) => body !== "hello").map(({ status, body }) => `${status} ${body}`);
}
