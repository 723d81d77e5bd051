import { join } from "node:path";
import { imageBuild, imageTag } from "../../components/image";
import { installScript } from "../../components/hostTools";
import type { ImageLock } from "../../components/imageLock";
import type { HostConfig } from "../../stacks/config";
import { UserError } from "../errors";
import { lastLines, run } from "../exec";
import { onHost, scriptOnHost } from "../host";
import { paths } from "../paths";
import { baseImage } from "../setup/base-image";

/** A repository of which nothing is known but where it is and what opens it. */
export interface Opened {
  readonly repository: string;
  readonly password: string;
  /** What the repository's server asks for: lines NAME=VALUE. */
  readonly credentials?: string;
}

/** Puts the tools under a volume root of a machine where nothing was ever deployed, and opens the repository there. */
export async function openRepository(
  config: HostConfig,
  { repository, password, credentials = "" }: Opened,
): Promise<void> {
  const image = await backupImage(config, config.lock);
  const installed = await onHost(config, ["sh"], { input: installScript(config.volumeRoot) });
  if (installed.code !== 0) throw new UserError(lastLines(installed.stderr));
  const { volumeRoot, stack, namespace } = config;
  const opened = await onHost(
    config,
    [`${volumeRoot}/.varvol/bin/repository`, stack, namespace, image, repository, "existing"],
    { input: `${password}\n${Buffer.from(credentials).toString("base64")}\n` },
  );
  if (opened.code !== 0) throw new UserError(lastLines(opened.stderr));
}

/** The image that restic is in, built on the host where it is missing. */
async function backupImage(config: HostConfig, lock: ImageLock): Promise<string> {
  const image = imageTag("backup", lock, "backup");
  const found = await scriptOnHost(config, 'docker image inspect -f "{{.Id}}" "$1" 2>/dev/null || true', [
    image,
  ]);
  if (found.trim()) return image;
  if (config.ssh)
    throw new UserError(
      `${config.ssh.address} lacks the image ${image}.`,
      "Restore from the machine itself.",
    );
  const { dockerfile, buildArgs } = imageBuild("backup", lock, "backup");
  const context = join(paths().repo, "images");
  const args = Object.entries(buildArgs).flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]);
  try {
    await run(["docker", "build", "-q", "-t", image, "-f", join(context, dockerfile), ...args, context]);
  } catch (error) {
    throw new UserError(`${(error as Error).message}`, `It is built on ${baseImage}: npm start brings that.`);
  }
  return image;
}
