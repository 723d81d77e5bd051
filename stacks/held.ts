import * as pulumi from "@pulumi/pulumi";

/** Names the environment's variable that says which sites a run of the program leaves as the state has them. */
export const HELD = "VARVOL_HELD";

/** Names the one that says which sites a run of the program does without: new ones, which could not be brought up. */
export const LEFT_OUT = "VARVOL_LEFT_OUT";

/** The type of a site's component, which all that is the site's is a part of. */
export const SITE = /^varvol:index:\w+Site$/;

/** The names of what an `up` does to a site's data: it is no part of the site in the program. */
export function eventsOf(site: string, namespace: string): string[] {
  return ["snapshot", "restore"].map((event) => `${namespace}${site}-${event}`);
}

export function heldSites(env: NodeJS.ProcessEnv = process.env): ReadonlySet<string> {
  return namesIn(env[HELD]);
}

/** A configuration without the sites that this run does without. */
export function withoutLeftOut<Config extends { readonly sites: readonly { readonly name: string }[] }>(
  config: Config,
  env: NodeJS.ProcessEnv = process.env,
): Config {
  const leftOut = namesIn(env[LEFT_OUT]);
  return leftOut.size === 0
    ? config
    : { ...config, sites: config.sites.filter(({ name }) => !leftOut.has(name)) };
}

function namesIn(value = ""): ReadonlySet<string> {
  return new Set(value.split(" ").filter(Boolean));
}

/**
 * Has the engine keep what the state has of these sites, whatever the program says of them now: they stand in the program
 * like all others, so the state that comes of it is whole, and each is tried again by the next run that doesn't hold it.
 */
export function hold(names: ReadonlySet<string>, namespace: string): void {
  if (names.size === 0) return;
  const events = new Set([...names].flatMap((name) => eventsOf(name, namespace)));
  const parts = new WeakSet<pulumi.Resource>();
  pulumi.runtime.registerStackTransformation(({ resource, type, name, props, opts }) => {
    const isPart = SITE.test(type) ? names.has(name) : opts.parent !== undefined && parts.has(opts.parent);
    if (isPart) parts.add(resource);
    if (!isPart && !events.has(name)) return undefined;
    return { props, opts: { ...opts, ignoreChanges: ["*"] } };
  });
}
