import { domainToASCII } from "node:url";
import { z } from "zod";

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Names that Varvol's own containers and networks have. */
export const RESERVED_NAMES = [
  "gateway",
  "gateway-net",
  "gateway-ipv6",
  "mysql",
  "agent",
  "backup",
  "host",
  "repository",
  "intercontainer",
  "database",
  "mail",
  "valkey",
];
/** What Varvol's own databases and containers begin with: varvol-staging-<site>, varvol-previous-<site>, varvol-scheduler. */
const OWN_PREFIX = "varvol-";
/** A site's database and its user carry its name: these mean something to MariaDB. */
const SERVER_NAMES = ["sys", "public", "root", "none", "default", "test"];

/** Says what is wrong with a domain and what to write instead; undefined when it is fine. */
export function domainProblem(text: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return `has a scheme; write ${bareDomain(text)}`;
  if (text.includes("/")) return `has a path; write ${bareDomain(text)}`;
  if (text.includes(":")) return `has a port; write ${text.split(":")[0]} (ports belong to varvol:gateway)`;
  if (/[^\x20-\x7e]/.test(text)) return `is not ASCII; write its punycode ${domainToASCII(text)}`;
  if (/[A-Z]/.test(text)) return `has upper-case letters; write ${text.toLowerCase()}`;
  if (text.length > 253) return "is longer than 253 characters";
  if (text.endsWith(".")) return `ends with a dot; write ${text.slice(0, -1)}`;
  const bad = text
    .replace(/^\*\./, "")
    .split(".")
    .find((label) => !LABEL.test(label));
  return bad === undefined
    ? undefined
    : `has the label "${bad}", which is no DNS label (a-z, 0-9 and inner dashes, 1 to 63)`;
}

function bareDomain(text: string): string {
  const host = text.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "").split(/[/:?#]/)[0] ?? "";
  return domainToASCII(host) || "the domain alone";
}

export const domain = z.string().superRefine((text, context) => {
  const problem = domainProblem(text);
  if (problem) context.addIssue({ code: "custom", message: problem });
});

// Docker adds a generation suffix of 8 characters and a role to the name, and a DNS label ends at 63.
export const resourceName = z
  .string()
  .regex(
    /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/,
    "is no DNS label: use 1 to 40 of a-z, 0-9 and inner dashes, starting with a letter",
  )
  .refine((name) => !RESERVED_NAMES.includes(name), { error: "is the name of a module; choose another" })
  .refine((name) => !SERVER_NAMES.includes(name), {
    error: "is a name that the database server has a meaning for; choose another",
  })
  .refine((name) => !name.startsWith(OWN_PREFIX), {
    error: `begins with ${OWN_PREFIX}, as what is Varvol's own does; choose another`,
  });

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400 };

/** "90s", "10m", "2h" or "1d" in seconds, between two such times. */
export const durationBetween = (from: string, to: string) =>
  z.string().transform((text, context) => {
    const seconds = secondsOf(text);
    if (seconds >= secondsOf(from) && seconds <= secondsOf(to)) return seconds;
    context.addIssue({ code: "custom", message: `must be a time between ${from} and ${to}, e.g. 10m` });
    return z.NEVER;
  });

function secondsOf(text: string): number {
  const [, count = "0", unit = ""] = /^(\d{1,7})([smhd])$/.exec(text) ?? [];
  return Number(count) * (UNITS[unit] ?? 0);
}

export const duration = durationBetween("10s", "30d");

/** A duration of at least five minutes in seconds; 0 for "never". */
export const interval = z.string().transform((text, context) => {
  if (text === "never") return 0;
  const { data } = duration.safeParse(text);
  if (data !== undefined && data >= 300) return data;
  context.addIssue({ code: "custom", message: "must be a time between 5m and 30d, e.g. 1d, or never" });
  return z.NEVER;
});

/** Whether a backup repository is a server's rather than a folder of this machine. */
export function isServer(repository: string): boolean {
  return /^[a-z0-9]+:/.test(repository);
}

/** Whether a repository is a folder of the control node, which a host that is another machine can't see. */
export function isOnControlNode(repository: string, ssh: object | undefined): boolean {
  return ssh !== undefined && !isServer(repository);
}
