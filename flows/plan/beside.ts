import { list, record, records, text } from "../../engine/containerFacts";
import type { ResourceChange } from "../../engine/preview";
import type { PlanFacts } from "./facts";
import type { Plan, PlannedContainer } from "./schema";

const NETWORK = "docker:index/network:Network";
const CERTIFICATE = "tls:index/locallySignedCert:LocallySignedCert";

type Changes = readonly ResourceChange[];

/** What the stack's outputs say of the sites so far. */
export function sitesSoFar(
  outputs: Readonly<Record<string, unknown>>,
): { name: string; domains: readonly string[] }[] {
  return records(outputs.sites).map((site) => ({
    name: text(site.name),
    domains: list(site.domains).map(text),
  }));
}

/** The volume root that the stack has had so far, from where its sites' data lies. */
export function rootSoFar(outputs: Readonly<Record<string, unknown>>): string | undefined {
  return records(outputs.sites)
    .map(({ data }) => text(data).replace(/\/[^/]*$/, ""))
    .find((root) => root.startsWith("/"));
}

/** Sites that had another name when the last `up` ended. */
export function planRenames(outputs: Readonly<Record<string, unknown>>, facts: PlanFacts): Plan["renames"] {
  const before = new Set(sitesSoFar(outputs).map(({ name }) => name));
  return facts.sites.flatMap(({ name, formerly, database }) =>
    formerly !== undefined && before.has(formerly) && !before.has(name)
      ? [{ site: name, formerly, database }]
      : [],
  );
}

/** Domains that the gateway serves from now on, and those that it served so far. */
export function planRoutes(outputs: Readonly<Record<string, unknown>>, facts: PlanFacts): Plan["routes"] {
  const names = new Map(planRenames(outputs, facts).map(({ site, formerly }) => [formerly, site]));
  const before = new Map(sitesSoFar(outputs).map(({ name, domains }) => [names.get(name) ?? name, domains]));
  const after = new Map(facts.sites.map(({ name, domains }) => [name, domains]));
  return [...new Set([...before.keys(), ...after.keys()])].sort().map((site) => {
    const [old, now] = [before.get(site), after.get(site)];
    const same = JSON.stringify(old) === JSON.stringify(now);
    return {
      site,
      action: !old ? "add" : !now ? "remove" : same ? "keep" : "change",
      old: [...(old ?? [])],
      new: [...(now ?? [])],
    };
  });
}

/** The commands that are parts of components of a type, by the site or module that these are of. */
function commands(changes: Changes, component: string): [string, ResourceChange][] {
  return changes
    .filter(({ type, parentType }) => type.startsWith("command:") && parentType === component)
    .map((one) => [one.owner ?? one.name, one]);
}

export function planVolumes(changes: Changes, facts: PlanFacts): Plan["volumes"] {
  return byName(
    commands(changes, "varvol:index:Volume").map(([name, { action }]) => ({
      name,
      path: `${facts.volumeRoot}/${name}`,
      action: action === "create" ? "create" : action === "delete" ? "leave" : "keep",
    })),
  );
}

export function planDatabases(changes: Changes): Plan["databases"] {
  return byName(
    commands(changes, "varvol:index:Database").map(([name, { action }]) => ({
      name,
      action:
        action === "create" ? "create" : action === "delete" ? "leave" : action === "keep" ? "keep" : "check",
    })),
  );
}

export function planNetworks(changes: Changes): Plan["networks"] {
  return byName(
    changes
      .filter(({ type }) => type === NETWORK)
      .map(({ name, action }) => ({ name, action: action === "update" ? "keep" : action })),
  );
}

export function planCertificates(changes: Changes): Plan["certificates"] {
  return changes
    .filter(({ type }) => type === CERTIFICATE)
    .map((one) => ({ site: one.owner ?? one.name, ...fate(one) }))
    .sort((a, b) => (a.site < b.site ? -1 : 1));
}

const EVENT = /^pulumi-nodejs:dynamic\/backup:(Backup|Restore|Drill)$/;

/** Snapshots that are taken, restored and tried. Of a site that only comes now there is nothing to take. */
export function planEvents(changes: Changes, containers: readonly PlannedContainer[]): Plan["events"] {
  const there = new Set(containers.filter(({ action }) => action !== "create").map(({ owner }) => owner));
  return changes.flatMap((one) => {
    const action = EVENT.exec(one.type)?.[1]?.toLowerCase() as Plan["events"][number]["action"] | undefined;
    const inputs = record(one.new?.inputs);
    const happens = one.action === "create" || record(one.old?.outputs).trigger !== inputs.trigger;
    if (!action || !one.new || one.action === "keep" || one.action === "delete" || !happens) return [];
    const site = text(inputs.site);
    if (action === "backup" && !there.has(site)) return [];
    return [{ site, action, detail: text(inputs.detail) }];
  });
}

function fate(one: ResourceChange): Pick<Plan["certificates"][number], "action" | "why"> {
  switch (one.action) {
    case "create":
      return { action: "create", why: "a new route" };
    case "delete":
      return { action: "remove", why: "the route goes" };
    case "keep":
      return {
        action: "keep",
        why: `valid until ${text(record(one.old?.outputs).validityEndTime).slice(0, 10)}`,
      };
    default:
      return one.reasons.some((key) => /renewal/i.test(key))
        ? { action: "renew", why: "it ends soon" }
        : {
            action: "replace",
            why: one.reasons.includes("certRequestPem") ? "other domains" : one.reasons.join(", "),
          };
  }
}

function byName<T extends { readonly name: string }>(entries: T[]): T[] {
  return entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
