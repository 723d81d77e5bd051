import * as pulumi from "@pulumi/pulumi";
import type { RequestOf } from "../../agent/protocol";
import { agent } from "../../machine/tools";
import type { Host } from "../host";
import { events, REVISION } from "./event";
import type { Repository } from "./repository";

export interface HostEventArgs {
  readonly host: Host;
  /** Where this program makes it. Defaults to the one that the host knows already. */
  readonly repository?: Repository;
  /** Seconds that it may take. Defaults to two hours. */
  readonly timeout?: number;
}

export interface What {
  readonly type: "Backup" | "Restore" | "Drill";
  /** The mode of a backup; the snapshot that is restored or tried. */
  readonly detail: string;
  /** What the agent is asked. */
  readonly request: RequestOf<"event">;
  /** It happens whenever this changes. */
  readonly trigger: pulumi.Input<string>;
}

/** What Backup, Restore and Drill have in common. Deleting one deletes no snapshot and changes no site. */
export class HostEvent extends pulumi.dynamic.Resource {
  /** Name of the snapshot; empty where there was nothing to keep. */
  declare readonly run: pulumi.Output<string>;
  /** What came of it, such as: answer 200; 12 tables, 345 rows; 678 files; … */
  declare readonly text: pulumi.Output<string>;

  constructor(
    name: string,
    { host, repository, timeout = 7200 }: HostEventArgs,
    { type, detail, request, trigger }: What,
    opts?: pulumi.CustomResourceOptions,
  ) {
    const site = request.what === "backup" ? request.subject.name : request.site.name;
    const command = host.words(agent, { job: "event", namespace: host.namespace }, repository?.archive);
    const input = agent.input(request);
    super(
      events,
      host.scoped(name),
      { site, detail, command, input, trigger, timeout, revision: REVISION, run: undefined, text: undefined },
      pulumi.mergeOptions({ dependsOn: repository ?? [] }, opts),
      "backup",
      type,
    );
  }
}
