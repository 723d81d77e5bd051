import * as pulumi from "@pulumi/pulumi";
import { ownership } from "./ownership";

/** Names the environment's variable that says which sites a run of the program leaves as the state has them. */
export const HELD = "VARVOL_HELD";

/** Names the one that says which sites a run of the program does without: new ones, which could not be brought up. */
export const LEFT_OUT = "VARVOL_LEFT_OUT";

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
  const ownerOf = ownership(names, namespace);
  pulumi.runtime.registerStackTransformation((args) => {
    const { props, opts } = args;
    return ownerOf(args) === undefined ? undefined : { props, opts: { ...opts, ignoreChanges: ["*"] } };
  });
}
