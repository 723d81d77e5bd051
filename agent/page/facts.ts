import { X509Certificate } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import { labelled } from "../labels";
import { moment } from "../moments";
import { type Answer, faultOf } from "../notify/ask";
import { type Journal, readJournal } from "../notify/plan";
import { headline } from "../notify/words";
import { list, read, root, state } from "../place";
import { run } from "../process";
import type { Notify } from "../protocol";
import { type Result, results, type Work } from "../results";
import type { History } from "./history";

const result = z.strictObject({ time: z.string(), ok: z.boolean() });
const room = z.strictObject({ size: z.number(), free: z.number() });

/** What the status page shows, and `varvol status --json`. Moments are ISO 8601 in UTC, amounts bytes. */
export const factsSchema = z.strictObject({
  host: z.string(),
  time: z.string(),
  disk: room,
  memory: room,
  sites: z.array(
    z.strictObject({
      name: z.string(),
      kind: z.string(),
      domain: z.string(),
      /** closed: it says so itself. */
      state: z.enum(["up", "down", "closed", "unknown"]),
      error: z.string(),
      /** To the answer's first byte. */
      seconds: z.number().optional(),
      /** The last day: five minutes' number since 1970, the longest answer in seconds, looks that found it well, and not. */
      history: z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])),
      certificateUntil: z.string().optional(),
      backup: result.optional(),
      drill: result.optional(),
      /** Names of the containers that run. */
      containers: z.array(z.string()),
      /** When the versions of its packages were looked up. */
      packages: z.string().optional(),
    }),
  ),
  /** What was told to be broken and is so still. */
  broken: z.array(z.strictObject({ text: z.string(), error: z.string(), since: z.string() })),
  /** The newest first. */
  events: z.array(z.strictObject({ time: z.string(), ok: z.boolean(), text: z.string() })),
});

export type Facts = z.infer<typeof factsSchema>;
export type SiteFacts = Facts["sites"][number];

/** What came of a site's backups and drills, the oldest first. */
type Worked = Readonly<Record<Work, Result[]>> & { readonly name: string };

const EVENTS = 20;
const WORK = ["backup", "drill"] as const;

/** Everything that the page shows, by what the last look found. */
export function factsOf(
  plan: Notify,
  answers: ReadonlyMap<string, Answer> | undefined,
  history: History,
  containers: ReadonlyMap<string, readonly string[]>,
): Facts {
  const { bsize, blocks, bavail } = fs.statfsSync(root);
  const journal = readJournal();
  const standings = Object.entries(journal.standings).filter(([, { level }]) => level > 0);
  const worked = plan.sites.map(({ name }) => ({
    name,
    backup: results(name, "backup"),
    drill: results(name, "drill"),
  }));
  return {
    ...{ host: plan.stack, time: moment() },
    disk: { size: bsize * blocks, free: bsize * bavail },
    memory: memoryOf(read("/proc/meminfo") ?? ""),
    sites: plan.sites.map((site, i) => siteFacts(site, answers, history, containers, worked[i])),
    broken: standings.map(([key, { error, since }]) => {
      const [what, name = ""] = key.split("/");
      return { text: headline({ what: what as never, name, error }), error, since: moment(since * 1000) };
    }),
    events: eventsOf(journal, worked),
  };
}

function siteFacts(
  { name, kind, domain, answers: well, packages }: Notify["sites"][number],
  answers: ReadonlyMap<string, Answer> | undefined,
  history: History,
  containers: ReadonlyMap<string, readonly string[]>,
  worked: Worked | undefined,
): SiteFacts {
  const answer = answers?.get(name);
  const fault = answers ? faultOf(answer, new RegExp(well)) : undefined;
  const found = answers ? (fault === undefined ? "closed" : fault === "" ? "up" : "down") : "unknown";
  const [backup, drill] = [worked?.backup.at(-1), worked?.drill.at(-1)];
  const until = certificateEnd(read(path.join(root, "gateway/conf/current/tls", `${name}.pem`)));
  return {
    ...{ name, kind, domain, state: found, error: fault ?? "" },
    ...(found === "up" && answer && { seconds: answer.seconds }),
    history: history.of(name).map((point) => [...point] as [number, number, number, number]),
    ...(until !== undefined && { certificateUntil: until }),
    ...(backup && { backup: { time: backup.time, ok: backup.ok } }),
    ...(drill && { drill: { time: drill.time, ok: drill.ok } }),
    containers: [...(containers.get(name) ?? [])],
    ...(packages !== undefined && { packages }),
  };
}

function certificateEnd(chain: string | undefined): string | undefined {
  return chain === undefined ? undefined : moment(Date.parse(new X509Certificate(chain).validTo));
}

/** What was told, backups, drills, and images that are new. */
function eventsOf(journal: Journal, sites: readonly Worked[]): Facts["events"] {
  const told = journal.events.map(({ time, ...one }) => ({
    ...{ time, ok: one.error === "", text: headline(one) },
  }));
  const worked = sites.flatMap(({ name, ...all }) =>
    WORK.flatMap((work) =>
      all[work]
        .slice(-EVENTS)
        .map(({ time, ok }) => ({ time, ok, text: `${work} of ${name} ${ok ? "passed" : "failed"}` })),
    ),
  );
  const generations = path.join(state, "generations");
  const replaced = list(generations).map((role) => ({
    time: moment(fs.statSync(path.join(generations, role)).mtimeMs),
    ...{ ok: true, text: `${role.replace(/^(.+)-\1$/, "$1")} has a new image` },
  }));
  return [...told, ...worked, ...replaced]
    .sort((one, other) => other.time.localeCompare(one.time))
    .slice(0, EVENTS);
}

export function memoryOf(meminfo: string): Facts["memory"] {
  const kib = (key: string) => Number(new RegExp(`^${key}: +(\\d+) kB$`, "m").exec(meminfo)?.[1] ?? 0);
  return { size: kib("MemTotal") * 1024, free: kib("MemAvailable") * 1024 };
}

/** The containers that run of each site. */
export async function containersBySite({ stack }: Notify): Promise<Map<string, string[]>> {
  const format = '{{.Label "varvol.owner"}}\t{{.Names}}';
  const { stdout } = await run(["docker", "ps", ...labelled({ stack }), "--format", format]);
  const found = new Map<string, string[]>();
  for (const line of stdout.split("\n").filter(Boolean).sort()) {
    const [owner = "", name = ""] = line.split("\t");
    found.set(owner, [...(found.get(owner) ?? []), name]);
  }
  return found;
}
