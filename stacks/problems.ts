import type { z } from "zod";
import { meant } from "../base/nearest";
import { mask } from "../base/words";
import { confirmation } from "../components/backup/confirmation";
import { sharesOf, siteConnections } from "../components/mysql/shares";
import { hasDatabase, KINDS, kindOf } from "./kinds";
import { phpContradictions } from "./kinds/phpLimits";
import { formerlyProblems } from "./formerNames";
import { PROFILES } from "./profiles";
import { type StackConfig, stackSchema } from "./schema";
import { redirectProblems } from "./requests";
import { STATUS_PAGE } from "./statusPage";
import { acmeProblems, tlsOf } from "./tls";

type Issue = z.core.$ZodIssue;

/** A stack's configuration is not usable; the message lists every problem with its key, value and remedy. */
export class ConfigError extends Error {
  constructor(
    readonly stack: string,
    readonly problems: readonly string[],
  ) {
    super(`Pulumi.${stack}.yaml:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.name = "ConfigError";
  }
}

/** Whether what stands at a path of the configuration is, or holds, something that no message may show. */
type Hidden = (path: readonly (string | number)[]) => boolean;

/** The checked configuration of a stack, from the plain values under `varvol:`. Throws ConfigError. */
export function checkConfig(
  stack: string,
  raw: Readonly<Record<string, unknown>>,
  hidden: Hidden = () => false,
): StackConfig {
  const parsed = stackSchema.safeParse(raw);
  if (!parsed.success) {
    throw new ConfigError(
      stack,
      parsed.error.issues.flatMap((issue) => describe(issue, raw, hidden)),
    );
  }
  const clashes = findClashes(parsed.data);
  if (clashes.length > 0) throw new ConfigError(stack, clashes);
  return parsed.data;
}

function describe(issue: Issue, raw: unknown, hidden: Hidden): string[] {
  const path = issue.path.map((key) => (typeof key === "symbol" ? String(key) : key));
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map(
      (key) =>
        `${keyOf([...path, key])}: is not a key that Varvol knows; see docs/configuration.md${period(meant(key, keysAt(path, raw)))}`,
    );
  }
  const value = at(raw, path);
  const shown = isPassword(path) ? "its value" : hidden(path) ? "its encrypted value" : show(value);
  const near = (known: readonly string[]) =>
    typeof value === "string" && !hidden(path) && !isPassword(path) ? period(meant(value, known)) : "";
  const key = keyOf(path);
  if (issue.code === "invalid_union" && issue.errors.length === 0) {
    const kinds = KINDS.map(({ name }) => name);
    return [`${key}: ${shown} must be ${oneOf(kinds)}${near(kinds)}`];
  }
  if (issue.code === "invalid_union") {
    return issue.errors
      .flat()
      .flatMap((inner) => describe({ ...inner, path: [...issue.path, ...inner.path] }, raw, hidden));
  }
  if (value === undefined) return [`${key}: is missing; ${remedy(issue)}`];
  const known = issue.code === "invalid_value" ? issue.values.map(String) : [];
  return [`${key}: ${shown} ${remedy(issue)}${near(known)}`];
}

function period(sentence: string): string {
  return sentence && `.${sentence}`;
}

/** The keys that there are at a place of the configuration, as far as somebody may misspell them there. */
function keysAt(path: readonly (string | number)[], raw: unknown): string[] {
  if (path.length === 0) return Object.keys(stackSchema.shape);
  if (path[0] !== "sites" || path.length !== 2) return [];
  const kind = KINDS.find(({ name }) => name === at(raw, [...path, "kind"]));
  return kind ? Object.keys(kind.schema.shape) : [];
}

/** Whether what stands at a path, or below, may be a password of the gateway's, or hold one. */
function isPassword(path: readonly (string | number)[]): boolean {
  return (
    (path[0] === "sites" && path[2] === "auth") ||
    (path[0] === "status" && path[1] === "auth") ||
    (path[0] === "notify" && path[1] === "apprise")
  );
}

function remedy(issue: Issue): string {
  if (issue.code === "invalid_type")
    return `must be ${/^[aeiou]/.test(issue.expected) ? "an" : "a"} ${issue.expected}`;
  if (issue.code === "invalid_value") return `must be ${issue.values.map(String).join(" or ")}`;
  if (issue.code === "too_small" && issue.origin === "array") return "must have at least one entry";
  return issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
}

function oneOf(names: readonly string[]): string {
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

function findClashes(config: StackConfig): string[] {
  const problems: string[] = [];
  const names = new Map<string, string>();
  const domains = new Map<string, string>();
  const claim = (taken: Map<string, string>, value: string, key: string) => {
    const first = taken.get(value);
    if (first) problems.push(`${key}: ${show(value)} is taken by ${first}; choose another`);
    else taken.set(value, key);
  };
  config.sites.forEach((site, i) => {
    claim(names, site.name, keyOf(["sites", i, "name"]));
    for (const { path, value, text } of kindOf(site.kind).problems?.(site, config.host !== undefined) ?? [])
      problems.push(`${keyOf(["sites", i, ...path])}: ${show(value)} ${text}`);
    if (site.nginx !== undefined && site.image !== undefined && !("php" in site))
      problems.push(
        `${keyOf(["sites", i, "nginx"])}: ${show(site.nginx)} is for Varvol's nginx, and the site has an image of its own; put it in there`,
      );
    for (const { from, text } of redirectProblems(site))
      problems.push(`${keyOf(["sites", i, "redirects"])}: ${show(from)} ${text}`);
    if ("php" in site && site.php.extensions.length > 0 && site.image !== undefined)
      problems.push(
        `${keyOf(["sites", i, "php", "extensions"])}: ${show(site.php.extensions)} are for Varvol's php, and the site has an image of its own; put them in there`,
      );
    if ("objectCache" in site && site.objectCache !== undefined && site.image !== undefined)
      problems.push(
        `${keyOf(["sites", i, "objectCache"])}: ${show(site.objectCache)} is for Varvol's php, and the site has an image of its own; take one of the two out`,
      );
    if ("php" in site)
      for (const { key, value, text } of phpContradictions(
        site.php,
        site.memory ?? PROFILES[config.kind].limits.php,
        site.disk,
      ))
        problems.push(`${keyOf(["sites", i, "php", key])}: ${value} ${text}`);
    if (site.disk !== undefined && !config.backup)
      problems.push(
        `${keyOf(["sites", i, "disk"])}: nobody would look: that is the agent's, which comes with varvol:backup; put it in`,
      );
    if (site.restore) problems.push(...restoreProblems(config, site, keyOf(["sites", i, "restore"])));
    problems.push(...tlsProblems(config, site, keyOf(["sites", i, "domains"])));
    site.domains.forEach((domain, j) => claim(domains, domain, keyOf(["sites", i, "domains", j])));
  });
  if (config.status) {
    const { domain } = config.status;
    claim(names, STATUS_PAGE, keyOf(["status"]));
    claim(domains, domain, keyOf(["status", "domain"]));
    problems.push(...tlsProblems(config, { domains: [domain] }, keyOf(["status", "domain"])));
  }
  if (config.notify && config.backup?.hook)
    problems.push(
      "varvol:backup.hook: varvol:notify says who is told, of backups too; put it in there, and take this one out",
    );
  for (const { at, value, text } of formerlyProblems(config.sites))
    problems.push(`${keyOf(["sites", at, "formerly"])}: ${show(value)} ${text}`);
  problems.push(...connectionProblems(config));
  const { http, https } = config.gateway;
  if (http !== undefined && http === https) {
    problems.push(`varvol:gateway.https: ${https} is the port of varvol:gateway.http too; choose another`);
  }
  return problems;
}

/** A php-fpm process without a connection to the database is an error to its visitor. */
function connectionProblems({ kind, sites }: StackConfig): string[] {
  const { limits, bufferPool, phpWorkers } = PROFILES[kind];
  const { connections } = sharesOf(limits.mysql, bufferPool);
  const all = sites.filter(hasDatabase).length;
  return sites.flatMap((site, i) => {
    const workers = "php" in site && hasDatabase(site) ? (site.php.workers ?? 0) : 0;
    const most = siteConnections(connections, phpWorkers, all, Math.max(phpWorkers, workers));
    return workers <= most
      ? []
      : [
          `${keyOf(["sites", i, "php", "workers"])}: ${workers} is more than MySQL has connections for a site of ${all}, ${most}; set it to less`,
        ];
  });
}

function tlsProblems(
  { tls, acme, kind }: StackConfig,
  { tls: own, domains }: Pick<StackConfig["sites"][number], "tls" | "domains">,
  key: string,
): string[] {
  if (tlsOf(own, tls, PROFILES[kind].tls, domains) !== "acme") return [];
  return acmeProblems(domains, acme).map((problem) => `${key}: ${problem}`);
}

function restoreProblems(
  { backup }: StackConfig,
  { name, restore }: StackConfig["sites"][number],
  key: string,
): string[] {
  const right = confirmation(name, restore?.snapshot ?? "");
  return [
    ...(backup ? [] : [`${key}: there is no varvol:backup that a snapshot could come from; put it in`]),
    ...(restore?.confirm === right
      ? []
      : [`${key}.confirm: must be ${right}: the data that ${name} has is replaced by the snapshot's`]),
  ];
}

function keyOf(path: readonly (string | number)[]): string {
  return `varvol:${path.map((key, i) => (typeof key === "number" ? `[${key}]` : i === 0 ? key : `.${key}`)).join("")}`;
}

function at(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (here, key) =>
      typeof here === "object" && here !== null ? (here as Record<string, unknown>)[String(key)] : undefined,
    value,
  );
}

function show(value: unknown): string {
  const text = mask(JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
