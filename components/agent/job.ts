import * as pulumi from "@pulumi/pulumi";
import type * as command from "@pulumi/command";
import type { Request } from "../../agent/protocol";
import { agent } from "../../machine/tools";
import type { Archive } from "../backup/archive";
import type { Host } from "../host";
import { imageOn } from "../image";
import type { Sent } from "../../machine/ssh";

export interface JobArgs {
  readonly host: Host;
  /** What the agent is asked. It may hold secrets: it goes by standard input. */
  readonly request: pulumi.Input<Request>;
  /** It is done again when this is another text, too. */
  readonly again?: string;
  /** A file or folder of this machine that the job reads. */
  readonly sent?: Sent;
  /** The backups that it works with, where they lie on this machine and the host is another one. */
  readonly archive?: Archive;
}

/** Has the host's agent do a job; it is done again when what is asked changes. */
export function agentJob(
  name: string,
  job: Request["job"],
  { host, request, sent, archive, again }: JobArgs,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  const image = imageOn(host, "agent", "agent");
  return host.run(
    name,
    {
      tool: agent,
      args: { job, namespace: host.namespace, image: image.name, ...(sent && { source: sent.path }) },
      archive,
      sent: sent && [sent],
      input: request,
      again,
    },
    {
      ...opts,
      dependsOn: pulumi.output(opts.dependsOn ?? []).apply((deps) => [image.present, ...[deps].flat()]),
    },
  );
}
