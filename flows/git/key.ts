import { UserError } from "../../base/errors";
import { lastLines } from "../../base/exec";
import { imageTag } from "../../components/imageSource";
import { keyOf } from "../../components/sites/puller";
import { wayOf } from "../../components/sites/repositoryAddress";
import { onHost } from "../../machine/host";
import { installScript } from "../../machine/hostTools";
import { deployKey, toolCommand } from "../../machine/tools";
import type { HostConfig } from "../../stacks/config";
import { pulledFrom } from "../../stacks/kinds";
import { ensureImage } from "../image";

/** The public half of the key that a site's repository is reached with; the pair is made on the host where it is missing. */
export async function siteKey(config: HostConfig, name: string): Promise<string> {
  const site = config.sites.find((one) => one.name === name);
  const from = site && pulledFrom(site);
  if (!site || !from || wayOf(from.git.url) !== "ssh") {
    const those = config.sites.filter((one) => wayOf(pulledFrom(one)?.git.url ?? "") === "ssh");
    throw new UserError(
      `${name} is no site that is pulled from an ssh:// address.`,
      those.length > 0
        ? `There are: ${those.map((one) => one.name).join(", ")}`
        : "Over https:// a site has no key; git.token is for a private repository.",
    );
  }
  await ensureImage(config, from.image, name, "Image for pulls");
  const { volumeRoot } = config;
  const image = imageTag(from.image, config.lock, name);
  const installed = await onHost(config, ["sh"], { input: installScript(volumeRoot) });
  if (installed.code !== 0) throw new UserError(lastLines(installed.stderr, 3));
  const made = await onHost(config, toolCommand(volumeRoot, deployKey, keyOf(volumeRoot, name, image)));
  if (made.code !== 0) throw new UserError(`The key of ${name} can't be made: ${lastLines(made.stderr, 3)}`);
  return deployKey.prints.parse(made.stdout);
}
