import { UserError } from "../../base/errors";

/** A snapshot as `restic snapshots --json` tells of it; one part of a run. */
export interface ResticSnapshot {
  readonly id: string;
  readonly time: string;
  readonly tags?: readonly string[];
  readonly summary?: { readonly total_bytes_processed: number; readonly data_added_packed: number };
}

/** A snapshot of one site or module, or of the host itself: everything that one backup kept of it. */
export interface Run {
  /** Name of the site or module; undefined for the host itself. */
  readonly site?: string;
  readonly run: string;
  readonly time: string;
  /** Bytes that were read, and that the repository grew by. */
  readonly size: number;
  readonly added: number;
  /** Whether its last part is there. One that was cut off is never restored. */
  readonly complete: boolean;
}

/** The runs that a repository's snapshots are parts of, the newest first. What isn't Varvol's is left out. */
export function runsOf(snapshots: readonly ResticSnapshot[]): Run[] {
  const runs = new Map<string, ResticSnapshot[]>();
  for (const snapshot of snapshots) {
    const run = tag(snapshot, "run");
    if (run === undefined) continue;
    const key = `${run} ${tag(snapshot, "site") ?? ""}`;
    runs.set(key, [...(runs.get(key) ?? []), snapshot]);
  }
  return [...runs.values()].map(toRun).sort((a, b) => (a.time < b.time ? 1 : -1));
}

function toRun(all: readonly ResticSnapshot[]): Run {
  const sum = (key: "total_bytes_processed" | "data_added_packed") =>
    all.reduce((total, { summary }) => total + (summary?.[key] ?? 0), 0);
  const [first] = all;
  return {
    site: first && tag(first, "site"),
    run: (first && tag(first, "run")) ?? "",
    time: all.map(({ time }) => time).sort()[0] ?? "",
    size: sum("total_bytes_processed"),
    added: sum("data_added_packed"),
    complete: all.some(({ tags }) => tags?.includes("complete")),
  };
}

function tag({ tags = [] }: ResticSnapshot, key: string): string | undefined {
  return tags.find((one) => one.startsWith(`${key}=`))?.slice(key.length + 1);
}

/** The complete run of a site that its name or the beginning of that means; the newest for "latest". */
export function chooseRun(runs: readonly Run[], site: string | undefined, wanted = "latest"): Run {
  const what = site ?? "the host";
  const own = runs.filter((run) => run.site === site);
  const complete = own.filter((run) => run.complete);
  if (wanted === "latest") {
    if (complete[0]) return complete[0];
    throw new UserError(
      `There is no snapshot of ${what}.`,
      "`npx varvol snapshots` lists those that are there.",
    );
  }
  const found = complete.filter(({ run }) => run.startsWith(wanted));
  if (found.length === 1 && found[0]) return found[0];
  if (found.length > 1)
    throw new UserError(
      `${wanted} is the beginning of ${found.length} snapshots of ${what}.`,
      "Give more of it.",
    );
  const other = runs.find(({ run }) => run.startsWith(wanted));
  const reason = own.some(({ run }) => run.startsWith(wanted))
    ? `was cut off and is not complete`
    : other
      ? `is a snapshot of ${other.site ?? "the host"}, not of ${what}`
      : `is no snapshot`;
  throw new UserError(
    `--snapshot ${wanted}: ${reason}.`,
    complete.length > 0 ? `There are: ${complete.map(({ run }) => run).join(", ")}` : undefined,
  );
}

/** The newest complete run of a site up to a moment, which is a run's name; of that very run, if it has one. */
export function runAt(runs: readonly Run[], site: string, moment?: string): Run | undefined {
  return runs.find((run) => run.site === site && run.complete && (moment === undefined || run.run <= moment));
}
