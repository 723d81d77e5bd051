import type * as pulumi from "@pulumi/pulumi";
import type { SiteSubject } from "../../agent/protocol";
import { HostEvent, type HostEventArgs } from "./hostEvent";

/** The site is one that is there. */
export interface DrillArgs extends HostEventArgs {
  readonly site: SiteSubject;
  /** A snapshot is tried whenever this changes. */
  readonly trigger: pulumi.Input<string>;
  /** The whole name of a snapshot. Defaults to the newest. */
  readonly snapshot?: string;
}

/** Restores a snapshot into scratch containers, asks the site there, and removes them; fails unless it answers. */
export class Drill extends HostEvent {
  constructor(name: string, args: DrillArgs, opts?: pulumi.CustomResourceOptions) {
    const { site, snapshot = "latest", trigger } = args;
    const request = { job: "event", what: "drill", site, run: snapshot } as const;
    super(`${name}-drill`, args, { type: "Drill", detail: snapshot, request, trigger }, opts);
  }
}
