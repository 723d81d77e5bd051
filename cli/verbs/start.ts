import { colors, step } from "../../base/output";
import type { StackChoice } from "../../engine/stack";
import { baseImage, ensureBaseImage } from "../../machine/setup/base-image";
import { ensureDocker, rerunInGroup } from "../../machine/setup/docker";
import { ensureEngine, type Engine } from "../../machine/setup/engine";
import { upAndPrint } from "../up";

const origin: Record<Engine["source"], string> = {
  named: "named by VARVOL_ENGINE",
  path: "found on PATH",
  download: "downloaded",
  build: "built",
};

/** From a bare machine to a running host; whatever is there already is left as it is. */
export async function run(options: StackChoice): Promise<void> {
  const docker = await step(
    "Docker",
    ensureDocker,
    (found) => found?.version ?? "going on in the group docker",
  );
  if (!docker) return rerunInGroup();
  await step(
    "Engine",
    (s) => ensureEngine(s),
    (engine) => `Pulumi ${engine.version}, ${origin[engine.source]}`,
  );
  await step(
    `Image ${baseImage}`,
    (s) => ensureBaseImage(docker, s),
    (how) => how,
  );
  await upAndPrint(options);
  next(options.stack);
}

function next(stack: string): void {
  const suffix = stack === "local" ? "" : ` -s ${stack}`;
  const lines = [
    ["secret", "the sites that have a login; `secret blog` prints it"],
    ["plan", `after a change of Pulumi.${stack}.yaml: what would be replaced, and what that interrupts`],
    ["up", "do it"],
    ["status", "what runs, and where"],
    ["destroy", "take it down again; the data stays"],
  ].map(
    ([verb, about]) => `  ${colors.cyan(`npx varvol ${verb}${suffix}`.padEnd(28 + suffix.length))}${about}`,
  );
  process.stdout.write(`\nWhat to try next:\n${lines.join("\n")}\n`);
}
