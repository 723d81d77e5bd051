import { quote, shellCommand } from "../../base/quoting";
import { forwardingCommand, type SshArgs } from "../../machine/ssh";
import type { ImageLock } from "../imageLock";
import { imageBuild, imageBuildCommand, imageTag } from "../imageSource";

/** A folder of the control node, the machine that this program runs on, with the backups of another one. */
export interface Archive {
  readonly folder: string;
  /** Prefix of the containers that work on it. */
  readonly namespace: string;
  readonly lock: ImageLock;
}

/** What stands in a host's command line for the socket that leads to the archive. */
export const SOCKET = "@socket@";

/** How a host is told of a repository that is none of its own folders. */
export function archiveLocation(folder: string): string {
  return `control-node:${folder}`;
}

/** A shell command that builds the image for archives on this machine where it is missing. */
export function buildArchiveImage(lock: ImageLock): string {
  const image = archiveImage(lock);
  const { context } = imageBuild("agent", lock, "agent");
  const build = [...imageBuildCommand("agent", lock, "agent", context), context];
  return `docker image inspect ${image} > /dev/null 2>&1 || ${shellCommand(build)} > /dev/null`;
}

/** The image whose restic and server work on archives. It is never an earlier one: that may lack the server. */
export function archiveImage(lock: ImageLock): string {
  return imageTag("agent", lock, "agent");
}

/**
 * The words that run one of images/agent/archive's commands on an archive; `more` are options of `docker run`. There
 * is no network, and nothing but the archive to see.
 */
export function archiveCommand(
  { folder, lock }: Archive,
  command: "serve" | "expired" | "forget",
  more: readonly string[] = [],
): string[] {
  return [
    ...["docker", "run", "--rm", "-i", "--init", "--network", "none", "--read-only", "--log-driver", "none"],
    ...["--tmpfs", "/tmp:rw,nosuid,nodev,size=256m", "--cap-drop", "ALL", "--cap-add", "DAC_OVERRIDE"],
    ...["--security-opt", "no-new-privileges", "--pids-limit", "256"],
    ...["--mount", `type=bind,src=${folder},dst=/repository`, "--entrypoint", "/usr/lib/varvol/archive"],
    ...more,
    archiveImage(lock),
    command,
  ];
}

/**
 * A bash script that runs a command line on a host with the script's own standard input, while an append-only server
 * gives the archive out to it, and to nobody else, through that very connection. The server ends with the script, or
 * with what started it, whatever became of them.
 */
export function archiveScript(ssh: SshArgs, archive: Archive, line: string, make = false): string {
  const { folder, namespace, lock } = archive;
  const own = ["--name", "$name", "-v", "$work:/served"];
  const served = archiveCommand(archive, "serve", own)
    .map((word) => (own.includes(word) ? `"${word}"` : quote(word)))
    .join(" ");
  const forwarding = forwardingCommand(ssh);
  return [
    "set -u",
    `{ ${buildArchiveImage(lock)}; } || exit 1`,
    ...(make ? [`[ -d ${quote(folder)} ] || mkdir -p -m 700 ${quote(folder)} || exit 1`] : []),
    "work=$(mktemp -d) || exit 1",
    "random=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \\n')",
    `name=${quote(`${namespace}archive-`)}$random socket=/tmp/varvol-$random.sock`,
    `trap 'docker rm -f "$name" > /dev/null 2>&1; rm -rf "$work"' EXIT`,
    "trap 'exit 130' INT; trap 'exit 143' TERM HUP",
    "alive() { kill -0 $$ 2> /dev/null && kill -0 $PPID 2> /dev/null; }",
    `while alive; do sleep 1; done | ${served} > /dev/null 2> "$work/said" &`,
    "server=$!",
    'until [ -S "$work/socket" ]; do',
    `  kill -0 $server 2> /dev/null || { echo ${quote(`the backup repository ${folder} can't be opened on this machine:`)} "$(grep -v "^$\\|--help'" "$work/said" | tail -n 2)" >&2; exit 1; }`,
    "  sleep 0.1",
    "done",
    `line=${quote(line)}`,
    `${shellCommand(forwarding)} -R "$socket:$work/socket" -- ${quote(`${ssh.user}@${ssh.address}`)} "\${line//${SOCKET}/$socket}"`,
  ].join("\n");
}
