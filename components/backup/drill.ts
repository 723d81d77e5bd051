import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../host";
import { events, REVISION } from "./event";
import type { Repository } from "./repository";

export interface DrillArgs {
  readonly host: Host;
  /** Where this program makes it. Defaults to the one that the host knows already. */
  readonly repository?: Repository;
  /** A site that is there. */
  readonly site: string;
  /** wordpress, static or static-git. */
  readonly kind: string;
  /** The site's first domain. */
  readonly domain: string;
  /** A snapshot is tried whenever this changes. */
  readonly trigger: pulumi.Input<string>;
  /** The whole name of a snapshot. Defaults to the newest. */
  readonly snapshot?: string;
  /** Seconds that it may take. Defaults to two hours. */
  readonly timeout?: number;
}

/** Restores a snapshot into scratch containers, asks the site there, and removes them; fails unless it answers. */
export class Drill extends pulumi.dynamic.Resource {
  /** Name of the snapshot. */
  declare readonly run: pulumi.Output<string>;
  /** What was seen: answer 200; 12 tables, 345 rows; 678 files; … */
  declare readonly text: pulumi.Output<string>;

  constructor(name: string, args: DrillArgs, opts?: pulumi.CustomResourceOptions) {
    const { host, repository, site, kind, domain, trigger, snapshot = "latest", timeout = 7200 } = args;
    const command = host.words("event", ["drill", site, kind, domain, snapshot], repository?.archive);
    super(
      events,
      `${host.scoped(name)}-drill`,
      {
        site,
        detail: snapshot,
        command,
        trigger,
        timeout,
        revision: REVISION,
        run: undefined,
        text: undefined,
      },
      pulumi.mergeOptions({ dependsOn: repository ?? [] }, opts),
      "backup",
      "Drill",
    );
  }
}
