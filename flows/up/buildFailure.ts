import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { attempt } from "../../base/exec";
import { paths } from "../../base/paths";
import { shellCommand } from "../../base/quoting";
import { imageBuild, IMAGE_NAMES } from "../../components/imageSource";
import { machineOf } from "../../machine/host";
import type { HostConfig } from "../../stacks/config";

/** Lines of a build's output that an error shows. */
const SHOWN = 6;

/**
 * Why an image can't be built, in the build's own words. The engine tells only which command failed, so the first
 * image that it names is built again, up to the same step.
 */
export async function whyNotBuilt(config: HostConfig, diagnostics: string): Promise<string | undefined> {
  if (!/Error running legacy build/.test(diagnostics)) return undefined;
  const [, named = ""] = /RemoteImage \((\S+)\)/.exec(diagnostics) ?? [];
  const image = named.slice(`${config.namespace}image-`.length);
  const name = IMAGE_NAMES.find((one) => image === one || image.startsWith(`${one}-`));
  if (!name) return undefined;
  const { dockerfile, target, buildArgs } = imageBuild(name, config.lock, image.slice(name.length + 1));
  const build = machineOf(config).command([
    ...["env", "DOCKER_BUILDKIT=0", "docker", "build", "-q", "-f", dockerfile],
    ...(target ? ["--target", target] : []),
    ...Object.entries(buildArgs).flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]),
    "-",
  ]);
  const images = shellCommand([join(paths().repo, "images")]);
  const { code, stdout, stderr } = await attempt(
    ["bash", "-c", `tar -C ${images} -cf - . | ${shellCommand(build)}`],
    { timeout: 600_000 },
  );
  if (code === 0) return `${named} could be built just now: run this again.`;
  const said = stripVTControlCharacters(`${stdout}\n${stderr}`)
    .split("\n")
    .filter(
      (line) => line.trim() && !/^(DEPRECATED|\s+Install the buildx|\s+https:|The command )/.test(line),
    );
  return [`The build of ${named} said last:`, ...said.slice(-SHOWN).map((line) => `  | ${line}`)].join(
    "\n  ",
  );
}
