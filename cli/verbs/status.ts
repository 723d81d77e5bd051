import { type SiteStatus, statusOf } from "../siteStatus";
import type { VerbOptions } from "../options";
import { colors, json, table } from "../output";
import { openStack, type Stack } from "../stack";

/** Lists the sites: kind, addresses, state, where the data lies, backups; for git sites what is served. */
export async function run(options: VerbOptions): Promise<void> {
  const stack = await openStack(options);
  if (options.json) {
    const sites = await statusOf(stack);
    json({ stack: stack.name, sites });
    if (!sites.every(isWell)) process.exitCode = 1;
    return;
  }
  const sites = await printSites(stack);
  if (!sites.every(isWell)) process.exitCode = 1;
}

function isWell({ state, backup }: SiteStatus): boolean {
  return state === "ok" && (backup?.good ?? true);
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
    ...(site.backup ? [site.backup.good ? site.backup.text : colors.red(site.backup.text)] : []),
  ]);
  const head = ["Site", "Kind", "Address", "State", "Data", ...(stack.config.backup ? ["Backup"] : [])];
  process.stdout.write(`\n${table(head, rows)}\n`);
  for (const { name, git, problem, backup } of sites) {
    for (const text of backup?.problems ?? []) process.stdout.write(`\n${colors.red(name)}: ${text}\n`);
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
