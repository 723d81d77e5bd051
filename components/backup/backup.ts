import type * as pulumi from "@pulumi/pulumi";
import type { Subject } from "../../agent/protocol";
import { HostEvent, type HostEventArgs } from "./hostEvent";

export interface BackupArgs extends HostEventArgs {
  readonly subject: Subject;
  /** Defaults to hot: nothing is stopped. */
  readonly mode?: "hot" | "stop";
  /** A snapshot is taken whenever this changes. */
  readonly trigger: pulumi.Input<string>;
}

/**
 * A snapshot of a site, taken when its trigger changes; a site that is not there yet needs none. What depends on this
 * comes after the snapshot.
 */
export class Backup extends HostEvent {
  constructor(name: string, args: BackupArgs, opts?: pulumi.CustomResourceOptions) {
    const { subject, mode = "hot", trigger } = args;
    const request = { job: "event", what: "backup", subject, mode } as const;
    super(`${name}-snapshot`, args, { type: "Backup", detail: mode, request, trigger }, opts);
  }
}
