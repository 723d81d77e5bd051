import { askHost } from "../../machine/scripts";
import type { HostConfig } from "../../stacks/config";

/** Images that a role of a site or module has run, newest first, without repetition in a row. */
export type Generations = ReadonlyMap<string, readonly string[]>;

/** Reads what the gates wrote down: owner-role -> images. */
export async function readGenerations(config: HostConfig): Promise<Generations> {
  const text = await askHost(config, "generations", [config.volumeRoot]);
  const generations = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [role, image] = line.split(" ");
    if (role && image) generations.set(role, [image, ...(generations.get(role) ?? [])]);
  }
  return generations;
}
