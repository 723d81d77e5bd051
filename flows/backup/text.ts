import type { Step } from "../../base/output";
import { bytes } from "../../base/words";

/** How far restic has come, by a line of a tool's that tells of that; undefined for any other. */
export function progressIn(line: string): string | undefined {
  const [, done, total] = /^at (\d+)(?: (\d+))?$/.exec(line) ?? [];
  if (done === undefined) return undefined;
  return total === undefined
    ? `${bytes(Number(done))} so far`
    : `${bytes(Number(done))} of ${bytes(Number(total))}`;
}

/** Shows in a step what a tool says that fetches a snapshot: its parts, and how far restic has come. */
export function followFetch(step: Step): (line: string) => void {
  return (line) => {
    const far = progressIn(line);
    if (far) step.detail(`fetched ${far}`);
    else if (/^(fetching|filling|starting|switching)/.test(line)) step.part(line);
  };
}
