import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { Failure, plain } from "../failure";
import { lock } from "../lock";
import { note } from "../notify/tell";
import { read, remove } from "../place";
import type { Certificates, Journal, RequestOf } from "../protocol";
import { say } from "../say";
import { beside } from "./beside";
import type { LookUp } from "./lookUp";
import { legoAccount } from "./lego";
import { askAuthority, prepareFolders } from "./order";
import { acme, filesOf, readJournal, readPlan, tokens, writeJournal, writePlan } from "./plan";
import { publish, unpublished } from "./publish";
import { type Held, nextTry, readHeld, type Step, stepOf } from "./steps";
import { certificateId, windowSchema } from "./windows";

/** Orders beside each other: an authority's limits are of hundreds an hour, a small host's memory is not. */
const BESIDE = 4;

type Site = Certificates["sites"][number];
type Work = { readonly site: Site; readonly step: Exclude<Step, "wait">; readonly journal?: Journal };

/** Writes down whose certificates are to be had; the resident agent sees to it. */
export function certificates({ plan }: RequestOf<"certificates">): void {
  writePlan(plan);
}

/** Whether a certificate is to be asked for, or the gateway does not serve one yet. */
export function renewalIsDue(): boolean {
  const plan = readPlan();
  return plan !== undefined && (workOf(plan, {}).length > 0 || unpublished(plan).length > 0);
}

/**
 * Sees to the certificates of public authorities: those that are due, or those of the sites named, whenever they are due. One
 * that can't be had is no failure of the job: its journal says what is wrong, and when it is tried again.
 */
export async function renew({ sites }: Pick<RequestOf<"renew">, "sites">): Promise<void> {
  const plan = readPlan();
  if (!plan)
    throw new Failure(
      "no site's certificate comes from a public authority; tls: acme in the stack file asks for it",
    );
  const held = await lock("certificates", "renewal of certificates");
  try {
    const work = workOf(plan, { now: sites });
    await new Round(plan).do(work);
    if (unpublished(plan).length > 0) await publish(plan);
    await noteWindows(
      plan,
      work.map(({ site }) => site.name),
    );
  } finally {
    await held.release();
  }
}

/** What is to be done; the sites named don't wait. */
function workOf(plan: Certificates, { now: named = [] }: { readonly now?: readonly string[] }): Work[] {
  const now = Date.now() / 1000;
  return plan.sites.flatMap((site): Work[] => {
    if (named.length > 0 && !named.includes(site.name)) return [];
    const journal = readJournal(site.name);
    const asked = journal && named.length > 0 ? { ...journal, next: 0 } : journal;
    const step = stepOf({ ...site, directory: plan.directory }, heldOf(site.name), asked, now);
    return step === "wait" ? [] : [{ site, step, ...(journal && { journal }) }];
  });
}

function heldOf(site: string): Held | undefined {
  const chain = read(filesOf(site).chain);
  return chain === undefined ? undefined : readHeld(chain);
}

/** Writes down when the authority wants the certificates renewed. One that it says nothing of keeps what it said before. */
async function noteWindows(plan: Certificates, sites: readonly string[]): Promise<void> {
  const ids = sites.flatMap((site) => {
    // Where the authority was away a moment ago, it is not waited for once more.
    if (readJournal(site)?.error !== undefined) return [];
    const chain = read(filesOf(site).chain);
    const id = chain === undefined ? undefined : certificateId(chain);
    return id === undefined ? [] : [[site, id] as const];
  });
  if (ids.length === 0) return;
  const { directory, authority } = plan;
  const request = { directory, ids: Object.fromEntries(ids), ...(authority !== undefined && { authority }) };
  // What is shown of them decides nothing: lego asks itself.
  const said = await beside(plan, "windows", request).catch((error: Error) => {
    process.stderr.write(`${error.message}\n`);
    return {};
  });
  for (const [site, window] of Object.entries(z.record(z.string(), windowSchema).parse(said))) {
    const journal = readJournal(site);
    if (journal?.held) writeJournal(site, { ...journal, held: { ...journal.held, window } });
  }
}

class Round {
  constructor(private readonly plan: Certificates) {}

  async do(work: readonly Work[]): Promise<void> {
    if (work.length === 0) return;
    prepareFolders(this.plan);
    const problems = await this.problems(work.flatMap(({ site }) => site.domains));
    const isWrong = ({ site }: Work) => site.domains.some((domain) => problems[domain] !== undefined);
    const [first, ...others] = [...work].sort((one, other) => Number(isWrong(one)) - Number(isWrong(other)));
    if (!first) return;
    const begun = this.one(first, problems);
    // It makes the account, if there is none yet: two beside each other would make two.
    await Promise.race([begun, this.account(begun)]);
    const next = async (): Promise<void> => {
      for (let one = others.shift(); one; one = others.shift()) await this.one(one, problems);
    };
    await Promise.all([begun.then(next), ...Array.from({ length: BESIDE - 1 }, next)]);
  }

  /** Waits until there is an account, or until what would make it has ended. */
  private async account(begun: Promise<void>): Promise<void> {
    let ended = false;
    const end = () => {
      ended = true;
    };
    begun.then(end, end);
    const file = path.join(acme, legoAccount(this.plan));
    while (!ended && !read(file)?.trimEnd().endsWith("}")) await sleep(100);
  }

  private async one(
    { site, step, journal }: Work,
    problems: Readonly<Record<string, string>>,
  ): Promise<void> {
    const before = heldOf(site.name);
    const wrong = [...new Set(site.domains.flatMap((domain) => problems[domain] ?? []))];
    try {
      if (wrong.length > 0) throw new Failure(wrong.join("; "));
      await askAuthority(this.plan, site, step);
      this.wrote(site, 0);
      await note([{ what: "certificate", name: site.name, level: 0, error: "" }]);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const failures = (journal?.failures ?? 0) + 1;
      this.wrote(site, failures, error.message);
      process.stderr.write(`${site.name}: ${error.message}\n`);
      await note([{ what: "certificate", name: site.name, level: 1, error: error.message }]);
    }
    const after = heldOf(site.name);
    const isNew = after !== undefined && after.from !== before?.from;
    say({ type: "certificate", name: site.name, isNew, ...(after && { until: after.until }) });
  }

  private wrote(site: Site, failures: number, error?: string): void {
    const now = Math.floor(Date.now() / 1000);
    const held = heldOf(site.name);
    const before = readJournal(site.name)?.held;
    const window = before?.from === held?.from ? before?.window : undefined;
    writeJournal(site.name, {
      ...{ directory: this.plan.directory, names: site.domains, tried: now, failures },
      ...{ next: nextTry(failures, now, held), ...(error !== undefined && { error: plain(error) }) },
      ...(held && {
        held: { issuer: held.issuer, from: held.from, until: held.until, ...(window && { window }) },
      }),
    });
  }

  /** What is wrong with names, by name; all of them have the same where nothing could be looked up. */
  private async problems(names: readonly string[]): Promise<Record<string, string>> {
    try {
      return await this.lookUp(names);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return Object.fromEntries(names.map((name) => [name, error.message]));
    }
  }

  private async lookUp(names: readonly string[]): Promise<Record<string, string>> {
    const { plan } = this;
    const id = `varvol-${randomBytes(16).toString("hex")}`;
    const file = path.join(tokens, id);
    const probe = plan.dns
      ? undefined
      : { path: `/.well-known/acme-challenge/${id}`, text: id, port: plan.port };
    const request: LookUp = {
      ...{ names: [...names], resolvers: plan.resolvers, directory: plan.directory },
      ...(plan.authority !== undefined && { authority: plan.authority }),
      ...(probe && { probe }),
    };
    if (probe) fs.writeFileSync(file, id, { mode: 0o644 });
    try {
      const found = await beside(plan, "look-up", request);
      return z.record(z.string(), z.string()).parse(found);
    } finally {
      if (probe) remove(file);
    }
  }
}
