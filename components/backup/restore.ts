import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../host";
import { confirmation } from "./confirmation";
import { events, REVISION } from "./event";
import type { Repository } from "./repository";

export interface RestoreArgs {
  readonly host: Host;
  /** Where this program makes it. Defaults to the one that the host knows already. */
  readonly repository?: Repository;
  /** A site that is there: what it consists of belongs into `dependsOn`, and so does the gateway. */
  readonly site: string;
  /** wordpress, static or static-git. */
  readonly kind: string;
  /** The site's first domain. */
  readonly domain: string;
  /** The whole name of a snapshot. */
  readonly snapshot: string;
  /** `replace-<site>-by-<snapshot>`: what the site has now is lost. */
  readonly confirm: string;
  /** Seconds that it may take. Defaults to two hours. */
  readonly timeout?: number;
}

/**
 * Puts a site's volume and database back to a snapshot, once; the previous data returns unless the site answers then.
 * Deleting the resource changes nothing.
 */
export class Restore extends pulumi.dynamic.Resource {
  /** What came of it. */
  declare readonly text: pulumi.Output<string>;

  constructor(name: string, args: RestoreArgs, opts?: pulumi.CustomResourceOptions) {
    const { host, repository, site, kind, domain, snapshot, confirm, timeout = 7200 } = args;
    const right = confirmation(site, snapshot);
    if (confirm !== right)
      throw new Error(`Restore ${name}: \`confirm\` must be ${right}: the data of ${site} is replaced`);
    const command = host.words(
      "event",
      ["restore", site, kind, domain, snapshot, confirm],
      repository?.archive,
    );
    super(
      events,
      `${host.scoped(name)}-restore`,
      {
        site,
        detail: snapshot,
        command,
        trigger: confirm,
        timeout,
        revision: REVISION,
        run: undefined,
        text: undefined,
      },
      pulumi.mergeOptions({ dependsOn: repository ?? [] }, opts),
      "backup",
      "Restore",
    );
  }
}
