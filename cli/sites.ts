import { colors, table } from "../base/output";
import type { Stack } from "../engine/stack";
import { type SiteStatus, statusOf } from "../flows/siteStatus";

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
