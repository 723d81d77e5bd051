import * as crypto from "node:crypto";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { mark } from "../machine/tools";
import { type ContainerSpec, containerArgs, exclusive, overlapping } from "./container";
import { HealthGate, type Probe } from "./healthGate";
import type { Host } from "./host";
import type { Image } from "./image";

export interface GenerationArgs {
  readonly host: Host;
  readonly image: Image;
  /** The container, but for what the generation knows itself. */
  readonly container: Omit<ContainerSpec, "image" | "logs" | "labels">;
  /** Site or module that the container belongs to. */
  readonly owner: string;
  /** What the container is for: web, php, git, gateway, mysql. */
  readonly role: string;
  /** How to tell that it serves. */
  readonly probe: Probe;
  /** Processes and threads at most. Defaults to the gate's. */
  readonly pids?: number;
  /** Seconds that it may take to become healthy beyond the host's own patience. Defaults to none. */
  readonly patience?: number;
  /** What must be there before the container: its volumes, what it asks at its start. */
  readonly after?: pulumi.Input<pulumi.Resource>[];
  /** Fixed name, for a container that can't overlap with its successor. Defaults to a new name each generation. */
  readonly exclusiveName?: string;
}

/** One generation of a container and the gate that opens once it is healthy. */
export class Generation extends pulumi.ComponentResource {
  /** The container's id. */
  readonly id: pulumi.Output<string>;
  /** The container's name, known once the container is healthy. */
  readonly healthyName: pulumi.Output<string>;
  /** The container's id, known once the container is healthy. */
  readonly healthyId: pulumi.Output<string>;
  readonly gate: HealthGate;

  constructor(name: string, args: GenerationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:Generation", name, {}, opts);
    const { host, image, exclusiveName } = args;
    const spec = containerArgs({
      ...args.container,
      image: image.name,
      logs: host.logs,
      labels: {
        host: `${pulumi.getProject()}/${pulumi.getStack()}`,
        owner: args.owner,
        role: args.role,
        resource: name,
      },
    });
    const after = [image.present, ...(args.after ?? [])];
    const container = new docker.Container(
      name,
      { ...spec, ...(exclusiveName && { name: exclusiveName }) },
      {
        parent: this,
        provider: host.docker,
        dependsOn: exclusiveName ? [this.markBefore(name, args, spec, exclusiveName, after)] : after,
        ...(exclusiveName ? exclusive() : overlapping()),
      },
    );
    this.gate = new HealthGate(
      `${name}-gate`,
      { host, container, probe: args.probe, pids: args.pids, patience: args.patience },
      { parent: this },
    );
    this.id = container.id;
    this.healthyName = pulumi
      .all([this.gate.passed, container.name])
      .apply(([, containerName]) => containerName);
    this.healthyId = pulumi.all([this.gate.passed, container.id]).apply(([, id]) => id);
    this.registerOutputs({ id: this.id });
  }

  /** What runs last before the old container is stopped: the gate measures from there how long it is away. */
  private markBefore(
    name: string,
    { host, owner }: GenerationArgs,
    spec: docker.ContainerArgs,
    container: string,
    after: pulumi.Input<pulumi.Resource>[],
  ): pulumi.Resource {
    // Any change of the container makes it run again.
    const hash = pulumi
      .output(spec)
      .apply((args) => crypto.createHash("sha256").update(JSON.stringify(args)).digest("hex").slice(0, 12));
    return host.run(
      `${name}-mark`,
      { tool: mark, args: pulumi.output({ owner, container, hash }) },
      { parent: this, dependsOn: after },
    );
  }
}
