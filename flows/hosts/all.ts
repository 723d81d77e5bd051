import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../base/errors";
import { lastLines } from "../../base/exec";
import { stacksAmong } from "../../base/paths";
import { openWorkspace } from "../../engine/workspace";
import { pulumiOn } from "../../engine/stack";

/** A host that was brought up, and its stack file. */
export interface Known {
  readonly stack: string;
  readonly file: string;
}

/** How a command ended on one host. */
export interface Ended {
  readonly stack: string;
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** All hosts that were brought up and whose stack file is in the folder; the project's own, unless it is named. */
export async function knownHosts(folder?: string): Promise<Known[]> {
  const workspace = await openWorkspace();
  const place = folder ?? workspace.paths.repo;
  if (!existsSync(place)) throw new UserError(`${place}: there is no such folder`);
  const { code, stdout, stderr } = await pulumiOn("", "", workspace)(["stack", "ls", "--json"]);
  // Nothing was brought up from here.
  if (/unable to open state directory/.test(stderr)) return [];
  if (code !== 0) throw new UserError(`The backend's stacks can't be listed: ${lastLines(stderr, 3)}`);
  const there = new Set((JSON.parse(stdout) as { name: string }[]).map(({ name }) => name.split("/").at(-1)));
  return stacksAmong(readdirSync(place))
    .filter((stack) => there.has(stack))
    .map((stack) => ({ stack, file: join(place, `Pulumi.${stack}.yaml`) }));
}

/** Runs something on each host, so many at a time; one that fails stops no other. In the hosts' order. */
export async function onEach<T>(
  hosts: readonly Known[],
  atOnce: number,
  run: (host: Known) => Promise<T>,
): Promise<T[]> {
  const ended: T[] = [];
  const waiting = [...hosts.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) ended[next[0]] = await run(next[1]);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return ended;
}
