import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { gate } from "../machine/tools";
import type { Host } from "./host";
import { GATEWAY_SOURCES } from "./ports";

/** How to tell that a container serves. */
export type Probe =
  /** It runs. */
  | { readonly by: "running" }
  /** The image's own /usr/lib/varvol/healthy succeeds. */
  | { readonly by: "exec" }
  /** A request from the gateway's side of the network is answered with a status below 500, or by a site that is closed. */
  | {
      readonly by: "http";
      readonly from: pulumi.Input<string>;
      readonly port: number;
      readonly domain: string;
    };

export interface HealthGateArgs {
  readonly host: Host;
  readonly container: docker.Container;
  readonly probe: Probe;
  /** Seconds that it may take beyond the host's own patience. Defaults to none. */
  readonly patience?: number;
  /** Processes that the container may have. Defaults to 256. */
  readonly pids?: number;
}

const SOURCES = `${GATEWAY_SOURCES.first}-${GATEWAY_SOURCES.last}`;

/**
 * Opens once a container is healthy, and fails with the container's last log lines if that doesn't come about.
 * It is a resource of its own because the provider's `wait` stays shut only once: the next `up` would take
 * the unhealthy container for good and delete the healthy one.
 */
export class HealthGate extends pulumi.ComponentResource {
  /** Resolves when the gate has opened. */
  readonly passed: pulumi.Output<string>;

  constructor(name: string, args: HealthGateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:HealthGate", name, {}, opts);
    const { host, container, probe } = args;
    const command = host.run(
      name,
      {
        tool: gate,
        args: pulumi.output({
          container: container.id,
          timeout: host.gateTimeout + (args.patience ?? 0),
          pids: args.pids ?? 256,
          probe: probe.by === "http" ? { ...probe, name: container.name, sources: SOURCES } : probe,
        }),
      },
      { parent: this },
    );
    this.passed = command.stdout;
    this.registerOutputs({});
  }
}
