import { labelled } from "./labels";
import type { ChildProcess } from "node:child_process";
import { note } from "./notify/tell";
import { readPlan } from "./notify/plan";
import { start } from "./process";

/** Milliseconds without another kill after which a site or module is well again. */
const CALM = 3_600_000;

/** Tells, as they happen, of processes in the host's containers that the kernel ends for memory. */
export class MemoryWatch {
  private child: ChildProcess | undefined;
  private readonly began = Date.now();
  private since = Math.floor(Date.now() / 1000);
  /** When each of them lost a process last. */
  private readonly killed = new Map<string, number>();

  /** Watches from now on, and goes on where docker had ended that. */
  keep(): void {
    if (this.child) return;
    const stack = readPlan()?.stack;
    if (stack === undefined) return;
    const filters = ["--filter", "event=oom", ...labelled({ stack })];
    const child = start(
      ["docker", "events", ...filters, "--since", String(this.since), "--format", "{{json .}}"],
      ["ignore", "pipe", "ignore"],
    );
    this.child = child;
    let rest = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) void this.tell(line).catch(report);
    });
    const over = (): void => {
      this.child = undefined;
    };
    child.once("close", over).once("error", over);
  }

  end(): void {
    this.child?.kill();
  }

  private async tell(line: string): Promise<void> {
    const found = killedIn(line);
    if (!found) return;
    this.since = found.time + 1;
    this.killed.set(found.owner, Date.now());
    const error = `a process of ${found.container} was killed, as it needed more memory than its container may have; give it more (memory), or find what needs so much`;
    process.stderr.write(`${error}\n`);
    await note([{ what: "memory", name: found.owner, level: 1, error }]);
  }

  /** Whether a site or module has lost no process for long enough. */
  isCalm(owner: string): boolean {
    return Date.now() - (this.killed.get(owner) ?? this.began) >= CALM;
  }
}

/** The site or module and the container that an event of docker's is of; undefined where it isn't one of a kill for memory. */
export function killedIn(
  line: string,
): { readonly owner: string; readonly container: string; readonly time: number } | undefined {
  const { Action, Actor, time } = JSON.parse(line) as Partial<Event>;
  const { name, "varvol.owner": owner } = Actor?.Attributes ?? {};
  if (Action !== "oom" || name === undefined || owner === undefined) return undefined;
  return { owner, container: name, time: time ?? 0 };
}

interface Event {
  readonly Action: string;
  readonly Actor: { readonly Attributes: Readonly<Record<string, string>> };
  readonly time: number;
}

function report(error: unknown): void {
  process.stderr.write(`${(error as Error).message}\n`);
}
