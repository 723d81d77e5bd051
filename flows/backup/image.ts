import { join } from "node:path";
import { UserError } from "../../base/errors";
import { attempt, run } from "../../base/exec";
import { step } from "../../base/output";
import { paths } from "../../base/paths";
import { shellCommand } from "../../base/quoting";
import type { ImageLock } from "../../components/imageLock";
import { imageBuildCommand, imageTag } from "../../components/imageSource";
import { hostName, machineOf } from "../../machine/host";
import { askHost } from "../../machine/scripts";
import { baseImage, ensureBaseImage } from "../../machine/setup/base-image";
import { findDocker } from "../../machine/setup/docker";
import { bringBaseImage } from "../../machine/setup/remote-base-image";
import type { HostConfig } from "../../stacks/config";

/** The image that restic is in, built on the host where it is missing; gives its name. */
export async function backupImage(config: HostConfig): Promise<string> {
  const image = imageTag("agent", config.lock, "agent");
  if (config.ssh) await buildImageThere(config, image);
  else await buildImageHere(image, config.lock);
  return image;
}

/** Builds the image for backups on this machine where it is missing, and first what that is built on. */
export async function buildImageHere(image: string, lock: ImageLock): Promise<void> {
  if ((await attempt(["docker", "image", "inspect", image])).code === 0) return;
  const found = await findDocker();
  if (found.state !== "ok")
    throw new UserError(
      `Docker does not answer on this machine, where the backups lie: ${found.reason}`,
      "Install or start it: npm start",
    );
  await step("Image for backups", async (s) => {
    await ensureBaseImage(found.docker, s);
    await run([...imageBuildCommand("agent", lock, "agent", context()), context()]);
  });
}

async function buildImageThere(config: HostConfig, image: string): Promise<void> {
  const present = (await askHost(config, "images", [image, baseImage])).split("\n");
  if (present.includes(image)) return;
  await step(`Image for backups on ${hostName(config)}`, async (s) => {
    if (!present.includes(baseImage)) await bringBaseImage(machineOf(config), s);
    // In a context that comes by a pipe, the Dockerfile's path begins there.
    const words = imageBuildCommand("agent", config.lock, "agent", "");
    const build = shellCommand(machineOf(config).command([...words, "-"]));
    await run(["bash", "-o", "pipefail", "-c", `tar -C "$0" -cf - . | ${build}`, context()]);
  });
}

function context(): string {
  return join(paths().repo, "images");
}
