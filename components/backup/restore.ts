import type * as pulumi from "@pulumi/pulumi";
import { confirmation } from "./confirmation";
import type { SiteSubject } from "../../agent/protocol";
import { HostEvent, type HostEventArgs } from "./hostEvent";

/** The site is one that is there: what it consists of belongs into `dependsOn`, and so does the gateway. */
export interface RestoreArgs extends HostEventArgs {
  readonly site: SiteSubject;
  /** The whole name of a snapshot. */
  readonly snapshot: string;
  /** `replace-<site>-by-<snapshot>`: what the site has now is lost. */
  readonly confirm: string;
}

/** Puts a site's volume and database back to a snapshot, once; the previous data returns unless the site answers then. */
export class Restore extends HostEvent {
  constructor(name: string, args: RestoreArgs, opts?: pulumi.CustomResourceOptions) {
    const { site, snapshot, confirm } = args;
    const right = confirmation(site.name, snapshot);
    if (confirm !== right)
      throw new Error(`Restore ${name}: \`confirm\` must be ${right}: the data of ${site.name} is replaced`);
    const request = { job: "event", what: "restore", site, run: snapshot, confirm } as const;
    super(`${name}-restore`, args, { type: "Restore", detail: snapshot, request, trigger: confirm }, opts);
  }
}
