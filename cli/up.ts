import { colors } from "../base/output";
import type { HostFacts } from "../engine/hostFacts";
import type { Stack } from "../engine/stack";
import { bringUp, type UpOptions } from "../flows/up/up";
import { printSites } from "./sites";

/** Brings the host up and prints its sites, for the verbs that end or begin so. */
export async function upAndPrint(options: UpOptions & { readonly json?: boolean }): Promise<void> {
  const { stack, facts, changes } = await bringUp(options);
  // Whoever asked for JSON, which only a verb that does more than this knows, gets that one's.
  if (options.json) return;
  await printSites(stack);
  printRemoved(stack, facts);
  if (changes === 0) process.stdout.write("\nNothing changed: the host is what the stack says.\n");
}

function printRemoved(stack: Stack, facts: HostFacts): void {
  const known = new Set([...stack.config.sites.map(({ name }) => name), "gateway", "mysql"]);
  for (const name of facts.volumes.filter((volume) => !known.has(volume))) {
    process.stdout.write(
      `\n${colors.yellow(name)} is no site any more. Its data stays in ${stack.config.volumeRoot}/${name} (and its database, if it had one) until: npx varvol purge ${name}\n`,
    );
  }
}
