import { Exit } from "../../base/errors";
import { colors, json, step, table } from "../../base/output";
import { openStack } from "../../engine/stack";
import { type Checked, checkHoles } from "../../flows/upgrade/holes";
import { lockNewest, type Upgraded } from "../../flows/upgrade/upgrade";
import * as texts from "../options";

interface Options extends texts.JsonOption {
  readonly check?: boolean;
  readonly modules?: boolean;
}

export const options: texts.OptionsOf<Options> = {
  check: [
    "--check",
    "lock nothing: say which locked packages have security updates, and end with 1 if any has",
  ],
  modules: texts.modules,
  json: texts.json,
};

/** Looks for newer packages, locks them, and says what changed. Nothing runs them before the next `up`. */
export async function run(options: Options, names: readonly string[] = []): Promise<void> {
  const stack = await openStack(options);
  if (options.check) {
    const checked = await step("Security updates", () => checkHoles(stack.config, names));
    if (options.json) json({ stack: stack.name, ...checked });
    else reportHoles(checked);
    if (checked.holes.length > 0) throw new Exit(1);
    return;
  }
  const upgraded = await lockNewest(stack, names, options.modules ?? false);
  if (options.json) return json(upgraded);
  report(upgraded);
}

function reportHoles({ holes, unknown }: Checked): void {
  if (holes.length === 0) process.stdout.write("Nothing that is locked has a security update.\n");
  else {
    const rows = holes.map((hole) => [
      ...[hole.package, hole.locked, hole.fixed],
      ...[hole.images.join(", "), hole.owners.join(", ")],
    ]);
    process.stdout.write(`${table(["Package", "Locked", "Fixed", "Images", "For"], rows)}\n`);
    process.stdout.write(
      `\nLock the newest versions, then apply them: ${colors.cyan("npx varvol upgrade --modules")}, ${colors.cyan("npx varvol up")}\n`,
    );
  }
  for (const { owner, image } of unknown)
    process.stdout.write(`\n${owner}: runs ${image}, and the lock does not say what is in that.\n`);
}

function report({ packages, images, released, looked }: Upgraded): void {
  const rows = [
    ...packages.map((change) => [change.owner, change.package, change.from ?? "-", change.to ?? "-"]),
    ...images.map(({ site, from, to }) => [site, "image", from, to]),
    ...released.map(({ owner, from, to }) => [owner, "rolled back", from, to]),
  ];
  if (rows.length === 0) {
    const lock = looked ? "the lock notes the day, and nothing else" : "the lock did not change";
    process.stdout.write(`Everything is at its newest version; ${lock}.\n`);
    return;
  }
  process.stdout.write(`${table(["For", "Package", "From", "To"], rows)}\n`);
  process.stdout.write(
    `\nThe lock has changed and nothing else has. See what that means, then apply it: ${colors.cyan("npx varvol plan")}, ${colors.cyan("npx varvol up")}\n`,
  );
}
