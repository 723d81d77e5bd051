import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../host";
import { events, REVISION } from "./event";
import type { Repository } from "./repository";

export interface BackupArgs {
  readonly host: Host;
  /** Where this program makes it. Defaults to the one that the host knows already. */
  readonly repository?: Repository;
  readonly site: string;
  /** wordpress, static or static-git. */
  readonly kind: string;
  /** Defaults to hot: nothing is stopped. */
  readonly mode?: "hot" | "stop";
  /** A snapshot is taken whenever this changes. */
  readonly trigger: pulumi.Input<string>;
  /** Seconds that it may take. Defaults to two hours. */
  readonly timeout?: number;
}

/**
 * A snapshot of a site, taken when its trigger changes; a site that is not there yet needs none. What depends on this
 * comes after the snapshot. Deleting the resource deletes no snapshot.
 */
export class Backup extends pulumi.dynamic.Resource {
  /** Name of the snapshot; empty where there was nothing to keep. */
  declare readonly run: pulumi.Output<string>;

  constructor(name: string, args: BackupArgs, opts?: pulumi.CustomResourceOptions) {
    const { host, repository, site, kind, mode = "hot", trigger, timeout = 7200 } = args;
    const command = host.words("event", ["backup", site, kind, mode], repository?.archive);
    super(
      events,
      `${host.scoped(name)}-snapshot`,
      { site, detail: mode, command, trigger, timeout, revision: REVISION, run: undefined, text: undefined },
      pulumi.mergeOptions({ dependsOn: repository ?? [] }, opts),
      "backup",
      "Backup",
    );
  }
}
