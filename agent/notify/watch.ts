import { X509Certificate } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { StatusPage } from "../page/page";
import { labelled } from "../labels";
import { isRestoring, list, read, root, state } from "../place";
import { run } from "../process";
import type { Notify } from "../protocol";
import { stoppedOnPurpose } from "../off";
import { results } from "../results";
import { askSites, type Answer, faultOf } from "./ask";
import { keyOf, readJournal, readPlan } from "./plan";
import { type Found, look, type Looks, type State, type What } from "./standing";
import { note } from "./tell";

type Site = Notify["sites"][number];

/** Looks in a row that say the same before it is told. */
const ENOUGH: Partial<Record<What, number>> = { site: 2, slow: 5, git: 3 };
/** Seconds for which a site may fail that has not answered yet since this program began: all of a machine starts at once. */
const START = 180;
/** Seconds for which whoever works on the host is taken to be at work after his last word. */
const AT_WORK = 90;
const DAY = 86_400;
const MIB = 1024 ** 2;

/** Looks how the host and its sites are, again and again, and tells whoever is named of what changes. */
export class Watch {
  private readonly looks = new Map<string, Looks>();
  private readonly seen = new Set<string>();
  private readonly began = Date.now();
  private rounds = 0;
  private page?: StatusPage;

  /** One look; `isCalm` says of whom no process was killed for memory for long enough. */
  async look(isCalm: (owner: string) => boolean): Promise<void> {
    const plan = readPlan();
    if (!plan || isRestoring()) return;
    const answers = plan.every > 0 ? await askSites(plan) : new Map<string, Answer>();
    const working = isAtWork(Date.now());
    const states = [
      ...(plan.every > 0 ? this.sites(plan, answers, working) : []),
      ...(plan.every > 0 && this.rounds % 5 === 0 ? await this.pulls(plan) : []),
      ...(plan.every > 0 && this.rounds % 60 === 0 ? certificates(plan, Date.now()) : []),
      ...(plan.every > 0 ? disk() : []),
      ...wellSince(isCalm),
    ];
    this.rounds++;
    await note(states);
    if (plan.page) await (this.page ??= new StatusPage()).update(plan, answers);
  }

  private sites(plan: Notify, answers: Map<string, Answer> | undefined, working: boolean): State[] {
    const off = stoppedOnPurpose();
    const away = { level: 1, error: "no site can be reached: the gateway does not answer" };
    const gateway = answers ? { level: 0, error: "" } : off.has("gateway") ? undefined : away;
    return [
      ...this.settled("site", "gateway", this.excused("gateway", gateway, working)),
      ...plan.sites.flatMap((site) =>
        this.site(plan, site, answers?.get(site.name), answers !== undefined && !excuses(off, site), working),
      ),
    ];
  }

  private site(
    plan: Notify,
    site: Site,
    answer: Answer | undefined,
    known: boolean,
    working: boolean,
  ): State[] {
    const { name } = site;
    const fault = known ? faultOf(answer, new RegExp(site.answers)) : undefined;
    const found = fault === undefined ? undefined : { level: fault === "" ? 0 : 1, error: fault };
    const seconds = fault === "" ? answer?.seconds : undefined;
    const isSlow = seconds !== undefined && seconds > plan.slow;
    const slow =
      seconds === undefined
        ? undefined
        : { level: isSlow ? 1 : 0, error: isSlow ? slowly(seconds, plan) : "" };
    return [
      ...this.settled("site", name, this.excused(name, found, working)),
      ...this.settled("slow", name, this.excused(name, slow, working)),
    ];
  }

  /** What a look finds, as far as it tells anything: not while somebody works on the host, nor while it starts. */
  private excused(name: string, found: Found, working: boolean): Found {
    if (!found) return undefined;
    if (found.level === 0) {
      this.seen.add(name);
      return found;
    }
    const starts = !this.seen.has(name) && Date.now() - this.began < START * 1000;
    return working || starts ? undefined : found;
  }

  /** A state once enough looks in a row have said so. */
  private settled(what: What, name: string, found: Found): State[] {
    const key = keyOf({ what, name });
    const looks = look(this.looks.get(key), found, Math.floor(Date.now() / 1000));
    if (!looks) {
      this.looks.delete(key);
      return [];
    }
    this.looks.set(key, looks);
    const { level, error, count, since } = looks;
    return count >= (ENOUGH[what] ?? 1) ? [{ what, name, level, error, since }] : [];
  }

  private async pulls(plan: Notify): Promise<State[]> {
    const all: State[] = [];
    for (const { name, pulls } of plan.sites) {
      if (!pulls) continue;
      const labels = labelled({ stack: plan.stack, owner: name, role: pulls.role });
      const ids = await run(["docker", "ps", "-q", ...labels]);
      const [id] = ids.stdout.split("\n");
      if (id)
        all.push(
          ...this.settled("git", name, pullOf((await run(["docker", "exec", id, "cat", pulls.file])).stdout)),
        );
    }
    return all;
  }
}

/** Whether what is stopped on purpose explains all that may be wrong with a site. */
export function excuses(
  off: ReadonlySet<string>,
  { name, database }: Pick<Site, "name" | "database">,
): boolean {
  return off.has(name) || off.has("gateway") || (database && off.has("mysql"));
}

function slowly(seconds: number, { slow }: Notify): string {
  return `its answer takes ${seconds.toFixed(1)} s, more than ${slow} s, five times in a row`;
}

/** How the pulls of a site go, by what its puller has written down. */
export function pullOf(text: string): Found {
  try {
    const { error } = JSON.parse(text) as { readonly error?: string | null };
    return { level: error ? 1 : 0, error: error ?? "" };
  } catch {
    return undefined;
  }
}

/** Whether somebody works on the host: a job that has stopped or switched something, or a tool of an `up`. */
export function isAtWork(now: number, of = state): boolean {
  const left = ["stopped", "switched"].map((name) => list(path.join(of, "backup", name)));
  if (left.some((names) => names.length > 0)) return true;
  const { mtimeMs } = fs.statSync(path.join(of, "at-work"), { throwIfNoEntry: false }) ?? { mtimeMs: 0 };
  return now - mtimeMs < AT_WORK * 1000;
}

/** Certificates that no authority renews by itself, as their end comes near. */
function certificates({ sites }: Notify, now: number): State[] {
  return sites.flatMap(({ name, certificate }): State[] => {
    const text = certificate && read(path.join(root, certificate));
    return text ? [{ what: "certificate", name, ...endOf(text, now) }] : [];
  });
}

/** How near a certificate's end is. */
export function endOf(chain: string, now: number): { readonly level: number; readonly error: string } {
  const days = Math.floor((Date.parse(new X509Certificate(chain).validTo) - now) / DAY / 1000);
  if (days >= 14) return { level: 0, error: "" };
  const error = days < 0 ? "it has ended" : `it ends in ${days} days`;
  return {
    level: days < 3 ? 2 : 1,
    error: `${error}, and nothing renews it by itself: run up, or put a newer one in place`,
  };
}

/** The room on the disk that everything is on. */
function disk(): State[] {
  const { bsize, blocks, bavail } = fs.statfsSync(root);
  const told = readJournal().standings["disk/host"]?.level ?? 0;
  return [{ what: "disk", name: "host", ...roomOf(blocks * bsize, bavail * bsize, told) }];
}

/** How little of a disk is left. Once told, a little more than enough must be free to call it well. */
export function roomOf(
  size: number,
  free: number,
  told: number,
): { readonly level: number; readonly error: string } {
  const more = told > 0 ? 1.2 : 1;
  const level = free < 128 * MIB * more ? 2 : free < size * 0.05 * more && free < 2048 * MIB * more ? 1 : 0;
  const mib = (bytes: number) => Math.floor(bytes / MIB);
  return {
    level,
    error: level > 0 ? `${mib(free)} of ${mib(size)} MiB are free on the disk of the volumes` : "",
  };
}

/** What was told to be broken and is well by now, though nobody has said so: a backup by hand, no more kills. */
function wellSince(isCalm: (owner: string) => boolean): State[] {
  return Object.entries(readJournal().standings).flatMap(([key, { level }]): State[] => {
    const [what, name = ""] = key.split("/");
    if (level === 0) return [];
    const well = (state: What): State[] => [{ what: state, name, level: 0, error: "" }];
    if (what === "memory") return isCalm(name) ? well(what) : [];
    if (what === "backup" || what === "drill") return results(name, what).at(-1)?.ok ? well(what) : [];
    return [];
  });
}
