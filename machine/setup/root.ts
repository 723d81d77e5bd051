import { UserError } from "../../base/errors";
import { attempt, failure, type Result, type RunOptions } from "../../base/exec";
import type { Step } from "../../base/output";
import { Machine } from "../machine";

/** Debian's administration commands, which an ordinary user's PATH does not have. */
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const passedOn = ["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];
const mirrors = ["VARVOL_DEBIAN_MIRROR", "VARVOL_DEBIAN_SECURITY_MIRROR"];

/** The words that run a command as root on a machine, there by sudo where need be, which asks nothing. */
export async function asRoot(
  what: string,
  command: readonly string[],
  machine: Machine = Machine.here,
): Promise<string[]> {
  // Another machine has a way of its own to where packages come from.
  const env = machine.ssh ? [] : [...passedOn, ...mirrors].filter((name) => process.env[name]);
  const settings = [`PATH=${PATH}`, "LC_ALL=C", ...env.map((name) => `${name}=${process.env[name]}`)];
  const full = ["env", ...settings, ...command];
  const may =
    machine.isRoot || (await machine.runAsUser(["sudo", "-n", "true"], { timeout: 10_000 })).code === 0;
  if (may) return machine.command(full);
  const where = machine.ssh ? ` on ${machine.name}` : "";
  throw new UserError(
    `${what} needs root${where}, and sudo does not let you without a password.`,
    `Run this as root, or let ${userName(machine)} use sudo${where} without a password, or do it by hand.`,
  );
}

export function userName({ ssh }: Machine = Machine.here): string {
  return ssh?.user ?? process.env.USER ?? process.env.LOGNAME ?? String(process.getuid?.() ?? "");
}

/** Runs a command as root; its failure is told without the words that only make it run as root. */
export async function runAsRoot(
  what: string,
  command: readonly string[],
  options?: RunOptions,
  machine: Machine = Machine.here,
): Promise<Result> {
  const result = machine.reached(await attempt(await asRoot(what, command, machine), options));
  if (result.code !== 0) throw failure(command, result);
  return result;
}

/** Installs Debian packages, `what` for; those in `wherePresent` only if this release has them. */
export async function install(
  what: string,
  packages: readonly string[],
  step: Step,
  wherePresent: readonly string[] = [],
  machine: Machine = Machine.here,
): Promise<void> {
  what = `${what} (apt-get install ${packages.join(" ")})`;
  const onLine = (line: string): void => step.detail(line);
  const apt = (...args: string[]): string[] => [
    "DEBIAN_FRONTEND=noninteractive",
    "NEEDRESTART_SUSPEND=1",
    "apt-get",
    ...["-q", "-y", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0"],
    ...["-o", "Dpkg::Options::=--force-confold", ...args],
  ];
  // An installation that was killed must be ended first; where there was none, this does nothing.
  const root = (command: readonly string[]) => runAsRoot(what, command, { onLine }, machine);
  await root(["DEBIAN_FRONTEND=noninteractive", "dpkg", "--force-confold", "--configure", "-a"]);
  step.part("apt-get update");
  await root(apt("update"));
  const more: string[] = [];
  for (const name of wherePresent) {
    const { stdout } = await machine.runAsUser(["env", "LC_ALL=C", "apt-cache", "policy", name]);
    if (/Candidate: (?!\(none\))/.test(stdout)) more.push(name);
  }
  const all = [...packages, ...more];
  step.part(`apt-get install ${all.join(" ")}`);
  await root(apt("install", "--no-install-recommends", ...all));
}
