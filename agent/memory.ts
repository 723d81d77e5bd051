import type { ChildProcess } from "node:child_process";
import { hook } from "./hook";
import { readPlace } from "./place";
import { start } from "./process";
import { readSchedule } from "./schedule";

/** Milliseconds for which one container's kills are told once. */
const PAUSE = 3_600_000;

/** Tells, as they happen, of processes in the host's containers that the kernel ends for memory. */
export class MemoryWatch {
  private child: ChildProcess | undefined;
  private since = Math.floor(Date.now() / 1000);
  private readonly told = new Map<string, number>();

  /** Watches from now on, and goes on where docker had ended that. */
  keep(): void {
    if (this.child) return;
    const filters = ["--filter", "event=oom", "--filter", `label=varvol.host=varvol/${readPlace().stack}`];
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
    const schedule = readSchedule();
    if (!found || !schedule) return;
    this.since = found.time + 1;
    if (Date.now() - (this.told.get(found.container) ?? 0) < PAUSE) return;
    this.told.set(found.container, Date.now());
    const place = readPlace();
    const error = `a process of ${found.container} was killed, as it needed more memory than its container may have; give it more (memory), or find what needs so much`;
    process.stderr.write(`${error}\n`);
    await hook(place, schedule, { host: place.stack, name: found.owner, what: "memory", run: "", error });
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
