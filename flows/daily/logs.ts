import { attempt } from "../../base/exec";
import { machineOf } from "../../machine/host";
import type { HostConfig } from "../../stacks/config";
import { containersThere } from "./inside";

/** A line that a container wrote. */
export interface LogLine {
  /** As docker has it: UTC, in nanoseconds. */
  readonly time: string;
  /** Site or module. */
  readonly owner: string;
  readonly role: string;
  readonly text: string;
}

export interface LogsArgs {
  /** Sites and modules; empty for all. */
  readonly owners: readonly string[];
  /** From when on, as docker takes it: 10m, 2h, 2026-11-30T10:00:00. */
  readonly since?: string;
  /** How many of the last lines of each container. */
  readonly tail?: number;
  /** Whether to go on with what is written from now on. */
  readonly follow?: boolean;
}

/** What the containers that are there wrote: at once and in the order of time, or as it comes. */
export async function readLogs(
  config: HostConfig,
  args: LogsArgs,
  say: (line: LogLine) => void,
): Promise<string[]> {
  const all = await containersThere(config);
  const chosen = all.filter(({ owner }) => args.owners.length === 0 || args.owners.includes(owner));
  const lines: LogLine[] = [];
  const problems = await Promise.all(
    chosen.map(async ({ id, owner, role }) => {
      const take = (line: string) => {
        const found = parsed(line);
        if (found && args.follow) say({ ...found, owner, role });
        else if (found) lines.push({ ...found, owner, role });
      };
      const command = machineOf(config).command(["docker", "logs", ...optionsOf(args), id]);
      const { code, stderr } = await attempt(command, { onLine: take, keep: 2000 });
      return code === 0 ? "" : `${owner}/${role}: ${stderr.trimEnd().split("\n").at(-1) ?? ""}`;
    }),
  );
  lines.sort((a, b) => (a.time < b.time ? -1 : Number(a.time > b.time))).forEach(say);
  return problems.filter(Boolean);
}

function optionsOf({ since, tail, follow }: LogsArgs): string[] {
  return [
    "--timestamps",
    ...(since === undefined ? [] : ["--since", since]),
    ...(tail === undefined ? [] : ["--tail", String(tail)]),
    ...(follow ? ["--follow"] : []),
  ];
}

/** A line of `docker logs --timestamps`. What a site wrote may hold what a terminal would act on: that is not passed on. */
export function parsed(line: string): Pick<LogLine, "time" | "text"> | undefined {
  const [, time, text = ""] = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) ?(.*)$/s.exec(line) ?? [];
  return time === undefined ? undefined : { time: sortable(time), text: text.replaceAll(/\p{C}/gu, "?") };
}

/** With nine digits after the second: docker leaves out zeros at the end. */
function sortable(time: string): string {
  const [moment = "", part = ""] = time.replace(/Z$/, "").split(".");
  return `${moment}.${part.padEnd(9, "0")}Z`;
}
