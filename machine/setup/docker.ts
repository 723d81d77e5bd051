import { existsSync, readFileSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Exit, UserError } from "../../base/errors";
import { attempt, lastLines } from "../../base/exec";
import type { Step } from "../../base/output";
import { shellCommand } from "../../base/quoting";
import { asRoot, install, runAsRoot, userName } from "./root";

export interface Docker {
  version: string;
  api: string;
  /** The daemon's architecture as Debian and Docker call it: amd64, arm64. */
  arch: string;
}

export type DockerState =
  | { state: "ok"; docker: Docker }
  | { state: "no client"; reason: string }
  | { state: "denied"; reason: string }
  | { state: "down"; reason: string };

export const daemonLog = "/var/log/varvol-dockerd.log";
const startPatience = 90_000;

export async function findDocker(): Promise<DockerState> {
  const result = await attempt(["docker", "version", "--format", "{{json .Server}}"], { timeout: 20_000 });
  if (result.code === 127) return { state: "no client", reason: "there is no docker command" };
  try {
    const server = JSON.parse(result.stdout) as {
      Version?: string;
      ApiVersion?: string;
      Arch?: string;
    } | null;
    if (result.code === 0 && server?.Version) {
      return {
        state: "ok",
        docker: { version: server.Version, api: server.ApiVersion ?? "", arch: server.Arch ?? "" },
      };
    }
  } catch {
    // Without an answer from the daemon there is nothing to parse.
  }
  const reason = lastLines(result.stderr, 1) || result.reason || `docker version: exit code ${result.code}`;
  return { state: /permission denied/i.test(reason) ? "denied" : "down", reason };
}

/**
 * The daemon that answers, or else one that is started, and installed before where it is missing. Undefined when it
 * answers only to members of the group `docker`, which the user is, but not this process: see `rerunInGroup`.
 */
export async function ensureDocker(step: Step): Promise<Docker | undefined> {
  const found = await findDocker();
  if (found.state === "ok") return found.docker;
  if (found.state === "denied") return joinGroup(found.reason, false);
  if (process.env.DOCKER_HOST && found.state === "down") {
    throw new UserError(
      `Docker does not answer at DOCKER_HOST=${process.env.DOCKER_HOST}: ${found.reason}`,
      "Start it there, or unset DOCKER_HOST to use the one of this machine.",
    );
  }
  const installed = !(await engineInstalled()) || found.state === "no client";
  if (installed) await installEngine(step);
  // Debian's package starts the daemon itself where systemd is.
  if (!installed || (await findDocker()).state === "down") await startDaemon(step);
  return await answer(step, installed);
}

async function engineInstalled(): Promise<boolean> {
  return ["/usr/sbin/dockerd", "/usr/bin/dockerd", "/usr/local/bin/dockerd"].some((file) => existsSync(file));
}

export function hasSystemd(): boolean {
  return existsSync("/run/systemd/system");
}

async function installEngine(step: Step): Promise<void> {
  if (!existsSync("/usr/bin/apt-get")) {
    throw new UserError(
      "Docker is missing, and this is no Debian.",
      "Install Docker (https://docs.docker.com/engine/install/).",
    );
  }
  // The client of Docker's own packages conflicts with Debian's engine: it has one of its own.
  const { code, stdout } = await attempt(["dpkg-query", "-W", "-f", "${Status}", "docker-ce-cli"]);
  if (code === 0 && stdout.includes("install ok installed")) {
    await install("Installing Docker", ["docker-ce", "containerd.io"], step);
    return;
  }
  const optional = hasSystemd() ? ["docker-cli"] : ["docker-cli", "cgroupfs-mount"];
  await install(
    "Installing Docker",
    ["docker.io", "iptables", "ca-certificates", "apparmor"],
    step,
    optional,
  );
}

async function startDaemon(step: Step): Promise<void> {
  step.part("starting the Docker daemon");
  if (hasSystemd()) {
    await runAsRoot("Starting Docker", ["systemctl", "enable", "--now", "docker.service"], {
      timeout: startPatience,
    });
    return;
  }
  const script =
    'if [ -z "$(ls -A /sys/fs/cgroup 2>/dev/null)" ] && command -v cgroupfs-mount >/dev/null; then cgroupfs-mount; fi\n' +
    `setsid dockerd >>${daemonLog} 2>&1 </dev/null &\n`;
  await runAsRoot("Starting Docker", ["sh", "-c", script]);
}

async function answer(step: Step, installed: boolean): Promise<Docker | undefined> {
  const started = Date.now();
  step.detail("waiting for the Docker daemon");
  for (;;) {
    const now = await findDocker();
    if (now.state === "ok") return now.docker;
    if (now.state === "denied") return joinGroup(now.reason, installed);
    if (now.state === "no client") throw new UserError(now.reason, "Run: apt-get install docker-cli");
    const waited = Date.now() - started;
    const dead = waited > 3000 && !hasSystemd() && !daemonRuns();
    if (dead || waited > startPatience) {
      const why = dead ? "ended again" : `does not answer after ${startPatience / 1000} s`;
      throw new UserError(`The Docker daemon ${why}: ${now.reason}\n${await lastLog()}`, logHint());
    }
    await sleep(500);
  }
}

function daemonRuns(): boolean {
  return readdirSync("/proc").some((pid) => {
    try {
      return /^\d+$/.test(pid) && /^\d+ \(dockerd\) [^ZX]/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
    } catch {
      return false; // It has ended since.
    }
  });
}

function logHint(): string {
  return hasSystemd() ? "Its log: journalctl -u docker" : `Its log: ${daemonLog}`;
}

async function lastLog(): Promise<string> {
  const command = hasSystemd()
    ? ["journalctl", "-u", "docker", "-n", "8", "-o", "cat"]
    : ["tail", "-n", "8", daemonLog];
  return (await attempt(await asRoot("Reading the log", command))).stdout.trimEnd().replace(/^/gm, "  | ");
}

/** Only whoever has just had Docker installed is made a member of its group. */
async function joinGroup(reason: string, installed: boolean): Promise<undefined> {
  const user = userName();
  const member = async (): Promise<boolean> =>
    (await attempt(["id", "-nG", user])).stdout.trim().split(" ").includes("docker");
  if (installed && !(await member())) {
    await runAsRoot("Letting you use Docker", ["usermod", "-aG", "docker", user]);
  }
  if (process.env.VARVOL_REGROUPED || !(await member())) {
    throw new UserError(
      `You may not use Docker: ${reason}`,
      `Run: sudo usermod -aG docker ${user}\nthen log in again, or run this as root.`,
    );
  }
}

/** Membership of a group counts from the next login on, unless `sg` is asked: runs this same command under it. */
export async function rerunInGroup(): Promise<never> {
  const words = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const env = { ...process.env, VARVOL_REGROUPED: "1" };
  throw new Exit(
    (await attempt(["sg", "docker", "-c", `exec ${shellCommand(words)}`], { output: "inherit", env })).code,
  );
}
