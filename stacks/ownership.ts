import * as pulumi from "@pulumi/pulumi";

/** The type of a site's component, which all that is the site's is a part of. */
export const SITE = /^varvol:index:\w+Site$/;

/** The names of what an `up` does to a site's data: it is no part of the site in the program. */
export function eventsOf(site: string, namespace: string): string[] {
  return ["snapshot", "restore"].map((event) => `${namespace}${site}-${event}`);
}

/** Tells of each resource, as the program makes it, which of these sites it belongs to: undefined for none. */
export function ownership(
  sites: Iterable<string>,
  namespace: string,
): (args: pulumi.ResourceTransformationArgs) => string | undefined {
  const names = new Set(sites);
  const events = new Map(
    [...names].flatMap((name) => eventsOf(name, namespace).map((event) => [event, name])),
  );
  const owners = new WeakMap<pulumi.Resource, string>();
  return ({ resource, type, name, opts }) => {
    const site = SITE.test(type) ? name : opts.parent && owners.get(opts.parent);
    const owner = site !== undefined && names.has(site) ? site : events.get(name);
    if (owner !== undefined) owners.set(resource, owner);
    return owner;
  };
}
