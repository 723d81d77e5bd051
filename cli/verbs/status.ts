import { type SiteStatus, statusOf } from "../siteStatus";
import type { VerbOptions } from "../options";
import { colors, json, table } from "../output";
import { openStack, type Stack } from "../stack";

/** Lists the sites: kind, addresses, state, where the data lies; for git sites what is served. */
export async function run(options: VerbOptions): Promise<void> {
  const stack = await openStack(options);
  if (options.json) {
    const sites = await statusOf(stack);
    json({ stack: stack.name, sites });
    if (sites.some(({ state }) => state !== "ok")) process.exitCode = 1;
    return;
  }
  const sites = await printSites(stack);
  if (sites.some(({ state }) => state !== "ok")) process.exitCode = 1;
}

/** Prints the table of sites and what is wrong with any. */
export async function printSites(stack: Stack): Promise<SiteStatus[]> {
  const sites = await statusOf(stack);
  if (sites.length === 0) {
    process.stdout.write("No sites are configured.\n");
    return sites;
  }
  const rows = sites.map((site) => [
    site.name,
    site.kind,
    site.urls.join("\n"),
    site.state === "ok" ? colors.green("ok") : colors.red(site.state),
    site.data,
  ]);
  process.stdout.write(`\n${table(["Site", "Kind", "Address", "State", "Data"], rows)}\n`);
  for (const { name, git, problem } of sites) {
    if (problem) process.stdout.write(`\n${colors.red(name)}: ${problem}\n`);
    if (git) {
      process.stdout.write(
        `\n${name}: serves commit ${git.served?.slice(0, 12) ?? "none"}, last try ${git.lastTry ?? "never"}\n`,
      );
      if (git.error) process.stdout.write(`  ${colors.red("last pull failed:")} ${git.error}\n`);
    }
  }
  return sites;
}
