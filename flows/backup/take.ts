import type { Message, Mode, Subject } from "../../agent/protocol";
import { UserError } from "../../base/errors";
import { refuseUnknown } from "../../base/nearest";
import { say, type Step, step } from "../../base/output";
import type { HostConfig } from "../../stacks/config";
import { modulesOf } from "../../stacks/modules";
import { scheduleOf } from "../../stacks/schedule";
import { subjectOf } from "../../stacks/kinds";
import { moduleSubject } from "../../stacks/subjects";
import { nameRun } from "../../agent/runName";
import { askAgent, backupOf } from "./repository";
import { progressIn } from "./text";

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
  const kept = modulesOf({ sites }).flatMap(({ name, kept: isKept }) => (isKept ? [name] : []));
  const all = [...sites.map(({ name }) => name), ...kept];
  refuseUnknown(names, all, `site of ${stack}`);
  const chosen = sites.filter(({ name }) => names.length === 0 || names.includes(name));
  const modules = kept.filter((name) => withModules || names.includes(name)).map(moduleSubject);
  if (chosen.length + modules.length === 0) throw new UserError(`${stack} has no sites to back up.`);
  return [modules, chosen.map(subjectOf)];
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
  const said = await step(
    `Backup of ${names}`,
    (s) =>
      askAgent(
        config,
        { job: "backup", mode, run, subjects: [...subjects] },
        { onMessage: (message) => follow(s, message) },
      ),
    () => run,
  );
  const taken = subjects.map(({ name }) => readTaken(said, name, run, mode));
  for (const { warnings } of taken) warnings.forEach(say);
  return taken;
}

function follow(step: Step, message: Message): void {
  const far = progressIn(message);
  if (far) step.detail(`read ${far}`);
  else if (message.type === "step") step.part(message.text);
  else if (message.type === "stopped")
    step.part(`${message.containers} containers that write are stopped for the last changes`);
  else if (message.type === "started") step.part(`they run again after ${message.after} s`);
  else if (message.type === "warning") step.part(`${message.name}: ${message.text}`);
}

/** What the agent told of one site. */
export function readTaken(said: readonly Message[], name: string, run: string, mode: Mode): Taken {
  const parts = said.filter((one) => one.type === "part").filter((one) => one.name === name);
  const started = said.find((one) => one.type === "started");
  return {
    ...{ name, run, mode },
    size: parts.reduce((sum, { size }) => sum + size, 0),
    added: parts.reduce((sum, { added }) => sum + added, 0),
    stopped: started?.after ?? 0,
    warnings: said
      .filter((one) => one.type === "warning")
      .filter((one) => one.name === name)
      .map(({ text }) => `${name}: ${text}`),
  };
}
