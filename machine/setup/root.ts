import { UserError } from "../../base/errors";
import { attempt, failure, type Result, type RunOptions } from "../../base/exec";
import type { Step } from "../../base/output";

/** Debian's administration commands, which an ordinary user's PATH does not have. */
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const passedOn = ["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];
const mirrors = ["VARVOL_DEBIAN_MIRROR", "VARVOL_DEBIAN_SECURITY_MIRROR"];

/** The command as root runs it: as it is, or by sudo, which asks nothing. */
export async function asRoot(what: string, command: readonly string[]): Promise<string[]> {
  const env = [...passedOn, ...mirrors].filter((name) => process.env[name]);
  const settings = [`PATH=${PATH}`, "LC_ALL=C", ...env.map((name) => `${name}=${process.env[name]}`)];
  const full = ["env", ...settings, ...command];
  if (process.getuid?.() === 0) return full;
  if ((await attempt(["sudo", "-n", "true"], { timeout: 10_000 })).code === 0) return ["sudo", "-n", ...full];
  throw new UserError(
    `${what} needs root, and sudo does not let you without a password.`,
    `Run this as root, or let ${userName()} use sudo without a password, or do it by hand.`,
  );
}

export function userName(): string {
  return process.env.USER ?? process.env.LOGNAME ?? String(process.getuid?.() ?? "");
}

/** Runs a command as root; its failure is told without the words that only make it run as root. */
export async function runAsRoot(
  what: string,
  command: readonly string[],
  options?: RunOptions,
): Promise<Result> {
  const result = await attempt(await asRoot(what, command), options);
  if (result.code !== 0) throw failure(command, result);
  return result;
}

/** Installs Debian packages, `what` for; those in `wherePresent` only if this release has them. */
export async function install(
  what: string,
  packages: readonly string[],
  step: Step,
  wherePresent: readonly string[] = [],
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
  await runAsRoot(what, ["DEBIAN_FRONTEND=noninteractive", "dpkg", "--force-confold", "--configure", "-a"], {
    onLine,
  });
  step.part("apt-get update");
  await runAsRoot(what, apt("update"), { onLine });
  const more: string[] = [];
  for (const name of wherePresent) {
    const { stdout } = await attempt(["apt-cache", "policy", name], { env: { ...process.env, LC_ALL: "C" } });
    if (/Candidate: (?!\(none\))/.test(stdout)) more.push(name);
  }
  const all = [...packages, ...more];
  step.part(`apt-get install ${all.join(" ")}`);
  await runAsRoot(what, apt("install", "--no-install-recommends", ...all), { onLine });
}
