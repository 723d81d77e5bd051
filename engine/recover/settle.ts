import { NETWORKS } from "../../components/networks";
import { askHost } from "../../machine/scripts";
import { exportState, importState } from "../exported";
import type { Stack } from "../stack";
import { type Deployment, nameOf } from "../state";
import { type Found, type Leftovers, leftoversOf, settled } from "./leftovers";

/**
 * Has the host and the state agree again after a run that was cut off: what that run made and could not write down is
 * removed. Nothing that serves is, and no data.
 */
export async function settle(stack: Stack): Promise<Leftovers> {
  const { config } = stack;
  // The host first: what is made after that look is never taken for a leftover.
  const found = await look(stack);
  const exported = await readState(stack);
  const leftovers = leftoversOf(exported.deployment, found);
  const gone = [
    ...leftovers.containers.flatMap(({ id }) => ["container", id]),
    ...leftovers.networks.flatMap(({ id }) => ["network", id]),
  ];
  if (gone.length > 0) await askHost(config, "remove-leftovers", gone);
  if (leftovers.adopted.length > 0 || leftovers.pending > 0) {
    const deployment = settled(exported.deployment, leftovers);
    await importState(stack, JSON.stringify({ ...exported, deployment }));
  }
  return leftovers;
}

/** What settling did, a line each. */
export function report(leftovers: Leftovers): string[] {
  const names = (all: readonly { name: string }[]) => all.map(({ name }) => name).join(", ");
  const { containers, networks, adopted, unknown } = leftovers;
  return [
    ...(containers.length > 0 ? [`removed half made containers: ${names(containers)}`] : []),
    ...(networks.length > 0 ? [`removed half made networks: ${names(networks)}`] : []),
    ...(adopted.length > 0 ? [`found again: ${adopted.map(nameOf).join(", ")}`] : []),
    ...(unknown.length > 0 ? [`left as they are, unknown to the state: ${names(unknown)}`] : []),
  ];
}

interface Exported {
  readonly version: number;
  readonly deployment: Deployment;
}

async function readState(stack: Stack): Promise<Exported> {
  const exported = JSON.parse(await exportState(stack, "encrypted")) as Exported;
  return { ...exported, deployment: exported.deployment ?? { manifest: { time: "" } } };
}

/** What a host has of a stack, and what serves there. */
export async function look({ name, config }: Pick<Stack, "name" | "config">): Promise<Found> {
  const networks = Object.values(NETWORKS).map((network) => config.namespace + network);
  const text = await askHost(config, "leftovers", [`varvol/${name}`, config.volumeRoot, ...networks]);
  const lines = text.split("\n").map((line) => line.split(" "));
  const of = (kind: string) => lines.filter(([key]) => key === kind).map(([, ...words]) => words);
  return {
    containers: of("container").map(([id = "", container = "", running, created = "", resource = ""]) => ({
      id,
      name: container.replace(/^\//, ""),
      running: running === "true",
      created,
      resource,
    })),
    networks: of("network").map(([id = "", network = "", attached]) => ({
      id,
      name: network,
      attached: Number(attached),
    })),
    serving: of("serving").map(([container = ""]) => container),
  };
}
