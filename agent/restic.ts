import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Failure, lastLines } from "./failure";
import { type Place, read, restores, root, settings, write } from "./place";
import { ended, output, type Ran, run, type RunOptions, start } from "./process";
import { say } from "./say";

/** What restic's container is for. Only a restore may take as much of the machine as a site: it is what waits. */
export type Use = "read" | "write" | "make" | "restore" | "drill";

const RESTIC = "/usr/lib/varvol/restic";
/** The socket that leads to a repository on the control node, for as long as the connection lives. */
const SOCKET = process.env.VARVOL_REPOSITORY ?? "";

/**
 * restic in a container of its own, which sees the repository, the data and a folder to restore to, and has the network
 * only where the repository is not a folder.
 */
export class Restic {
  private lost = false;
  private readonly fetched: Record<string, number> = {};

  private constructor(
    readonly place: Place,
    private readonly container: string,
  ) {}

  static async open(place: Place, use: Use): Promise<Restic> {
    const { stack, namespace, image, location } = place;
    const container = `${namespace}backup-${process.pid}-${Date.now().toString(36)}`;
    const words = [
      ...["docker", "run", "-d", "--rm", "--init", "--pull", "never", "--name", container],
      ...[
        "--hostname",
        `varvol-${machine()}`,
        "--label",
        `varvol.backup=${stack}/${label(use)}`,
        "--read-only",
      ],
      ...["--tmpfs", "/tmp:rw,nosuid,nodev,size=256m", "--log-driver", "none", "--cap-drop", "ALL"],
      ...["DAC_OVERRIDE", "CHOWN", "FOWNER", "FSETID"].flatMap((one) => ["--cap-add", one]),
      ...["--security-opt", "no-new-privileges", ...limits(use), ...repositoryOptions(location, use)],
      ...volume(root, "/vol", true),
      ...volume(folder(restores), "/restore"),
      ...volume(folder(path.join(settings, "cache")), "/cache"),
      ...volume(path.join(settings, "password"), "/run/secrets/password", true),
      ...(fs.existsSync(credentials()) ? volume(credentials(), "/run/secrets/credentials", true) : []),
      ...["RESTIC_PASSWORD_FILE=/run/secrets/password", "RESTIC_CACHE_DIR=/cache", "RESTIC_PROGRESS_FPS=0.5"],
      // GOGC: restic sets 50 by itself; with 200 a first backup takes a twelfth less of the processor, for 80 MiB more.
      ...["GOMEMLIMIT=800MiB", "GOGC=200"],
    ].flatMap((word) => (/^[A-Z_]+=/.test(word) ? ["-e", word] : [word]));
    const started = await run([...words, "--entrypoint", "/usr/bin/sleep", image, "6h"]);
    if (started.code !== 0) {
      await run(["docker", "rm", "-f", container], { always: true });
      if (/bind source path does not exist/.test(started.stderr)) throw new Missing(missing(location));
      throw new Failure(
        `the container for restic can't be started: ${lastLines(started.stderr, 2)}; run: npx varvol up`,
      );
    }
    const restic = new Restic(place, container);
    if (SOCKET) restic.watch();
    return restic;
  }

  async close(): Promise<void> {
    await run(["docker", "rm", "-f", this.container], { always: true });
  }

  /** Runs restic to its end, whatever that is. */
  run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return run(this.words(args, options.input !== undefined), options);
  }

  /** Runs another program of the image beside the repository. */
  tool(words: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return run(
      ["docker", "exec", ...(options.input === undefined ? [] : ["-i"]), this.container, ...words],
      options,
    );
  }

  /** Runs restic with what it prints in a file, and gives its code and the last of what it said. */
  async fetch(args: readonly string[], file: string): Promise<{ code: number; said: string }> {
    const descriptor = fs.openSync(file, "w", 0o600);
    try {
      const child = start(this.words(args), ["ignore", descriptor, "pipe"]);
      const errors: Buffer[] = [];
      child.stderr?.on("data", (data: Buffer) => errors.push(data));
      const code = await ended(child);
      return { code, said: said(Buffer.concat(errors).toString()) };
    } finally {
      fs.closeSync(descriptor);
    }
  }

  /** The same, saying meanwhile how far it is by the JSON that restic prints. */
  async follow(
    args: readonly string[],
    options: RunOptions = {},
  ): Promise<{ code: number; said: string; summary?: Summary }> {
    let rest = "";
    let summary: Summary | undefined;
    const key = args.join(" ");
    const result = await this.run(args, {
      ...options,
      onData: (data) => {
        const lines = (rest + data.toString()).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          const status = parse(line);
          if (status?.message_type === "status") this.progress(key, status);
          if (status?.message_type === "summary") summary = status;
        }
      },
    });
    return { code: result.code, said: said(result.stderr), ...(summary && { summary }) };
  }

  /**
   * Locks of a folder, here or on the control node, are those of killed runs, as nothing else works on it now; a
   * server's may be others'.
   */
  async unlock(): Promise<void> {
    const { location } = this.place;
    if (location.startsWith("/")) {
      const { stdout } = await this.tool(["sh", "-c", "ls -A /repository/locks 2> /dev/null"]);
      if (stdout !== "") await this.run(["unlock", "--quiet", "--remove-all"]);
    } else if (isControlNodes(location)) {
      await this.run(["unlock", "--quiet", "--remove-all"]);
    } else {
      await this.run(["unlock", "--quiet"]);
      // The number of a process that locks is one that the next run's unlock does not have itself.
      await this.tool(["sh", "-c", "for i in $(seq 200); do (:); done"]);
    }
  }

  /** What an exit code of restic's says, and what to do. */
  reason(code: number): string {
    const { location } = this.place;
    if (code === 10) return missing(location);
    if (code === 11) return `the backup repository ${location} is locked by another machine; wait for that`;
    if (code === 12)
      return `the backup repository ${location} has another password than this host; it is not touched`;
    return this.wasCutOff(code)
      ? "the connection to the control node, where the backup repository lies, was lost"
      : `restic ended with code ${code}`;
  }

  /** Whether restic was ended because the control node is away. */
  wasCutOff(code: number): boolean {
    return SOCKET !== "" && (this.lost || code === 137);
  }

  private words(args: readonly string[], input = false): string[] {
    return ["docker", "exec", ...(input ? ["-i"] : []), this.container, RESTIC, ...args];
  }

  private progress(key: string, { bytes_done, bytes_restored, total_bytes }: Status): void {
    this.fetched[key] = bytes_restored ?? bytes_done ?? 0;
    const at = Object.values(this.fetched).reduce((sum, one) => sum + one, 0);
    say({
      type: "progress",
      at,
      ...(bytes_restored !== undefined && total_bytes !== undefined && { of: total_bytes }),
    });
  }

  /** restic itself would try for a quarter of an hour, with what was stopped stopped. */
  private watch(): void {
    const child = start(["docker", "exec", this.container, "/usr/lib/varvol/connected"], "ignore");
    child.once("close", (code) => {
      if (code !== 75) return;
      this.lost = true;
      void run(["docker", "rm", "-f", this.container], { always: true });
    });
  }
}

export interface Summary {
  readonly total_bytes_processed?: number;
  readonly data_added_packed?: number;
}

interface Status extends Summary {
  readonly message_type?: string;
  readonly bytes_done?: number;
  readonly bytes_restored?: number;
  readonly total_bytes?: number;
}

function parse(line: string): Status | undefined {
  try {
    return JSON.parse(line) as Status;
  } catch {
    return undefined;
  }
}

/** The last of what restic had to say, as JSON or in plain words. */
export function said(text: string): string {
  const lines = text.trim().split("\n").slice(-3);
  return lines.map((line) => /"message":"([^}]*)"\}/.exec(line)?.[1] ?? line).join("\n");
}

/** Opens restic, and has its container gone at the end, whatever that is. */
export async function withRestic<T>(
  place: Place,
  use: Use,
  work: (restic: Restic) => Promise<T>,
): Promise<T> {
  const restic = await Restic.open(place, use);
  try {
    return await work(restic);
  } finally {
    await restic.close();
  }
}

function missing(location: string): string {
  return `the backup repository ${location} is not there; if it lies on a disk or a server, bring that back, or name another one in varvol:backup.repository and run: npx varvol up`;
}

function isControlNodes(location: string): boolean {
  return location.startsWith("control-node:");
}

/** The repository is a folder that is not there. */
export class Missing extends Failure {}

function label(use: Use): string {
  return use === "make" ? "write" : use;
}

/** How restic's container sees the repository. Docker makes a folder that is not there for a volume, not for a bind. */
function repositoryOptions(location: string, use: Use): string[] {
  if (location.startsWith("/"))
    return [
      ...["--network", "none", "RESTIC_REPOSITORY=/repository"],
      ...(use === "make"
        ? volume(location, "/repository")
        : ["--mount", `type=bind,src=${location},dst=/repository`]),
    ];
  if (!isControlNodes(location)) return ["--network", "bridge", `RESTIC_REPOSITORY=${location}`];
  if (!SOCKET)
    throw new Failure(
      `the backup repository ${location.slice("control-node:".length)} lies on the machine that varvol runs on; run it there: npx varvol backup`,
    );
  return [
    ...["--network", "none", "--mount", `type=bind,src=${SOCKET},dst=/run/repository.sock`],
    "RESTIC_REPOSITORY=rest:http+unix:///run/repository.sock:/",
  ];
}

/** Files that are written count as memory, and 1 GiB held a restore up. */
function limits(use: Use): string[] {
  const half = Math.floor(os.totalmem() / 2 ** 21);
  const [shares, memory] = use === "restore" ? [1024, Math.max(1024, half)] : [128, 1024];
  return [
    ...["--cpu-shares", String(shares), "--memory", `${memory}m`, "--memory-swap", `${memory}m`],
    ...["--pids-limit", "256"],
  ];
}

/** The name in restic's locks: it takes those of killed processes of its own machine away, and of no other. */
function machine(): string {
  const file = path.join(settings, "machine");
  const known = read(file)?.trim();
  if (known) return known;
  const name = randomBytes(8).toString("hex");
  write(file, name);
  return name;
}

function credentials(): string {
  return path.join(settings, "credentials");
}

function folder(name: string): string {
  fs.mkdirSync(name, { recursive: true, mode: 0o700 });
  return name;
}

function volume(source: string, target: string, readOnly = false): string[] {
  return ["-v", `${source}:${target}${readOnly ? ":ro" : ""}`];
}

/** Removes restic's containers that killed jobs left; only whoever holds the repository's lock may. */
export async function removeLeft({ stack }: Place): Promise<void> {
  const ids = await Promise.all(
    ["write", "restore"].map((use) =>
      output(["docker", "ps", "-aq", "--filter", `label=varvol.backup=${stack}/${use}`], { always: true }),
    ),
  );
  const left = ids.flatMap((text) => text.split("\n").filter(Boolean));
  if (left.length > 0) await run(["docker", "rm", "-f", ...left], { always: true });
}
