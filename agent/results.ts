import { moment } from "./moments";
import * as path from "node:path";
import { plain } from "./failure";
import { read, settings, write } from "./place";

/** What is done to a site by a schedule. */
export type Work = "backup" | "drill";

export interface Result {
  readonly time: string;
  readonly ok: boolean;
  readonly run: string;
  readonly text: string;
}

const MOST = 100;

function fileOf(name: string, work: Work): string {
  return path.join(settings, "results", `${name}.${work}`);
}

/** Writes down what came of a backup or drill, for `status` and `evidence`; the last hundred of each are kept. */
export function record(
  name: string,
  work: Work,
  ok: boolean,
  run: string,
  since: number,
  text: string,
): void {
  const seconds = Math.round((Date.now() - since) / 1000);
  const line = [
    moment(),
    ok ? "ok" : "failed",
    run,
    seconds,
    plain(text.replaceAll(/\s+/g, " ")).slice(0, 1000),
  ].join("\t");
  const before = (read(fileOf(name, work)) ?? "").split("\n").filter(Boolean);
  write(fileOf(name, work), `${[...before.slice(1 - MOST), line].join("\n")}\n`);
}

/** What came of a site's backups or drills, the oldest first. */
export function results(name: string, work: Work): Result[] {
  return (read(fileOf(name, work)) ?? "")
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [time = "", ok, run = "", , text = ""] = line.split("\t");
      return { time, ok: ok === "ok", run, text };
    });
}

/** The run of a site's newest good backup; undefined where there is none. */
export function newestRun(name: string): string | undefined {
  return results(name, "backup")
    .filter(({ ok }) => ok)
    .at(-1)?.run;
}
