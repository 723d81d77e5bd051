import * as pulumi from "@pulumi/pulumi";
import type { Schedule as AgentSchedule } from "../../agent/protocol";
import { schedule } from "../../machine/tools";
import type { Host } from "../host";

export interface ScheduleArgs extends AgentSchedule {
  readonly host: Host;
}

/** When backups and drills are due: the host's agent, or whoever holds the repository, asks. */
export class Schedule extends pulumi.ComponentResource {
  constructor(name: string, args: ScheduleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:Schedule", name, {}, opts);
    const { host, ...due } = args;
    // What asked before there was an agent.
    const unit = host.scoped("varvol-scheduler");
    host.run(
      `${host.scoped(name)}-schedule`,
      {
        tool: schedule,
        args: { verb: "write", unit },
        undo: { verb: "remove", unit },
        // Whom to tell may be a secret.
        input: pulumi.secret(due),
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
