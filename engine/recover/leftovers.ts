import { CONTAINER, type Deployment, nameOf, NETWORK, type StateResource } from "../state";

export interface FoundContainer {
  readonly id: string;
  readonly name: string;
  readonly running: boolean;
  /** When docker made it; sorts as text. */
  readonly created: string;
  /** The resource of the program that it was made for. */
  readonly resource: string;
}

export interface FoundNetwork {
  readonly id: string;
  readonly name: string;
  /** Containers that run on it. */
  readonly attached: number;
}

/** What a host has of a stack. */
export interface Found {
  readonly containers: readonly FoundContainer[];
  readonly networks: readonly FoundNetwork[];
  /** Names or short ids of the containers that requests are sent to. */
  readonly serving: readonly string[];
}

export interface Leftovers {
  /** Containers that a cut off run made and the state does not know. */
  readonly containers: readonly FoundContainer[];
  readonly networks: readonly FoundNetwork[];
  /** What the state knows under the id of something that is gone: a state from before a later replacement. */
  readonly adopted: readonly { readonly urn: string; readonly id: string }[];
  /** Operations that the state has as begun: each can be done anew. */
  readonly pending: number;
  /** Left as they are, because they serve, or because the state knows nothing like them. */
  readonly unknown: readonly FoundContainer[];
}

/** What an earlier run that was cut off left on the host, and what becomes of it. */
export function leftoversOf(deployment: Deployment, found: Found): Leftovers {
  const { resources = [], pending_operations: pending = [] } = deployment;
  const known = new Set(resources.map(({ id }) => id));
  const creating = new Set(
    pending.filter(({ type }) => type === "creating").map(({ resource }) => keyOf(resource)),
  );
  const present = new Set([...found.containers, ...found.networks].map(({ id }) => id));
  const current = new Map(
    resources.filter((resource) => !resource.delete).map((resource) => [keyOf(resource), resource]),
  );
  const adopted = new Map<string, string>();
  /** The state's resource, where what it stands for is gone and nothing else took its place yet. */
  const bereft = (key: string): StateResource | undefined => {
    const resource = current.get(key);
    return resource?.id && !present.has(resource.id) && !adopted.has(resource.urn) ? resource : undefined;
  };

  const containers: FoundContainer[] = [];
  const unknown: FoundContainer[] = [];
  const strange = found.containers.filter(({ id }) => !known.has(id));
  const serves = (one: FoundContainer) =>
    found.serving.includes(one.name) || found.serving.includes(one.id.slice(0, 12));
  // The one that serves, then the youngest, is the one to keep.
  const ranked = [...strange].sort(
    (a, b) => Number(serves(b)) - Number(serves(a)) || b.created.localeCompare(a.created),
  );
  for (const one of ranked) {
    const key = `${CONTAINER} ${one.resource}`;
    const owner = bereft(key);
    const begun = creating.has(key);
    if (owner && (serves(one) || (one.running && !begun))) adopted.set(owner.urn, one.id);
    else if (serves(one) || (!current.has(key) && !begun)) unknown.push(one);
    else containers.push(one);
  }

  const networks: FoundNetwork[] = [];
  for (const network of found.networks.filter(({ id }) => !known.has(id))) {
    const owner = bereft(`${NETWORK} ${network.name}`);
    if (network.attached === 0) networks.push(network);
    else if (owner) adopted.set(owner.urn, network.id);
  }
  return {
    containers,
    networks,
    adopted: [...adopted].map(([urn, id]) => ({ urn, id })),
    pending: pending.length,
    unknown,
  };
}

function keyOf(resource: StateResource): string {
  return `${resource.type} ${nameOf(resource)}`;
}

/** The state after that: nothing pending, and what was adopted under its own id. */
export function settled(deployment: Deployment, { adopted }: Leftovers): Deployment {
  const ids = new Map(adopted.map(({ urn, id }) => [urn, id]));
  return {
    ...deployment,
    pending_operations: [],
    resources: deployment.resources?.map((resource) => {
      const id = resource.delete ? undefined : ids.get(resource.urn);
      if (id === undefined) return resource;
      return {
        ...resource,
        id,
        ...(resource.outputs?.id !== undefined && { outputs: { ...resource.outputs, id } }),
      };
    }),
  };
}
