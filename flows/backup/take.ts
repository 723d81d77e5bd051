import { UserError } from "../../base/errors";
import { say, step } from "../../base/output";
import type { HostConfig } from "../../stacks/config";
import { scheduleOf } from "../../stacks/schedule";
import { backupOf, backupTool, nameRun } from "./repository";
import { progressIn } from "./text";

export type Mode = "hot" | "stop";

/** A site or module to back up. */
export interface Subject {
  readonly kind: string;
  readonly name: string;
}

/** What one backup of a site or module came to. */
export interface Taken {
  readonly name: string;
  readonly run: string;
  readonly mode: Mode;
  /** Bytes that were read, and that the repository grew by. */
  readonly size: number;
  readonly added: number;
  /** Seconds that what writes was stopped for. */
  readonly stopped: number;
  readonly warnings: readonly string[];
}

/** Modules and sites to back up: those named, or all sites. The gateway has nothing that `up` does not make. */
export function subjectsOf(
  { stack, sites }: Pick<HostConfig, "stack" | "sites">,
  names: readonly string[],
  withModules: boolean,
): [modules: Subject[], sites: Subject[]] {
  const mysql = sites.some(({ kind }) => kind === "wordpress") ? ["mysql"] : [];
  const all = [...sites.map(({ name }) => name), ...mysql];
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined)
    throw new UserError(`${unknown} is no site of ${stack}.`, `There are: ${all.join(", ")}`);
  const chosen = sites.filter(({ name }) => names.length === 0 || names.includes(name));
  const modules = mysql.filter((name) => withModules || names.includes(name));
  if (chosen.length + modules.length === 0) throw new UserError(`${stack} has no sites to back up.`);
  return [
    modules.map((name) => ({ kind: "module", name })),
    chosen.map(({ name, kind }) => ({ kind, name })),
  ];
}

/** How a site is backed up. */
export function modeOf(config: HostConfig, name: string): Mode {
  return scheduleOf(backupOf(config), config.sites.find((site) => site.name === name) ?? {}).mode;
}

/** Takes a snapshot of sites and modules together, which in stop mode are stopped together. */
export async function take(
  config: HostConfig,
  subjects: readonly Subject[],
  mode: Mode,
  run = nameRun(),
): Promise<Taken[]> {
  const names = subjects.map(({ name }) => name).join(", ");
  const input = subjects.map(({ kind, name }) => `${kind} ${name}\n`).join("");
  const output = await step(
    `Backup of ${names}`,
    (s) =>
      backupTool(config, ["backup", mode, run], {
        input,
        onLine: (line) => {
          const far = progressIn(line);
          if (far) s.detail(`read ${far}`);
          else if (line.startsWith("stopping ")) s.part(`will stop ${line.slice(9)}`);
          else if (line.startsWith("copying")) s.part("copying while everything runs");
          else if (line.startsWith("stopped "))
            s.part(`${line.slice(8).trim()} containers that write are stopped for the last changes`);
          else if (line.startsWith("started ")) s.part(`they run again after ${line.slice(8)} s`);
          else if (line.includes(": locked while")) s.part(line);
        },
      }),
    () => run,
  );
  const taken = subjects.map(({ name }) => readTaken(output, name, run, mode));
  for (const { warnings } of taken) warnings.forEach(say);
  return taken;
}

/** What the tool's output tells of one site. */
export function readTaken(output: string, name: string, run: string, mode: Mode): Taken {
  const lines = output.split("\n");
  const parts = lines
    .filter((line) => line.startsWith(`part ${name} `))
    .map(
      (line) =>
        JSON.parse(line.slice(line.indexOf("{"))) as {
          total_bytes_processed: number;
          data_added_packed: number;
        },
    );
  return {
    name,
    run,
    mode,
    size: parts.reduce((sum, part) => sum + part.total_bytes_processed, 0),
    added: parts.reduce((sum, part) => sum + part.data_added_packed, 0),
    stopped: Number(/^started (\S+)$/m.exec(output)?.[1] ?? 0),
    warnings: lines.filter((line) => line.startsWith(`${name}: `)),
  };
}
