import type { LeftOut } from "../../agent/protocol";
import { errorColors, say } from "../../base/output";
import { askHost } from "../../machine/scripts";
import type { HostConfig } from "../../stacks/config";
import { readMessage } from "../backup/repository";

/** Says what imports of sites have left out: nothing is dropped unsaid. */
export async function sayLeftOut(config: HostConfig, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  for (const line of (await askHost(config, "imports", [config.volumeRoot, ...names])).split("\n")) {
    const message = readMessage(line);
    if (message?.type === "left-out") say(`${errorColors.yellow("warning:")} ${inWords(message)}`);
  }
}

/** In a few words, with the first of them. */
export function inWords({ name, what, count, first }: LeftOut): string {
  const more = count > first.length ? ", …" : "";
  const done = what === "entries" ? "renamed or left out" : "left out";
  return `${name}: ${count} ${what} of what it was filled from were ${done}: ${first.join(", ")}${more}`;
}
