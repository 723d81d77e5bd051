import { type StackChoice, openStack } from "../../engine/stack";
import { tunnelOf } from "../../flows/hosts/tunnel";

/** Prints this machine's end of the tunnel, as wg-quick reads it. */
export async function run(options: StackChoice): Promise<void> {
  process.stdout.write(await tunnelOf(await openStack(options)));
}
