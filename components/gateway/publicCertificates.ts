import * as pulumi from "@pulumi/pulumi";
import type { Certificates } from "../../agent/protocol";
import { agentJob } from "../agent/job";
import type { Host } from "../host";
import { imageOn } from "../image";

export interface PublicCertificatesArgs extends Omit<
  Certificates,
  "stack" | "namespace" | "image" | "agent"
> {
  readonly host: Host;
}

/**
 * Sites whose certificates come from a public authority: the host's agent asks for them, renews them and has the gateway
 * serve them, without the control node. Until the first is there, a site has one of the host's own authority.
 */
export class PublicCertificates extends pulumi.ComponentResource {
  constructor(name: string, args: PublicCertificatesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:PublicCertificates", name, {}, opts);
    const { host, ...wanted } = args;
    const agent = imageOn(host, "agent", "agent");
    const image = wanted.sites.length > 0 ? imageOn(host, "acme", "agent") : agent;
    const request = pulumi.secret({
      job: "certificates" as const,
      plan: {
        ...{ stack: pulumi.getStack(), namespace: host.namespace, image: image.name, agent: agent.name },
        ...wanted,
      },
    });
    agentJob(
      host.scoped(name),
      "certificates",
      { host, request },
      { parent: this, dependsOn: image.present },
    );
    this.registerOutputs({});
  }
}
