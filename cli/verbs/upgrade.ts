import { colors, json, table } from "../../base/output";
import { openStack } from "../../engine/stack";
import { lockNewest, type Upgraded } from "../../flows/upgrade/upgrade";
import * as texts from "../options";

interface Options extends texts.JsonOption {
  readonly modules?: boolean;
}

export const options: texts.OptionsOf<Options> = { modules: texts.modules, json: texts.json };

/** Looks for newer packages, locks them, and says what changed. Nothing runs them before the next `up`. */
export async function run(options: Options, names: readonly string[] = []): Promise<void> {
  const stack = await openStack(options);
  const upgraded = await lockNewest(stack, names, options.modules ?? false);
  if (options.json) return json(upgraded);
  report(upgraded);
}

function report({ packages, images, released }: Upgraded): void {
  const rows = [
    ...packages.map((change) => [change.owner, change.package, change.from ?? "-", change.to ?? "-"]),
    ...images.map(({ site, from, to }) => [site, "image", from, to]),
    ...released.map(({ owner, from, to }) => [owner, "rolled back", from, to]),
  ];
  if (rows.length === 0) {
    process.stdout.write("Everything is at its newest version; the lock did not change.\n");
    return;
  }
  process.stdout.write(`${table(["For", "Package", "From", "To"], rows)}\n`);
  process.stdout.write(
    `\nThe lock has changed and nothing else has. See what that means, then apply it: ${colors.cyan("npx varvol plan")}, ${colors.cyan("npx varvol up")}\n`,
  );
}
