import { UserError } from "../base/errors";
import { meant } from "../base/nearest";
import { table } from "../base/output";
import { bytes } from "../base/words";
import type { Mode } from "../agent/protocol";
import type { Taken } from "../flows/backup/take";

/** The mode that was asked for; undefined where the stack file decides. */
export function readMode(mode: string | undefined): Mode | undefined {
  if (mode === undefined || mode === "hot" || mode === "stop") return mode;
  throw new UserError(
    `--mode ${mode}: there is no such mode.${meant(mode, ["hot", "stop"])}`,
    "There are: hot, stop",
  );
}

/** Prints what backups came to. */
export function printTaken(taken: readonly Taken[]): void {
  const rows = taken.map(({ name, run, mode, size, added, stopped }) => [
    name,
    run,
    mode === "stop" ? `stop (${stopped} s)` : mode,
    bytes(size),
    bytes(added),
  ]);
  process.stdout.write(`${table(["Site", "Snapshot", "Mode", "Size", "Added"], rows)}\n`);
}
