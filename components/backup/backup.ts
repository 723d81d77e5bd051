import type * as pulumi from "@pulumi/pulumi";
import { HostEvent, type HostEventArgs } from "./hostEvent";

export interface BackupArgs extends HostEventArgs {
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
    const { mode = "hot", trigger } = args;
    super(`${name}-snapshot`, args, { type: "Backup", detail: mode, words: [mode], trigger }, opts);
  }
}
