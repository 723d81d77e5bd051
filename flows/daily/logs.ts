import { attempt } from "../../base/exec";
import { UserError } from "../../base/errors";
import { machineOf } from "../../machine/host";
import { askHost } from "../../machine/scripts";
import type { HostConfig } from "../../stacks/config";
import { containersThere } from "./inside";
import { isError, isOfDomains } from "./logErrors";

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
  /** Errors alone, of programs and of the gateway's answers. */
  readonly errors?: boolean;
}

/** What the containers wrote, those that are there and what is kept of others: at once and in the order of time, or as it comes. */
export async function readLogs(
  config: HostConfig,
  args: LogsArgs,
  say: (line: LogLine) => void,
): Promise<string[]> {
  const all = await containersThere(config, [], { all: true });
  const wanted = wantedOf(config, args);
  const isNamed = ({ owner }: { readonly owner: string }) =>
    args.owners.length === 0 || args.owners.includes(owner);
  // What failed of a site the gateway says, too.
  const chosen = all.filter((one) => isNamed(one) || (args.errors && one.owner === "gateway"));
  const lines: LogLine[] = args.follow ? [] : (await keptLogs(config, args, all)).filter(wanted);
  const problems = await Promise.all(
    chosen.map(async ({ id, owner, role }) => {
      const take = (line: string) => {
        const found = parsed(line);
        const whole = found && { ...found, owner, role };
        if (!whole || !wanted(whole)) return;
        if (args.follow) say(whole);
        else lines.push(whole);
      };
      const command = machineOf(config).command(["docker", "logs", ...optionsOf(args), id]);
      const { code, stderr } = await attempt(command, { onLine: take, keep: 2000 });
      return code === 0 ? "" : `${owner}/${role}: ${stderr.trimEnd().split("\n").at(-1) ?? ""}`;
    }),
  );
  lines.sort((a, b) => (a.time < b.time ? -1 : Number(a.time > b.time))).forEach(say);
  return problems.filter(Boolean);
}

/** Which lines are asked for. */
function wantedOf({ sites }: Pick<HostConfig, "sites">, { owners, errors }: LogsArgs) {
  const domains = sites.filter(({ name }) => owners.includes(name)).flatMap((site) => site.domains);
  return (line: LogLine): boolean =>
    !errors ||
    (isError(line) && (owners.length === 0 || owners.includes(line.owner) || isOfDomains(line, domains)));
}

/** What is kept of containers that are gone. */
async function keptLogs(
  config: HostConfig,
  { owners, since, tail, errors }: LogsArgs,
  there: readonly { readonly id: string }[],
): Promise<LogLine[]> {
  const from = since === undefined ? "-" : momentOf(since, Date.now());
  const names = owners.length > 0 && errors ? [...new Set([...owners, "gateway"])] : owners;
  const args = [config.volumeRoot, from, tail === undefined ? "-" : String(tail), ...names];
  const said = await askHost(config, "kept-logs", args);
  return said.split("\n").flatMap((line) => {
    const [owner = "", role = "", id = "", ...rest] = line.split("\t");
    const found = parsed(rest.join("\t"));
    return found && !there.some((one) => one.id.startsWith(id)) ? [{ ...found, owner, role }] : [];
  });
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** The moment that docker's --since means, as the beginning of a time of its logs; UTC where it names no zone. */
export function momentOf(since: string, now: number): string {
  if (/^(?:\d+(?:\.\d+)?[smh])+$/.test(since)) {
    const parts = [...since.matchAll(/([\d.]+)([smh])/g)];
    const seconds = parts.reduce(
      (sum, [, count, unit = "s"]) => sum + Number(count) * (SECONDS[unit] ?? 1),
      0,
    );
    return new Date(now - seconds * 1000).toISOString().replace("Z", "");
  }
  if (/^\d+$/.test(since)) return new Date(Number(since) * 1000).toISOString().replace("Z", "");
  const zoned = /(?:Z|[+-]\d\d:\d\d)$/.test(since) || !since.includes("T") ? since : `${since}Z`;
  const time = Date.parse(zoned);
  if (Number.isNaN(time))
    throw new UserError(`--since: ${since} is no moment.`, "Say 10m, 2h, or 2026-11-30T10:00:00.");
  return new Date(time).toISOString().replace("Z", "");
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
