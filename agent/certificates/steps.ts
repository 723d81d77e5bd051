import { X509Certificate } from "node:crypto";
import type { Journal } from "../protocol";

const MINUTE = 60;
const DAY = 86_400;
/** How often the authority is asked whether it is time: https://letsencrypt.org/docs/integration-guide/ */
const LOOK = DAY / 2;
/** What is waited after a first, second, third failure, and after each further one: the same guide's figures. */
const PAUSES = [MINUTE, 10 * MINUTE, 100 * MINUTE, DAY];

/** Lifetimes below it are short ones. */
const SHORT = 10 * DAY;

/** A certificate as far as it matters when it is to be renewed. */
export interface Held {
  readonly names: readonly string[];
  readonly issuer: string;
  /** In seconds since 1970. */
  readonly from: number;
  readonly until: number;
}

/** What is to be done for a site: a new certificate, asking whether it is time for the next one, or nothing now. */
export type Step = "order" | "look" | "wait";

/** What a PEM file's first certificate says. */
export function readHeld(pem: string): Held {
  const found = new X509Certificate(pem);
  const names = (found.subjectAltName ?? "")
    .split(", ")
    .flatMap((one) => (one.startsWith("DNS:") ? [one.slice(4)] : []));
  const part = (name: string) => found.issuer.split("\n").filter((line) => line.startsWith(`${name}=`));
  const issuer = [...part("O"), ...part("CN")].map((line) => line.replace(/^\w+=/, "")).join(" ");
  return { names, issuer, from: Date.parse(found.validFrom) / 1000, until: Date.parse(found.validTo) / 1000 };
}

/** Decides it. What failed waits longer each time, unless it is asked for something else now. */
export function stepOf(
  wanted: { readonly domains: readonly string[]; readonly directory: string },
  held: Held | undefined,
  journal: Journal | undefined,
  now: number,
): Step {
  const same = journal?.directory === wanted.directory && areSame(journal.names, wanted.domains);
  if (same && now < journal.next) return "wait";
  return held && same && areSame(held.names, wanted.domains) ? "look" : "order";
}

/** When a site is looked after again: no later than its certificate is to be renewed whatever the authority says. */
export function nextTry(failures: number, now: number, held?: Pick<Held, "from" | "until">): number {
  if (failures > 0) return now + (PAUSES[failures - 1] ?? DAY);
  const backstop = held ? renewalOf(held) : Infinity;
  return Math.min(now + LOOK, Math.max(backstop, now + MINUTE));
}

/** The moment from which on lego renews in any case: a third of the lifetime before its end, half of a short one. */
function renewalOf({ from, until }: Pick<Held, "from" | "until">): number {
  const lifetime = until - from;
  return until - (lifetime < SHORT ? lifetime / 2 : lifetime / 3);
}

function areSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && new Set([...one, ...other]).size === one.length;
}
