import * as pulumi from "@pulumi/pulumi";
import type * as command from "@pulumi/command";
import type { Request } from "../../agent/protocol";
import type { Archive } from "../backup/archive";
import type { Host } from "../host";
import { imageOn } from "../image";
import type { Sent } from "../../machine/ssh";

export interface JobArgs {
  readonly host: Host;
  /** What the agent is asked. It may hold secrets: it goes by standard input. */
  readonly request: pulumi.Input<Request>;
  /** A file or folder of this machine that the job reads. */
  readonly sent?: Sent;
  /** The backups that it works with, where they lie on this machine and the host is another one. */
  readonly archive?: Archive;
}

/** Has the host's agent do a job; it is done again when what is asked changes. */
export function agentJob(
  name: string,
  job: Request["job"],
  { host, request, sent, archive }: JobArgs,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  const image = imageOn(host, "agent", "agent");
  return host.run(
    name,
    {
      tool: "agent",
      args: jobWords(host, job, image.name, sent?.path),
      archive,
      sent: sent && [sent],
      stdin: pulumi.output(request).apply(requestLine),
    },
    {
      ...opts,
      dependsOn: pulumi.output(opts.dependsOn ?? []).apply((deps) => [image.present, ...[deps].flat()]),
    },
  );
}

/** The words after `agent`. */
export function jobWords(host: Host, job: Request["job"], image: string, source?: string): string[] {
  return [job, host.namespace, image, ...(source === undefined ? [] : [source])];
}

/** A request as the agent reads it. */
export function requestLine(request: Request): string {
  return `${JSON.stringify(request)}\n`;
}
