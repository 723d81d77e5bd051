import { imageTag } from "../../components/imageSource";
import { askHost } from "../../machine/scripts";
import type { HostConfig } from "../../stacks/config";
import { containersOf } from "../../stacks/images";
import { MODULES } from "../../stacks/modules";

/** An image that is gone, and what it took. */
export interface Removed {
  readonly image: string;
  readonly size: string;
}

/** Removes Varvol's images that no stack on the host needs: each role's current and previous one stay. */
export async function pruneImages(config: HostConfig): Promise<Removed[]> {
  const locked = [...config.sites, ...MODULES].flatMap(({ name }) =>
    containersOf(config, name).flatMap(({ image }) => (image ? imageTag(image, config.lock, name) : [])),
  );
  const text = await askHost(config, "prune", [config.volumeRoot, ...new Set(locked)]);
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => line.split(" "))
    .map(([image = "", size = ""]) => ({ image, size }));
}
