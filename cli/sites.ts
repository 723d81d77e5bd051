import { colors, table } from "../base/output";
import { age } from "../base/words";
import type { Stack } from "../engine/stack";
import { type HostStatus, type SiteStatus, type Status, statusOf, STOPPED } from "../flows/siteStatus";
import { OLD_LOCK } from "../stacks/lockAge";
import { asksAuthority } from "../stacks/modules";

/** Prints the table of sites, what they share, and what is wrong with any. */
export async function printSites(stack: Stack): Promise<Status> {
  const status = await statusOf(stack);
  const { host, modules, sites } = status;
  if (sites.length === 0) process.stdout.write("No sites are configured.\n");
  else printTable(stack, sites);
  const parts = [...modules, { ...host, name: "host", containers: [] }];
  const rows = parts.map(({ name, state }) => `${name}: ${coloured(state)}`);
  process.stdout.write(`\n${[...rows, ...lockOf(host)].join(", ")}\n`);
  for (const { name, problems, containers } of [...parts, ...sites]) {
    for (const text of problems) process.stdout.write(`\n${colors.red(name)}: ${text}\n`);
    for (const text of containers.flatMap(({ notes }) => notes)) process.stdout.write(`\n${name}: ${text}\n`);
  }
  for (const { name, notes = [] } of [...modules, ...sites])
    for (const text of notes) process.stdout.write(`\n${name}: ${text}\n`);
  for (const text of host.notes) process.stdout.write(`\n${text}\n`);
  for (const { name, git, backup } of sites) {
    for (const text of backup?.problems ?? []) process.stdout.write(`\n${colors.red(name)}: ${text}\n`);
    if (git)
      process.stdout.write(
        `\n${name}: serves commit ${git.served?.slice(0, 12) ?? "none"}, last try ${git.lastTry ?? "never"}\n`,
      );
    if (git?.leftOut)
      process.stdout.write(`\n${name}: links that lead out of the repository, or nowhere: ${git.leftOut}\n`);
  }
  return status;
}

function printTable({ config }: Stack, sites: readonly SiteStatus[]): void {
  const isPublic = asksAuthority(config);
  const rows = sites.map((site) => [
    site.name,
    site.kind,
    site.urls.join("\n"),
    site.state === "ok" && site.asleep ? colors.green("ok, asleep") : coloured(site.state),
    site.data,
    ...(isPublic ? [leftOf(site)] : []),
    ...(site.backup ? [site.backup.good ? site.backup.text : colors.red(site.backup.text)] : []),
  ]);
  const head = [
    "Site",
    "Kind",
    "Address",
    "State",
    "Data",
    ...(isPublic ? ["Certificate"] : []),
    ...(config.backup ? ["Backup"] : []),
  ];
  process.stdout.write(`\n${table(head, rows)}\n`);
}

function coloured(state: string): string {
  return state === "ok" ? colors.green(state) : state === STOPPED ? colors.yellow(state) : colors.red(state);
}

function lockOf({ lockDays: days }: HostStatus): string[] {
  if (days === undefined) return [];
  const text = days === 0 ? "of today" : `${days} ${days === 1 ? "day" : "days"} old`;
  return [`packages: ${days > OLD_LOCK ? colors.yellow(text) : text}`];
}

function leftOf({ certificate }: SiteStatus): string {
  if (certificate?.until === undefined) return "";
  return `${age((Date.parse(certificate.until) - Date.now()) / 1000)} left`;
}
