import { join } from "node:path";
import { UserError } from "../../base/errors";
import { attempt, capture, lastLines, run } from "../../base/exec";
import type { Step } from "../../base/output";
import { paths } from "../../base/paths";
import { shellCommand } from "../../base/quoting";
import type { Docker } from "./docker";
import { pull } from "./pull";
import { asRoot, install, runAsRoot } from "./root";

export const baseImage = "debian:trixie-slim";
const suite = "trixie";

export async function hasBaseImage(): Promise<boolean> {
  return (await attempt(["docker", "image", "inspect", baseImage], { timeout: 20_000 })).code === 0;
}

/** The image that all others are built on: present, or pulled, or made from Debian's packages. */
export async function ensureBaseImage(docker: Docker, step: Step): Promise<"present" | "pulled" | "made"> {
  if (await hasBaseImage()) return "present";
  step.part(`pulling ${baseImage}`);
  const reason = await pull(baseImage, (text) => step.detail(text));
  if (reason === undefined && (await hasBaseImage())) return "pulled";
  step.part(`not pulled (${reason}): making it with debootstrap instead`);
  await makeBaseImage(docker, step);
  return "made";
}

async function makeBaseImage(docker: Docker, step: Step): Promise<void> {
  const what = "Making the base image";
  const script = join(paths().repo, "toolchain", "base-image.sh");
  if ((await attempt(["sh", "-c", "PATH=$PATH:/usr/sbin:/sbin command -v debootstrap dpkg"])).code !== 0) {
    await install(what, ["debootstrap"], step);
  }
  const own = await capture(["dpkg", "--print-architecture"]);
  if (docker.arch !== own) {
    throw new UserError(
      `${baseImage} can't be pulled, nor be made here: Docker runs on ${docker.arch}, this machine is ${own}.`,
      `Load it there by hand: docker pull or docker load.`,
    );
  }
  await runAsRoot(what, [script, "make", suite, own], {
    onLine: (line) => (line.startsWith("waiting") ? step.part(line) : step.detail(line.replace(/^I: /, ""))),
  });
  step.part("importing it into Docker");
  const partial = "varvol-base:partial";
  const words = await asRoot(what, [script, "tar"]);
  // Imported under another name first: a broken pipe leaves an image with a part of the files.
  const pipe = `${shellCommand(words)} | docker import -c 'CMD ["bash"]' -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - ${partial}`;
  await run(["bash", "-o", "pipefail", "-c", pipe]);
  await run(["docker", "tag", partial, baseImage]);
  await attempt(["docker", "rmi", partial]);
  const cleaned = await attempt(await asRoot(what, [script, "clean"]));
  if (cleaned.code !== 0) step.part(`${script} clean: ${lastLines(cleaned.stderr, 1)}`);
}
