import { UserError } from "../../base/errors";
import { meant } from "../../base/nearest";
import { handOver } from "../../base/terminal";
import { hostName, machineOf, onHost } from "../../machine/host";
import type { HostConfig } from "../../stacks/config";
import { kindOf, type SiteConfig } from "../../stacks/kinds";

/** A site of the stack. Throws where there is none of that name. */
export function siteNamed(config: HostConfig, name: string): SiteConfig {
  const site = config.sites.find((one) => one.name === name);
  if (site) return site;
  const names = config.sites.map((one) => one.name);
  throw new UserError(
    `${name || "A site's name"} is ${name ? "no site" : "missing: no site"} of the stack ${config.stack}.${meant(name, names)}`,
    names.length > 0 ? `Its sites: ${names.join(", ")}` : undefined,
  );
}

/** Roles of a site's containers, the one that people mean first: where its program runs. */
export function rolesOf(site: SiteConfig): string[] {
  const roles = kindOf(site.kind)
    .shape(site)
    .containers.map(({ role }) => role);
  return [...roles].sort((a, b) => Number(b === "php") - Number(a === "php"));
}

/** Containers of a stack that run, or all that there are, the newest first, by owner and role. */
export async function containersThere(
  config: HostConfig,
  filters: readonly string[] = [],
  { all = false } = {},
): Promise<{ id: string; owner: string; role: string }[]> {
  const labels = [`label=varvol.host=varvol/${config.stack}`, ...filters];
  const format = '{{.ID}} {{.Label "varvol.owner"}} {{.Label "varvol.role"}}';
  const words = [
    "docker",
    "ps",
    "--no-trunc",
    ...(all ? ["-a"] : []),
    ...labels.flatMap((label) => ["--filter", label]),
  ];
  const { code, stdout, stderr } = await onHost(config, [...words, "--format", format]);
  if (code !== 0) throw new UserError(`Docker on ${hostName(config)} does not answer: ${stderr.trim()}`);
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => line.split(" "))
    .map(([id = "", owner = "", role = ""]) => ({ id, owner, role }));
}

/** Runs a command in a site's container of a role, as that container's user, with this terminal; gives its exit code. */
export async function runInside(
  config: HostConfig,
  site: SiteConfig,
  role: string,
  command: readonly string[],
): Promise<number> {
  const roles = rolesOf(site);
  if (!roles.includes(role))
    throw new UserError(
      `${site.name} has no container ${role}.${meant(role, roles)}`,
      `It has: ${roles.join(", ")}`,
    );
  const filters = [`label=varvol.owner=${site.name}`, `label=varvol.role=${role}`];
  const [found] = await containersThere(config, filters);
  if (!found)
    throw new UserError(
      `${site.name}/${role} does not run.`,
      "npx varvol status says what does; npx varvol up starts it.",
    );
  return onTerminal(config, (terminal) => ["docker", "exec", terminal ? "-it" : "-i", found.id, ...command]);
}

/** Writes a line into what a site's container has written, for `varvol logs`; that it can't is no reason to stop. */
export async function noteInLog(
  config: HostConfig,
  site: SiteConfig,
  role: string,
  text: string,
): Promise<void> {
  const [found] = await containersThere(config, [
    `label=varvol.owner=${site.name}`,
    `label=varvol.role=${role}`,
  ]);
  if (found)
    await onHost(config, [
      ...["docker", "exec", found.id, "sh", "-c", 'printf "%s\\n" "$1" > /proc/1/fd/2', "sh", text],
    ]);
}

/** Runs a command on the host with this terminal, where this is one. */
export function onTerminal(
  config: HostConfig,
  words: (terminal: boolean) => readonly string[],
): Promise<number> {
  const terminal = Boolean(process.stdin.isTTY && process.stdout.isTTY);
  return handOver(machineOf(config).terminalCommand(words(terminal), terminal));
}
