import { setTimeout as sleep } from "node:timers/promises";
import { Exit, UserError } from "../../base/errors";
import { attempt, lastLines } from "../../base/exec";
import type { Step } from "../../base/output";
import { shellCommand } from "../../base/quoting";
import { Machine } from "../machine";
import { scriptText } from "../scripts";
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

export async function findDocker(machine: Machine = Machine.here): Promise<DockerState> {
  const result = await machine.runAsUser(["docker", "version", "--format", "{{json .Server}}"], {
    timeout: 20_000,
  });
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
 * The daemon of a machine that answers, or else one that is started, and installed before where it is missing. Undefined
 * when it answers only to members of the group `docker`, which the user is, but not this process: see `rerunInGroup`.
 */
export async function ensureDocker(step: Step, machine: Machine = Machine.here): Promise<Docker | undefined> {
  const found = await findDocker(machine);
  if (found.state === "ok") return found.docker;
  if (found.state === "denied") return joinGroup(machine, found.reason, false);
  if (!machine.ssh && process.env.DOCKER_HOST && found.state === "down") {
    throw new UserError(
      `Docker does not answer at DOCKER_HOST=${process.env.DOCKER_HOST}: ${found.reason}`,
      "Start it there, or unset DOCKER_HOST to use the one of this machine.",
    );
  }
  const installed = found.state === "no client" || !(await engineInstalled(machine));
  if (installed) await installEngine(machine, step);
  // Debian's package starts the daemon itself where systemd is.
  if (!installed || (await findDocker(machine)).state === "down") await startDaemon(machine, step);
  return await answer(machine, step, installed);
}

/** Whether a condition of the shell holds on the machine. */
async function holds(machine: Machine, condition: string): Promise<boolean> {
  return (await machine.runAsUser(["sh", "-c", condition])).code === 0;
}

async function engineInstalled(machine: Machine): Promise<boolean> {
  return holds(machine, "PATH=/usr/sbin:/usr/bin:/usr/local/bin; command -v dockerd");
}

function hasSystemd(machine: Machine): Promise<boolean> {
  return holds(machine, "test -e /run/systemd/system");
}

async function installEngine(machine: Machine, step: Step): Promise<void> {
  if (!(await holds(machine, "test -e /usr/bin/apt-get"))) {
    throw new UserError(
      `Docker is missing on ${machine.name}, and that is no Debian.`,
      "Install Docker (https://docs.docker.com/engine/install/).",
    );
  }
  const add = (packages: readonly string[], wherePresent: readonly string[] = []) =>
    install("Installing Docker", packages, step, wherePresent, machine);
  // The client of Docker's own packages conflicts with Debian's engine: it has one of its own.
  const ownClient = await machine.runAsUser(["dpkg-query", "-W", "-f", "${Status}", "docker-ce-cli"]);
  if (ownClient.code === 0 && ownClient.stdout.includes("install ok installed"))
    return add(["docker-ce", "containerd.io"]);
  const optional = (await hasSystemd(machine)) ? ["docker-cli"] : ["docker-cli", "cgroupfs-mount"];
  await add(["docker.io", "iptables", "ca-certificates", "apparmor"], optional);
}

async function startDaemon(machine: Machine, step: Step): Promise<void> {
  step.part("starting the Docker daemon");
  if (await hasSystemd(machine)) {
    const enable = ["systemctl", "enable", "--now", "docker.service"];
    await runAsRoot("Starting Docker", enable, { timeout: startPatience }, machine);
    return;
  }
  const start = ["sh", "-c", scriptText("start-docker"), "sh", daemonLog];
  await runAsRoot("Starting Docker", start, {}, machine);
}

async function answer(machine: Machine, step: Step, installed: boolean): Promise<Docker | undefined> {
  const started = Date.now();
  step.detail("waiting for the Docker daemon");
  const systemd = await hasSystemd(machine);
  for (;;) {
    const now = await findDocker(machine);
    if (now.state === "ok") return now.docker;
    if (now.state === "denied") return joinGroup(machine, now.reason, installed);
    if (now.state === "no client") throw new UserError(now.reason, "Run: apt-get install docker-cli");
    const waited = Date.now() - started;
    const dead = waited > 3000 && !systemd && !(await daemonRuns(machine));
    if (dead || waited > startPatience) {
      const why = dead ? "ended again" : `does not answer after ${startPatience / 1000} s`;
      const log = systemd
        ? { hint: "journalctl -u docker", words: ["journalctl", "-u", "docker", "-n", "8", "-o", "cat"] }
        : { hint: daemonLog, words: ["tail", "-n", "8", daemonLog] };
      throw new UserError(
        `The Docker daemon ${why}: ${now.reason}\n${await lastLog(machine, log.words)}`,
        `Its log: ${log.hint}`,
      );
    }
    await sleep(500);
  }
}

// Neither a zombie nor a dead one.
function daemonRuns(machine: Machine): Promise<boolean> {
  return holds(machine, "cat /proc/[0-9]*/stat 2>/dev/null | grep -q -E '^[0-9]+ [(]dockerd[)] [^ZX]'");
}

async function lastLog(machine: Machine, words: readonly string[]): Promise<string> {
  const { stdout } = await attempt(await asRoot("Reading the log", words, machine));
  return stdout.trimEnd().replace(/^/gm, "  | ");
}

/** Only whoever has just had Docker installed is made a member of its group. */
async function joinGroup(machine: Machine, reason: string, installed: boolean): Promise<Docker | undefined> {
  const user = userName(machine);
  const member = async (): Promise<boolean> =>
    (await machine.runAsUser(["id", "-nG", user])).stdout.trim().split(" ").includes("docker");
  if (installed && !(await member())) {
    await runAsRoot("Letting you use Docker", ["usermod", "-aG", "docker", user], {}, machine);
  }
  if (await member()) {
    if (!machine.ssh && !process.env.VARVOL_REGROUPED) return undefined;
    await machine.reconnect();
    const now = await findDocker(machine);
    if (now.state === "ok") return now.docker;
  }
  throw new UserError(
    `You may not use Docker${machine.ssh ? ` on ${machine.name}` : ""}: ${reason}`,
    `Run: sudo usermod -aG docker ${user}\nthen log in again, or run this as root.`,
  );
}

/** Membership of a group counts from the next login on, unless `sg` is asked: runs this same command under it. */
export async function rerunInGroup(): Promise<never> {
  const words = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const env = { ...process.env, VARVOL_REGROUPED: "1" };
  throw new Exit(
    (await attempt(["sg", "docker", "-c", `exec ${shellCommand(words)}`], { output: "inherit", env })).code,
  );
}
