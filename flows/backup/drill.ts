import { UserError } from "../../base/errors";
import { step } from "../../base/output";
import type { HostConfig } from "../../stacks/config";
import type { SiteConfig } from "../../stacks/schema";
import { backupTool } from "./repository";
import { chooseRun, type Run } from "./runs";
import { followFetch } from "./text";

/** What trying a snapshot came to. */
export interface Drilled {
  readonly site: string;
  /** Undefined where there is none. */
  readonly snapshot?: string;
  /** Seconds since the snapshot was taken. */
  readonly age?: number;
  readonly ok: boolean;
  /** The status that the restored site answered with. */
  readonly answer?: number;
  /** Of its database; sites without one have none. */
  readonly tables?: number;
  readonly rows?: number;
  readonly files?: number;
  /** How long it took until the site answered. */
  readonly seconds?: number;
  /** Why the snapshot did not prove itself. */
  readonly problem?: string;
}

/** Restores a site's snapshot into scratch containers and asks the site there. A snapshot that fails is a result. */
export async function drillSite(
  config: HostConfig,
  { name, kind, domains }: Pick<SiteConfig, "name" | "kind" | "domains">,
  runs: readonly Run[],
  wanted?: string,
): Promise<Drilled> {
  let tried: Pick<Drilled, "site" | "snapshot" | "age"> = { site: name };
  return step(
    `Drill of ${name}`,
    async (s) => {
      try {
        const { run, time } = chooseRun(runs, name, wanted);
        tried = { site: name, snapshot: run, age: Math.round((Date.now() - Date.parse(time)) / 1000) };
        const words = ["drill", name, run, kind, domains[0] ?? name];
        const output = await backupTool(config, words, { onLine: followFetch(s) });
        return { ...tried, ...readDrilled(output) };
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        return { ...tried, ok: false, problem: error.message.replace(/^drill: \S+: /, "") };
      }
    },
    ({ ok, snapshot, problem }) => (ok ? snapshot : problem),
    ({ ok }) => ok,
  );
}

/** What the last line of the tool's output tells. */
export function readDrilled(output: string): Omit<Drilled, "site"> {
  const [, answer, tables, rows, files, seconds] =
    /^drilled (\d+) (\d+|-) (\d+|-) (\d+) (\d+)$/m.exec(output) ?? [];
  if (answer === undefined) throw new UserError("The drill ended without a result.");
  return {
    ok: true,
    answer: Number(answer),
    ...(tables !== "-" && { tables: Number(tables), rows: Number(rows) }),
    files: Number(files),
    seconds: Number(seconds),
  };
}
