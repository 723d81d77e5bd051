import { refuseUnknown } from "../../base/nearest";
import { colors, json, table } from "../../base/output";
import { bytes } from "../../base/words";
import { openStack } from "../../engine/stack";
import { topOf, type Taking } from "../../flows/daily/top";
import * as texts from "../options";

export const options: texts.OptionsOf<texts.JsonOption> = { json: texts.json };

/** Prints what each container takes of the processor and of memory now, and how busy php is. */
export async function run(options: texts.JsonOption, names: readonly string[] = []): Promise<void> {
  const { config } = await openStack(options);
  const all = await topOf(config);
  const owners = [...new Set([...config.sites.map(({ name }) => name), ...all.map(({ owner }) => owner)])];
  refuseUnknown(names, owners, `site or module of ${config.stack}`);
  const taking = all.filter(({ owner }) => names.length === 0 || names.includes(owner));
  if (options.json) return json(taking);
  const head = ["", "CPU", "Memory", "Limit", "Processes", "php busy", "Waiting"];
  process.stdout.write(`${table(head, taking.map(row))}\n`);
}

function row({ owner, role, cpu, memory, limit, processes, workers }: Taking): string[] {
  const near = memory !== undefined && limit > 0 && memory > limit * 0.9;
  const busy = workers && `${workers.busy} of ${workers.most}`;
  return [
    `${owner}/${role}`,
    cpu === undefined ? "?" : `${cpu.toFixed(1)} %`,
    memory === undefined ? "?" : near ? colors.red(bytes(memory)) : bytes(memory),
    limit > 0 ? bytes(limit) : "none",
    String(processes ?? "?"),
    workers && workers.busy >= workers.most ? colors.red(busy ?? "") : (busy ?? ""),
    workers ? String(workers.waiting) : "",
  ];
}
