import { scriptOnHost } from "../../machine/host";
import type { HostConfig } from "../../stacks/config";

/** Images that a role of a site or module has run, newest first, without repetition in a row. */
export type Generations = ReadonlyMap<string, readonly string[]>;

/** Reads what the gates wrote down: owner-role -> images. */
export async function readGenerations(config: HostConfig): Promise<Generations> {
  const text = await scriptOnHost(
    config,
    'cd "$1/.varvol/generations" 2>/dev/null || exit 0; for file in *; do [ -f "$file" ] && sed "s|^|$file |" "$file"; done; exit 0',
    [config.volumeRoot],
  );
  const generations = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [role, image] = line.split(" ");
    if (role && image) generations.set(role, [image, ...(generations.get(role) ?? [])]);
  }
  return generations;
}
