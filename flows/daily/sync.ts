import { plain } from "../../agent/failure";
import type { Synced } from "../../agent/protocol";
import { UserError } from "../../base/errors";
import { step } from "../../base/output";
import { bytes } from "../../base/words";
import type { HostConfig } from "../../stacks/config";
import { type SiteConfig, siteSubjectOf, subjectOf } from "../../stacks/kinds";
import { backupImage } from "../backup/image";
import { answer, askAgent } from "../backup/repository";
import { modeOf, take } from "../backup/take";
import { followFetch } from "../backup/text";
import type { Proof } from "../import/proof";
import { proveAgainst, type SiteFacts, siteFacts } from "../import/prove";
import { type Lost, lostOf, rowsOf } from "./lost";
import type { DiskUse } from "./disk";

/** What is put where. */
export interface SyncArgs {
  readonly from: SiteConfig;
  readonly to: SiteConfig;
  readonly parts: readonly Synced[];
}

/** What is known before anything is touched. */
export interface Foreseen {
  readonly before: SiteFacts;
  /** What the target has that the other one lacks, and would lose. */
  readonly lost: readonly Lost[];
  /** Plugins and themes whose files the target lacks, where only the database comes. */
  readonly apart: readonly string[];
}

/** What came of it. */
export interface Synchronised {
  /** Seconds that the target was away. */
  readonly away: number;
  /** The snapshot, or the dump on the host, that has what was there; undefined for files without backups. */
  readonly snapshot?: string;
  readonly dump?: string;
  readonly proof: Proof;
}

/** Counts both sides. Throws where one of them does not run. */
export async function foresee(config: HostConfig, { from, to, parts }: SyncArgs): Promise<Foreseen> {
  return step("What both have", async () => {
    const [before, now] = await Promise.all([siteFacts(config, from), siteFacts(config, to)]);
    const apart = apartFrom(parts, before, now);
    if (!parts.includes("database")) return { before, lost: [], apart };
    const [own, other] = await Promise.all([
      rowsOf(config, to.name, now.facts.prefix),
      rowsOf(config, from.name, before.facts.prefix),
    ]);
    return { before, lost: lostOf(own, other), apart };
  });
}

/** A database names plugins and a theme by their folders. */
function apartFrom(parts: readonly Synced[], from: SiteFacts, to: SiteFacts): string[] {
  if (parts.includes("files") || !parts.includes("database")) return [];
  const lacking = (one: readonly string[], other: readonly string[]) =>
    one.filter((name) => !other.includes(name));
  return [...lacking(from.plugins, to.plugins), ...lacking(from.themes, to.themes)].map(plain);
}

/** Why there is no room for it; undefined where there is. What comes lies beside what is there for a while. */
export function roomProblem({ from, to, parts }: SyncArgs, { rooms, free }: DiskUse): string | undefined {
  const of = (name: string) => rooms.find((one) => one.name === name);
  const hasFiles = parts.some((part) => part !== "database");
  const hasDatabase = parts.includes("database");
  const content = (site: SiteConfig) => of(site.name)?.folders["content"] ?? 0;
  const database = (site: SiteConfig) => of(site.name)?.database ?? 0;
  // A dump of it, and the tables that it becomes.
  const needed = (hasFiles ? content(from) : 0) + (hasDatabase ? 2 * database(from) : 0);
  if (needed >= free)
    return `It takes up to ${bytes(needed)} beside what is there, and ${bytes(free)} are free.`;
  const after = content(hasFiles ? from : to) + database(hasDatabase ? from : to);
  const limit = of(to.name)?.limit;
  if (limit === undefined || after <= limit) return undefined;
  return `${to.name} would have ${bytes(after)}, and may take ${bytes(limit)}: its key disk says so.`;
}

/** Keeps what is there, puts in its place what the other one has, and asks the target for it. */
export async function synchronise(
  config: HostConfig,
  args: SyncArgs,
  { before }: Foreseen,
): Promise<Synchronised> {
  const { from, to, parts } = args;
  const image = await backupImage(config);
  const [taken] = config.backup ? await take(config, [subjectOf(to)], modeOf(config, to.name)) : [];
  const { stack, namespace } = config;
  const request = {
    ...{ job: "sync" as const, stack, namespace, image, site: siteSubjectOf(to), from: from.name },
    // The snapshot is of before all was copied: what came to the target since then is in this.
    ...{ parts, keep: parts.includes("database") },
  };
  const said = await step(`${from.name} to ${to.name}`, (s) =>
    askAgent(config, request, { image, onMessage: followFetch(s) }),
  );
  const dump = said.find((one) => one.type === "dump")?.file;
  const proof = await step(
    `Proof of ${to.name}`,
    () => proveAgainst(config, to, expected(parts, before)),
    ({ asked, problems }) =>
      problems.length === 0 ? `${asked.length} answers are well` : `${problems.length} problems`,
    ({ problems }) => problems.length === 0,
  );
  return {
    away: answer(said, "restored").away,
    ...(taken && { snapshot: taken.run }),
    ...(dump !== undefined && { dump }),
    proof,
  };
}

/** What is to be there of the other one, by what came of it. */
function expected(parts: readonly Synced[], { facts, plugins, themes }: SiteFacts): Partial<SiteFacts> {
  return {
    ...(parts.includes("database") && { facts }),
    ...(parts.includes("files") && { plugins, themes }),
  };
}

/** What is to be put in the place of what, in words; and refuses what can't be. */
export function readParts(options: Readonly<Partial<Record<Synced, boolean>>>): Synced[] {
  const parts = (["database", "files", "uploads"] as const).filter((part) => options[part]);
  if (parts.length > 0) return parts;
  throw new UserError(
    "What is to be put there? Say --database, --files (plugins, themes and the rest of wp-content) or --uploads, or several.",
  );
}
