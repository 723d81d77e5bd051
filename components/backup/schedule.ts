import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../host";
import type { Repository } from "./repository";

export interface ScheduleArgs {
  readonly host: Host;
  readonly repository: Repository;
  /** When each site is backed up, as host/schedule reads it. */
  readonly lines: string;
  /** Whether the host asks for what is due by itself. Otherwise whoever holds the repository does. */
  readonly byItself: boolean;
}

/** Has backups and drills happen in their time: by a systemd timer on the host, or by a container where it has no systemd. */
export class Schedule extends pulumi.ComponentResource {
  constructor(name: string, args: ScheduleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:Schedule", name, {}, opts);
    const { host, repository, lines, byItself } = args;
    const unit = host.scoped("varvol-scheduler");
    host.run(
      `${host.scoped(name)}-schedule`,
      {
        tool: "schedule",
        args: byItself ? ["set", unit, repository.image, repository.location] : ["write", unit],
        undo: ["remove", unit],
        stdin: pulumi.secret(lines),
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
