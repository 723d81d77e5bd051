import { UserError } from "../../base/errors";
import { step } from "../../base/output";
import type { HostFacts } from "../../engine/hostFacts";
import { ensureStack } from "../../engine/newStack";
import { openStack, type Stack, type StackChoice } from "../../engine/stack";
import { machineOf } from "../../machine/host";
import { askHost } from "../../machine/scripts";
import { baseImage } from "../../machine/setup/base-image";
import { bringBaseImage } from "../../machine/setup/remote-base-image";
import type { HostConfig } from "../../stacks/config";
import { dueRenames, hasData, seeingTo } from "../../stacks/formerNames";
import { kindOf } from "../../stacks/kinds";
import { keepCopy } from "../backup/afterUp";
import { ensureArchiveImage } from "../backup/archive";
import { askAgent } from "../backup/repository";
import { keepTimer } from "../backup/timer";
import { findDrift } from "../drift/drift";
import { repair } from "../drift/repair";
import { sayKeysInClear } from "../certificates/inClear";
import { checkRepositories, sayTokensInClear } from "../git/check";
import { preflight } from "../preflight";
import { dataAtRisk } from "./dataAtRisk";
import { deploySites } from "./deploy";
import { namesOf } from "./hold";
import { sayLeftOut } from "../import/leftOut";
import type { Proof } from "../import/proof";
import { proveAll } from "../import/prove";
import { keepApart } from "./keepApart";
import { sayMigrated } from "./migrated";
import { keepStopped, startStopped, stoppedSites } from "./stopped";
import { missing } from "./missing";
import { replaceOptions } from "./replace";

// A shared ssh connection takes 10 commands at once; each one beyond that makes one of its own, and sshd drops those
// that come too fast.
const FEWER_AT_ONCE = ["--parallel", "8"];

export interface UpOptions extends StackChoice {
  /** Sites and modules whose containers are replaced although nothing about them changed. */
  readonly replace?: readonly string[];
  /** Replace what was changed by hand. */
  readonly repair?: boolean;
  /** Start what was stopped on purpose: all of it, or these sites and modules. */
  readonly start?: boolean | readonly string[];
}

/** What an `up` did, and what it found before. */
export interface BroughtUp {
  readonly stack: Stack;
  readonly facts: HostFacts;
  /** How many resources changed. */
  readonly changes: number;
  /** How the sites have come that an import filled just now. */
  readonly proofs: readonly Proof[];
}

/** Brings the host to what its stack file says. */
export async function bringUp(options: UpOptions): Promise<BroughtUp> {
  const stack = await openStack(options);
  const asked = options.replace ?? [];
  replaceOptions(stack.config, asked);
  if (options.start) await startStopped(stack.config, options.start);
  const facts = await step("Checks", () => preflight(stack.config, dataAtRisk));
  const off = stoppedSites(stack.config, facts);
  const replace = replaceOptions(
    stack.config,
    asked.filter((name) => !off.includes(name.split("/")[0] ?? "")),
  );
  const { ssh } = stack.config;
  if (ssh && !facts.baseImage) {
    await step(
      `Image ${baseImage}`,
      (s) => bringBaseImage(machineOf(stack.config), s),
      (how) => how,
    );
  }
  await checkRepositories(stack.config, facts);
  sayTokensInClear(stack);
  sayKeysInClear(stack);
  await ensureArchiveImage(stack.config);
  await ensureStack(stack, facts.running);
  await resume(stack.config);
  const refresh = missing(stack.config, facts).length > 0 ? ["--refresh"] : [];
  const repaired = options.repair
    ? await repair(stack, await step("Drift", () => findDrift(stack), count))
    : [];
  const { changes, failed } = await deploySites(
    stack,
    [
      "up",
      "--yes",
      "--skip-preview",
      "--suppress-outputs",
      ...(ssh ? FEWER_AT_ONCE : []),
      ...refresh,
      ...replace,
      ...repaired,
    ],
    `Stack ${stack.name}`,
    facts.routed,
    off.filter((name) => facts.routed.has(name)),
    seeingTo(dueRenames(stack.config.sites, facts), Date.now()),
  ).catch(async (error: unknown) => {
    // A look at the host has the engine start what somebody has stopped.
    await keepStopped(stack.config).catch(() => undefined);
    throw error;
  });
  await keepApart(stack.config);
  await keepStopped(stack.config);
  const isUp = (name: string): boolean => ![...namesOf(failed), ...off].includes(name);
  await sayLeftOut(stack.config, filledNow(stack.config, facts).filter(isUp));
  const proofs = await proveAll(stack.config, unseen(stack.config, facts).filter(isUp));
  if (changes > 0) await sayMigrated(stack.config);
  if (changes > 0) await keepCopy(stack);
  await keepTimer(stack, changes > 0);
  const words = [
    ...(failed.held.length > 0
      ? [`${failed.held.join(", ")}: could not be brought up, for the reasons above, and serves as before.`]
      : []),
    ...(failed.leftOut.length > 0
      ? [`${failed.leftOut.join(", ")}: could not be brought up, for the reasons above, and is not served.`]
      : []),
  ];
  if (words.length > 0)
    throw new UserError(`${words.join(" ")} All other sites are up.`, "The next `up` tries it again.");
  return { stack, facts, changes, proofs };
}

/** Sites that had no data before, and something to be filled from. */
function filledNow({ sites }: HostConfig, { filled }: HostFacts): string[] {
  return sites
    .filter((site) => !hasData(site, filled) && kindOf(site.kind).fillings(site).length > 0)
    .map(({ name }) => name);
}

/** Sites that an import has filled, now or in a try that came to nothing, and that nobody has seen whole. */
function unseen(config: HostConfig, facts: HostFacts): string[] {
  return [...filledNow(config, facts), ...facts.unproven];
}

/** Has the host do what a backup or restore left undone that the machine itself cut off. */
async function resume(config: HostConfig): Promise<void> {
  if (!config.backup) return;
  const left = await askHost(config, "left-undone", [config.volumeRoot]);
  if (left !== "") await askAgent(config, { job: "resume" });
}

function count(drift: readonly unknown[]): string {
  return drift.length === 0 ? "none" : `${drift.length} differences`;
}
