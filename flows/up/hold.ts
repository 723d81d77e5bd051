import { labelOf } from "../../engine/containerFacts";
import { exportState, importState } from "../../engine/exported";
import { type PreviewStep, previewSchema } from "../../engine/preview";
import { look } from "../../engine/recover/settle";
import type { Found } from "../../engine/recover/leftovers";
import type { Stack } from "../../engine/stack";
import { CONTAINER, type Deployment, nameOf, type StateResource } from "../../engine/state";
import { HELD, LEFT_OUT } from "../../stacks/held";
import { eventsOf, SITE } from "../../stacks/ownership";

type Resources = readonly StateResource[];

/** Whether requests are sent to a container. */
export type Serves = (container: StateResource) => boolean;

/** The sites that the engine goes on without. */
export interface Aside {
  /** These are left as they are. */
  readonly held: readonly string[];
  /** These have never served: they are taken for not there yet. */
  readonly leftOut: readonly string[];
}

/** What is set aside from now on. */
export interface Hold extends Aside {
  /** The names of all resources of the sites that are held. */
  readonly parts: ReadonlySet<string>;
}

interface Exported {
  readonly deployment: Deployment;
}

/**
 * Takes sites whose new generations fail back to those that serve, in the state, so that the next run of the engine can
 * leave them as they are and go on with the others; `routed` are those that served before. Undefined where that can't be:
 * then the state is one from which the next `up` tries all of it again.
 */
export async function holdFailed(
  stack: Stack,
  failed: readonly string[],
  aside: Aside,
  routed: ReadonlySet<string>,
): Promise<Hold | undefined> {
  const exported = JSON.parse(await exportState(stack, "encrypted")) as Exported;
  const { resources = [], pending_operations: pending = [] } = exported.deployment;
  const { namespace } = stack.config;
  const inState = new Set(resources.map(nameOf));
  const known = failed.every((name) => inState.has(name))
    ? resources
    : withPlanned(resources, (await stepsAhead(stack, aside)) ?? []);
  const names = failedSites(known, failed, namespace);
  const earlier = namesOf(aside);
  if (
    !names ||
    names.some((name) => isRenamed(resources, name)) ||
    pending.length > 0 ||
    names.some((name) => earlier.includes(name)) ||
    names.length + earlier.length >= stack.config.sites.length
  )
    return undefined;
  const old = names.filter((name) => routed.has(name));
  const added = names.filter((name) => !routed.has(name));
  // What its restore brings is asked for once: that is not to be done and forgotten.
  if (stack.config.sites.some(({ name, restore }) => restore && added.includes(name))) return undefined;
  const serves = servingIn(await look(stack));
  const before = old.reduce<Resources | undefined>(
    (state, name) => state && asBefore(state, name, serves),
    resources,
  );
  if (!before) return undefined;
  if (before !== resources)
    await importState(
      stack,
      JSON.stringify({ ...exported, deployment: { ...exported.deployment, resources: before } }),
    );
  const now = { held: [...aside.held, ...old], leftOut: [...aside.leftOut, ...added] };
  const steps = await stepsAhead(stack, now);
  const events = now.held.flatMap((name) => eventsOf(name, namespace));
  const parts = partsOfAll(before, now.held);
  if (!steps || !leavesAlone(steps, parts, serves, events)) return undefined;
  return { ...now, parts: new Set(parts.map(nameOf)) };
}

/** The engine's options for another run: without the replacement of what `gone` says of a resource's name. */
export function withoutReplacing(options: readonly string[], gone: (name: string) => boolean): string[] {
  return options.filter((word, i) => {
    const named = word === "--replace" ? options[i + 1] : options[i - 1] === "--replace" ? word : undefined;
    return named === undefined || !gone(nameOf({ urn: named }));
  });
}

export function namesOf({ held, leftOut }: Aside): string[] {
  return [...held, ...leftOut];
}

/** What has the program set sites aside. */
export function settingAside({ held, leftOut }: Aside): Record<string, string> {
  return { [HELD]: held.join(" "), [LEFT_OUT]: leftOut.join(" ") };
}

/** All that the state has of a site, which is one thing of one kind there; undefined otherwise. */
export function partsOf(resources: Resources, site: string): StateResource[] | undefined {
  const components = resources.filter((one) => SITE.test(one.type) && nameOf(one) === site);
  const [component, ...others] = components;
  if (!component || others.length > 0) return undefined;
  const urns = new Set([component.urn]);
  // The state has what a resource is a part of before it.
  return resources.filter(({ urn, parent }) => {
    if (parent !== undefined && urns.has(parent)) urns.add(urn);
    return urns.has(urn);
  });
}

/** What the state has, and what the engine would make that is not there yet: what could not be made is in no state. */
export function withPlanned(resources: Resources, steps: readonly PreviewStep[]): Resources {
  const there = new Set(resources.map(({ urn }) => urn));
  const planned = steps.flatMap(({ urn, newState }) =>
    newState && !there.has(urn) ? [{ urn, type: newState.type, parent: newState.parent }] : [],
  );
  return [...resources, ...planned];
}

/** The sites that all failed resources belong to; undefined where one belongs to none: then it is the host that failed. */
export function failedSites(
  resources: Resources,
  failed: readonly string[],
  namespace: string,
): string[] | undefined {
  const sites = resources.filter(({ type }) => SITE.test(type)).map(nameOf);
  const owners = new Map(
    sites.flatMap((site) =>
      [...(partsOf(resources, site) ?? []).map(nameOf), ...eventsOf(site, namespace)].map(
        (part) => [part, site] as const,
      ),
    ),
  );
  const found = failed.flatMap((name) => owners.get(name) ?? []);
  return found.length > 0 && found.length === failed.length ? [...new Set(found)] : undefined;
}

/** Whether a site still has containers of another name: its data has gone from these, and they can't serve on. */
export function isRenamed(resources: Resources, site: string): boolean {
  return (partsOf(resources, site) ?? []).some(({ type, inputs = {} }) => {
    const owner = labelOf(inputs, "owner");
    return type === CONTAINER && owner !== undefined && owner !== site;
  });
}

/**
 * The state with the containers that serve a site as its own again, and with those that took their places in the state,
 * and not before visitors, waiting for their deletion. Undefined for a site that is not routed yet, or of which anything
 * else waits for its deletion.
 */
export function asBefore(resources: Resources, site: string, serves: Serves): Resources | undefined {
  const parts = partsOf(resources, site) ?? [];
  const live = (type: string) => parts.filter((one) => one.type === type && !one.delete);
  if (live("varvol:index:Vhost").length !== 1 || !live(CONTAINER).some((one) => isRouted(one, parts, serves)))
    return undefined;
  const waiting = parts.filter((one) => one.delete);
  if (waiting.some(({ type }) => type !== CONTAINER)) return undefined;
  const visited = new Set(parts.filter(serves).map(({ urn }) => urn));
  const back = waiting.filter((one) => serves(one) || (!visited.has(one.urn) && lastPassed(one, parts)));
  if (new Set(back.map(({ urn }) => urn)).size < back.length) return undefined;
  if (back.length === 0) return resources;
  const swapped = new Set(back.map(({ urn }) => urn));
  return resources.map((one) => {
    if (one.type !== CONTAINER || !swapped.has(one.urn)) return one;
    if (back.includes(one)) return { ...one, delete: undefined };
    return { ...one, delete: true };
  });
}

/** Whether a container that nobody visits, such as a puller, is the one that its gate has opened for. */
function lastPassed(container: StateResource, parts: Resources): boolean {
  const gate = parts.find((one) => nameOf(one) === `${nameOf(container)}-gate` && one.id !== undefined);
  return gate !== undefined && JSON.stringify(gate.inputs ?? {}).includes(container.id ?? " ");
}

/** Whether a container, or the one before it, has visitors. */
function isRouted({ urn }: StateResource, parts: Resources, serves: Serves): boolean {
  return parts.some((one) => one.urn === urn && serves(one));
}

// Whether it runs doesn't count: a site can end its own, and docker starts it again.
function servingIn({ serving, containers }: Found): Serves {
  const there = new Set(containers.map(({ id }) => id));
  return ({ id = "", outputs }) =>
    there.has(id) && (serving.includes(id.slice(0, 12)) || serving.includes(String(outputs?.name)));
}

/** Whether what the engine would do leaves these parts of sites as they are, and what serves them; and no such event comes. */
export function leavesAlone(
  steps: readonly PreviewStep[],
  parts: Resources,
  serves: Serves,
  events: readonly string[],
): boolean {
  const own = new Set(parts.map(({ urn }) => urn));
  const serving = new Set(parts.filter(serves).map(({ id }) => id));
  return steps.every(({ op, urn, oldState, newState }) => {
    const parent = (newState ?? oldState)?.parent;
    const isOwn = own.has(urn) || (parent !== undefined && own.has(parent));
    if (!isOwn && !events.includes(nameOf({ urn }))) return true;
    if (op === "delete-replaced") return !serving.has(oldState?.id);
    return ["same", "refresh", "read"].includes(op);
  });
}

function partsOfAll(resources: Resources, sites: readonly string[]): Resources {
  return sites.flatMap((site) => partsOf(resources, site) ?? []);
}

async function stepsAhead(stack: Stack, aside: Aside): Promise<PreviewStep[] | undefined> {
  const env = {
    ...stack.workspace.env,
    ...settingAside(aside),
    PULUMI_ENABLE_STREAMING_JSON_PREVIEW: undefined,
  };
  const { code, stdout } = await stack.pulumi(["preview", "--json"], { env });
  if (code !== 0) return undefined;
  return previewSchema.parse(JSON.parse(stdout.slice(Math.max(0, stdout.indexOf("{"))))).steps;
}
