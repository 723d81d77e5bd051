import type { Message } from "../../agent/protocol";
import { UserError } from "../../base/errors";
import { step } from "../../base/output";
import type { HostConfig } from "../../stacks/config";
import { siteSubjectOf, type SiteConfig } from "../../stacks/kinds";
import { answer, askAgent } from "./repository";
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
  site: SiteConfig,
  runs: readonly Run[],
  wanted?: string,
): Promise<Drilled> {
  const { name } = site;
  let tried: Pick<Drilled, "site" | "snapshot" | "age"> = { site: name };
  return step(
    `Drill of ${name}`,
    async (s): Promise<Drilled> => {
      try {
        const { run, time } = chooseRun(runs, name, wanted);
        tried = { site: name, snapshot: run, age: Math.round((Date.now() - Date.parse(time)) / 1000) };
        const request = { job: "drill", site: siteSubjectOf(site), run } as const;
        const said = await askAgent(config, request, { onMessage: followFetch(s) });
        return { ...tried, ok: true, ...drilled(said) };
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        return { ...tried, ok: false, problem: error.message.replace(/^drill: \S+: /, "") };
      }
    },
    ({ ok, snapshot, problem }) => (ok ? snapshot : problem),
    ({ ok }) => ok,
  );
}

function drilled(
  said: readonly Message[],
): Pick<Drilled, "answer" | "tables" | "rows" | "files" | "seconds"> {
  const { answer: status, tables, rows, files, seconds } = answer(said, "drilled");
  return { answer: status, ...(tables !== undefined && { tables, rows }), files, seconds };
}
