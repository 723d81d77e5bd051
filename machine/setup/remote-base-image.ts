import { UserError } from "../../base/errors";
import { lastLines, run } from "../../base/exec";
import type { Step } from "../../base/output";
import { shellCommand } from "../../base/quoting";
import type { Machine } from "../machine";
import { baseImage, ensureBaseImage } from "./base-image";
import { findDocker } from "./docker";

/** Brings the base image to a host that is another machine: pulled there, or else sent from here. */
export async function bringBaseImage(machine: Machine, step: Step): Promise<"pulled" | "sent"> {
  step.part(`pulling ${baseImage} on ${machine.name}`);
  const pulled = await machine.run(["timeout", "300", "docker", "pull", "-q", baseImage]);
  if (pulled.code === 0) return "pulled";
  const reason = lastLines(pulled.stderr, 1) || "not done after 300 s";
  const found = await findDocker();
  const arch = (await machine.run(["docker", "version", "--format", "{{.Server.Arch}}"])).stdout.trim();
  if (found.state !== "ok" || found.docker.arch !== arch) {
    const here = found.state === "ok" ? `docker here is of ${found.docker.arch}` : found.reason;
    throw new UserError(
      `${machine.name} can't pull ${baseImage} (${reason}), nor be sent it from here: ${here}.`,
      `Load an image for ${arch} there by hand: docker pull or docker load.`,
    );
  }
  step.part(`not pulled (${reason}): sending this machine's`);
  await ensureBaseImage(found.docker, step);
  const load = shellCommand(machine.command(["docker", "load"]));
  await run(["bash", "-o", "pipefail", "-c", `docker save ${baseImage} | gzip -1 | ${load}`]);
  return "sent";
}
