import * as pulumi from "@pulumi/pulumi";
import { Generation } from "../generation";
import type { Host } from "../host";
import { imageOn } from "../image";

export interface AgentArgs {
  readonly host: Host;
}

/**
 * What the host does by itself: starts backups and drills when they are due, and puts right what killed jobs left. It has
 * docker's socket, as its jobs are root's own; but no network, no port, and nothing else to write to than the volume root.
 */
export class Agent extends pulumi.ComponentResource {
  constructor(name: string, args: AgentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:Agent", name, {}, opts);
    const { host } = args;
    const { volumeRoot } = host;
    new Generation(
      host.scoped(name),
      {
        host,
        image: imageOn(host, "agent", "agent"),
        owner: "agent",
        role: "agent",
        probe: { by: "exec" },
        container: {
          command: ["serve"],
          user: "0:0",
          env: { VARVOL_ROOT: volumeRoot },
          mounts: [
            { source: volumeRoot, target: volumeRoot },
            { source: "/var/run/docker.sock", target: "/var/run/docker.sock" },
          ],
          networks: "none",
          capabilities: ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID"],
          memory: 512,
          stopSignal: "SIGTERM",
          // A backup that is told to end starts what it stopped first.
          grace: 60,
        },
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
