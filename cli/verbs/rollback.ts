import { openStack, type StackChoice } from "../../engine/stack";
import { goBack } from "../../flows/upgrade/rollback";
import { upAndPrint } from "../up";

/** Goes back to the image or the domains of the previous generation, in one `up`. Refuses where data has moved on. */
export async function run(options: StackChoice, names: readonly string[] = []): Promise<void> {
  const stack = await openStack(options);
  const { pins, domains } = await goBack(stack, names);
  process.stdout.write(
    [
      ...pins.map(({ owner, from, to }) => `${owner}: ${from} -> ${to}\n`),
      ...domains.map(({ site, from, to }) => `${site}: ${from.join(", ")} -> ${to.join(", ")}\n`),
    ].join(""),
  );
  await upAndPrint(options);
  if (pins.length > 0)
    process.stdout.write(
      "\nIt stays so until the next `varvol upgrade` of the same name; images.lock.json says it.\n",
    );
  if (domains.length > 0) process.stdout.write(`\nThe domains of before are in ${stack.file}.\n`);
}
