import { interruptionInWords } from "../../flows/plan/interruption";
import type { Plan, PlannedContainer } from "../../flows/plan/schema";

/** "3 replaced, 1 created, 9 kept"; what doesn't happen is left out. */
export function summaryInWords({ summary }: Plan): string {
  const parts = [
    [summary.replace, "replaced"],
    [summary.create, "created"],
    [summary.delete, "deleted"],
    [summary.keep, "kept"],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, verb]) => `${count} ${verb}`);
  return said.length > 0 ? said.join(", ") : "no containers";
}

/** Whether `up` would leave everything as it is. */
export function isEmpty(plan: Plan): boolean {
  return (
    plan.containers.every(({ action, why }) => action === "keep" && why.length === 0) &&
    besides(plan).length === 0
  );
}

/** What changes beside containers, a line each. */
export function besides(plan: Plan): string[] {
  const { renames, routes, addresses, volumes, databases, certificates, networks, events } = plan;
  return [
    ...renames.map(renameInWords),
    ...routes.flatMap(({ site, action, old, new: now }) => {
      if (action === "add") return [`route ${site}: added, ${now.join(", ")}`];
      if (action === "remove") return [`route ${site}: removed, ${old.join(", ")}`];
      return action === "change" ? [`route ${site}: ${old.join(", ")} -> ${now.join(", ")}`] : [];
    }),
    ...routes.flatMap(({ site, action, new: now }) => (action === "add" ? takenOver(site, now, routes) : [])),
    ...addresses.flatMap(addressInWords),
    ...certificates.flatMap(({ site, action, why }) =>
      action === "keep" ? [] : [`certificate ${site}: ${PAST[action]} (${why})`],
    ),
    ...volumes.flatMap(({ path, action }) =>
      action === "keep"
        ? []
        : [`volume ${path}: ${action === "create" ? "created" : "stays, unused, until it is purged"}`],
    ),
    ...databases.flatMap(({ name, action }) => {
      if (action === "keep") return [];
      const fate = {
        create: "created",
        check: "its user is set anew",
        leave: "stays, unused, until it is purged",
      };
      return [`database ${name}: ${fate[action]}`];
    }),
    ...networks.flatMap(({ name, action }) =>
      action === "keep" ? [] : [`network ${name}: ${PAST[action]}`],
    ),
    ...events.map(({ site, action, detail }) => `${site}: ${EVENTS[action](detail)}`),
  ];
}

/** A site renamed in the stack file is another one, which begins empty. */
function takenOver(site: string, domains: readonly string[], routes: Plan["routes"]): string[] {
  return routes
    .filter(({ action, old }) => action === "remove" && old.some((domain) => domains.includes(domain)))
    .map(
      ({ site: former, old }) =>
        `site ${site}: takes ${old.filter((domain) => domains.includes(domain)).join(", ")} over from ${former} and begins without its data, which stays where it is; to take that along, put \`formerly: ${former}\` to it, or keep the name`,
    );
}

function renameInWords({ site, formerly, database }: Plan["renames"][number]): string {
  const what = database ? "volume and database are renamed, for which PHP is stopped" : "volume is renamed";
  return `site ${site}: was ${formerly} so far, whose data and passwords go along; its ${what}`;
}

function addressInWords({ site, old, new: now, action, redirected }: Plan["addresses"][number]): string[] {
  const how =
    action === "replace"
      ? `replaced in its database and style sheets, after a dump and before visitors see it; npx varvol rollback ${site} takes it back`
      : "nothing replaces it: the site's image is your own";
  const lost = `address ${site}: ${old} is not served any more, and links to it from elsewhere fail; left in domains:, it leads to the new one`;
  return [`address ${site}: ${old} -> ${now}, ${how}`, ...(redirected ? [] : [lost])];
}

const EVENTS = {
  backup: (mode: string) =>
    `a snapshot is taken first${mode === "stop" ? "; what writes is stopped for the last changes" : ""}`,
  restore: (run: string) =>
    `its data is replaced by the snapshot ${run}; it is away for some seconds, and what was written since is lost`,
  drill: (run: string) => `${run === "latest" ? "its newest snapshot" : `the snapshot ${run}`} is tried`,
} as const;

const PAST = {
  create: "created",
  renew: "renewed",
  replace: "replaced",
  remove: "removed",
  delete: "deleted",
} as const;

/** What a container's replacement interrupts, in one line. */
export function interruptionLine({ interrupts }: PlannedContainer): string {
  const { kind: how, what } = interrupts;
  return how === "none" ? "nothing" : `${interruptionInWords(interrupts)}: ${what}`;
}

/** A folder of the host that a container has. */
export function folderInWords({ path, access }: PlannedContainer["data"][number]): string {
  return access === "read" ? `${path} (reads)` : `${path} (writes)`;
}
