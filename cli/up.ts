import { UserError } from "../base/errors";
import { colors } from "../base/output";
import type { HostFacts } from "../engine/hostFacts";
import type { Stack } from "../engine/stack";
import { bringUp, type UpOptions } from "../flows/up/up";
import type { Proof } from "../flows/import/proof";
import { MODULE_NAMES } from "../stacks/modules";
import { printProof } from "./proof";
import { printSites } from "./sites";

/** Brings the host up and prints its sites, for the verbs that end or begin so. */
export async function upAndPrint(options: UpOptions): Promise<void> {
  refuseFailed(await upAndSay(options));
}

/** The same for a verb that says more itself, of the sites that an import filled. */
export async function upAndSay(options: UpOptions & { readonly json?: boolean }): Promise<readonly Proof[]> {
  const { stack, facts, changes, proofs } = await bringUp(options);
  // One that serves for longer was refused when it came: an up of other things does not fail for it.
  const earlier = ({ site }: Proof) => facts.filled.has(site) && facts.routed.has(site);
  const now = proofs.filter((proof) => !earlier(proof));
  // Whoever asked for JSON gets the verb's own.
  if (options.json) return now;
  await printSites(stack);
  printRemoved(stack, facts);
  if (changes === 0) process.stdout.write("\nNothing changed: the host is what the stack says.\n");
  now.forEach(printProof);
  for (const { site, problems } of proofs.filter(earlier))
    for (const text of problems)
      process.stdout.write(`\n${colors.yellow(site)}: has not come whole: ${text}\n`);
  return now;
}

/** Ends with an error where a site did not come as it was. */
export function refuseFailed(proofs: readonly Proof[]): void {
  const failed = proofs.filter(({ problems }) => problems.length > 0);
  if (failed.length === 0) return;
  throw new UserError(
    failed
      .flatMap(({ site, problems }) => problems.map((text) => `${site} has not come whole: ${text}`))
      .join("\n"),
    "Nothing is taken away: look at it. Correct what it comes from, and import it again by the same command, which begins anew; or correct it here, and run: npx varvol up",
  );
}

function printRemoved(stack: Stack, facts: HostFacts): void {
  // What the host had before includes the data that has just got another name.
  const names = stack.config.sites.flatMap(({ name, formerly }) => [name, formerly ?? name]);
  const known = new Set([...names, ...MODULE_NAMES]);
  for (const name of facts.volumes.filter((volume) => !known.has(volume))) {
    process.stdout.write(
      `\n${colors.yellow(name)} is no site any more. Its data stays in ${stack.config.volumeRoot}/${name}${facts.databases.has(name) ? ` and the database ${name}` : ""} until: npx varvol purge ${name}\n`,
    );
  }
}
