import { join } from "node:path";
import { UserError } from "../base/errors";
import { attempt, run } from "../base/exec";
import { step } from "../base/output";
import { paths } from "../base/paths";
import { shellCommand } from "../base/quoting";
import type { ImageLock } from "../components/imageLock";
import { imageBuildCommand, type ImageName, imageTag } from "../components/imageSource";
import { hostName, machineOf } from "../machine/host";
import { askHost } from "../machine/scripts";
import { baseImage, ensureBaseImage } from "../machine/setup/base-image";
import { findDocker } from "../machine/setup/docker";
import { bringBaseImage } from "../machine/setup/remote-base-image";
import type { HostConfig } from "../stacks/config";

/** Builds one of Varvol's images on the stack's host where it is missing, outside of the engine. */
export async function ensureImage(
  config: HostConfig,
  name: ImageName,
  owner: string,
  what: string,
): Promise<void> {
  if (config.ssh) await buildThere(config, name, owner, what);
  else await buildHere(config.lock, name, owner, what);
}

/** Whether the host has an image. */
export async function isThere(config: HostConfig, image: string): Promise<boolean> {
  return (await askHost(config, "images", [image])).split("\n").includes(image);
}

/** Builds one on this machine where it is missing, and first what that is built on. */
export async function buildHere(
  lock: ImageLock,
  name: ImageName,
  owner: string,
  what: string,
): Promise<void> {
  if ((await attempt(["docker", "image", "inspect", imageTag(name, lock, owner)])).code === 0) return;
  const found = await findDocker();
  if (found.state !== "ok")
    throw new UserError(
      `Docker does not answer on this machine: ${found.reason}`,
      "Install or start it: npm start",
    );
  await step(what, async (s) => {
    await ensureBaseImage(found.docker, s);
    await run([...imageBuildCommand(name, lock, owner, context()), context()]);
  });
}

async function buildThere(config: HostConfig, name: ImageName, owner: string, what: string): Promise<void> {
  const image = imageTag(name, config.lock, owner);
  const present = (await askHost(config, "images", [image, baseImage])).split("\n");
  if (present.includes(image)) return;
  await step(`${what} on ${hostName(config)}`, async (s) => {
    if (!present.includes(baseImage)) await bringBaseImage(machineOf(config), s);
    // In a context that comes by a pipe, the Dockerfile's path begins there.
    const words = imageBuildCommand(name, config.lock, owner, "");
    const build = shellCommand(machineOf(config).command([...words, "-"]));
    await run(["bash", "-o", "pipefail", "-c", `tar -C "$0" -cf - . | ${build}`, context()]);
  });
}

function context(): string {
  return join(paths().repo, "images");
}
