import type { ImageLock } from "../../components/imageLock";
import { imageTag } from "../../components/imageSource";
import type { HostConfig } from "../../stacks/config";
import { buildHere, ensureImage } from "../image";

const WHAT = "Image for backups";

/** The image that restic is in, built on the host where it is missing; gives its name. */
export async function backupImage(config: HostConfig): Promise<string> {
  await ensureImage(config, "agent", "agent", WHAT);
  return imageTag("agent", config.lock, "agent");
}

/** The same on this machine, where the backups of another one lie. */
export async function backupImageHere(lock: ImageLock): Promise<void> {
  await buildHere(lock, "agent", "agent", WHAT);
}
