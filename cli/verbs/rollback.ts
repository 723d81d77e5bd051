import { openStack, type StackChoice } from "../../engine/stack";
import { pinPrevious } from "../../flows/upgrade/rollback";
import { upAndPrint } from "../up";

/** Goes back to the image of the previous generation, in one `up`. Refuses where data has moved on. */
export async function run(options: StackChoice, names: readonly string[] = []): Promise<void> {
  const { config } = await openStack(options);
  const pins = await pinPrevious(config, names);
  process.stdout.write(pins.map(({ owner, from, to }) => `${owner}: ${from} -> ${to}\n`).join(""));
  await upAndPrint(options);
  process.stdout.write(
    "\nIt stays so until the next `varvol upgrade` of the same name; images.lock.json says it.\n",
  );
}
