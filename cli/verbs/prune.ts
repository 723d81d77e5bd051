import { json } from "../../base/output";
import { openStack } from "../../engine/stack";
import { pruneImages } from "../../flows/upgrade/prune";
import * as texts from "../options";

export const options: texts.OptionsOf<texts.JsonOption> = { json: texts.json };

/** Removes Varvol's images that no stack on the host needs: each role's current and previous one stay. */
export async function run(options: texts.JsonOption): Promise<void> {
  const { config } = await openStack(options);
  const removed = await pruneImages(config);
  if (options.json) return json({ removed });
  process.stdout.write(
    removed.length === 0
      ? "Nothing to remove.\n"
      : removed.map(({ image, size }) => `removed ${image} (${size})\n`).join(""),
  );
}
