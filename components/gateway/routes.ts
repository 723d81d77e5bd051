import * as pulumi from "@pulumi/pulumi";
import { routes } from "../../machine/tools";
import type { Host } from "../host";
import { sha256, writtenBy } from "../written";
import type { Part } from "./vhost";

export interface RoutesArgs {
  readonly host: Host;
  /** The gateway's container, once it is healthy. */
  readonly container: pulumi.Input<string>;
  readonly parts: readonly Part[];
}

const CURRENT = "gateway/conf/current";

/** What the gateway serves: one generation of its configuration, switched to by one graceful reload. */
export class Routes extends pulumi.ComponentResource {
  constructor(name: string, args: RoutesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:Routes", name, {}, opts);
    const { host, parts } = args;
    const list = pulumi.output(parts.map(({ name: part, hash }) => ({ name: part, hash })));
    const manifest = list.apply(routes.input);
    const generation = manifest.apply((text) => sha256(text).slice(0, 12));
    const switched = host.run(
      name,
      { tool: routes, args: pulumi.output({ generation, container: args.container }), input: list },
      // Stacks that were made before have it as the gateway's own.
      { parent: this, aliases: opts?.parent ? [{ parent: opts.parent }] : [] },
    );
    const ofManifest = writtenBy(
      switched,
      manifest.apply((text) => ({ manifest: text })),
      CURRENT,
    );
    // A part counts from when a generation has it: what an `up` that failed before wrote has no effect.
    const written = pulumi
      .all([ofManifest, switched.urn, pulumi.all(parts.map((part) => part.written))])
      .apply(([files, urn, ofParts]) => [
        ...files,
        ...ofParts
          .flat()
          .map(({ files: ofPart, places }) => ({
            files: ofPart,
            places: [
              ...places.map(({ folder, urns }) => ({ folder, urns: [...urns, urn] })),
              { folder: CURRENT, urns: [urn] },
            ],
          })),
      ]);
    this.registerOutputs({ generation, switchedBy: switched.urn, written });
  }
}
