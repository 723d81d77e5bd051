import * as pulumi from "@pulumi/pulumi";
import type { Notify as Plan } from "../../agent/protocol";
import type { Host } from "../host";
import { imageOn } from "../image";
import { agentJob } from "./job";

export interface NotifyArgs extends Omit<Plan, "stack" | "namespace" | "image" | "apprise"> {
  readonly host: Host;
}

/** Who is told when something breaks on the host, and when it is well again: the agent looks, and tells. */
export class Notify extends pulumi.ComponentResource {
  constructor(name: string, args: NotifyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:Notify", name, {}, opts);
    const { host, ...wanted } = args;
    const image = imageOn(host, "agent", "agent");
    const apprise = wanted.to.some((to) => "apprise" in to) ? imageOn(host, "apprise", "agent") : undefined;
    // Whom to tell may be a secret.
    const request = pulumi.secret({
      job: "notify" as const,
      plan: {
        ...{ stack: pulumi.getStack(), namespace: host.namespace, image: image.name },
        ...(apprise && { apprise: apprise.name }),
        ...wanted,
      },
    });
    agentJob(
      host.scoped(name),
      "notify",
      { host, request },
      { parent: this, dependsOn: [image.present, ...(apprise ? [apprise.present] : [])] },
    );
    this.registerOutputs({});
  }
}
