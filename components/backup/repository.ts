import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Host } from "../host";
import { agentJob } from "../agent/job";
import { imageOn } from "../image";
import { type Archive, archiveLocation } from "./archive";

export interface RepositoryArgs {
  readonly host: Host;
  /** A folder of the machine that this program runs on, or an address as restic writes it. */
  readonly location: string;
  /** What the repository's server asks for: lines NAME=VALUE. */
  readonly credentials?: string;
}

/** Where the host's snapshots go, encrypted. Removing it from the program removes no snapshot. */
export class Repository extends pulumi.ComponentResource {
  /** As the host reaches it. */
  readonly location: string;
  /** What restic runs in there. */
  readonly image: string;
  /** Opens the repository. A secret, and the one thing to keep elsewhere. */
  readonly password: pulumi.Output<string>;
  /** What tools of host/ that work with it need, where it lies on this machine and the host is another one. */
  readonly archive?: Archive;

  constructor(name: string, args: RepositoryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:Repository", name, {}, opts);
    const { host, location, credentials } = args;
    this.password = new random.RandomPassword(
      `${host.scoped(name)}-password`,
      { length: 40, special: false },
      { parent: this },
    ).result;
    const archive = location.startsWith("/") ? host.archive(location) : undefined;
    this.archive = archive;
    this.location = archive ? archiveLocation(location) : location;
    this.image = imageOn(host, "agent", "agent").name;
    const request = this.password.apply((password) => ({
      job: "repository" as const,
      ...{ stack: pulumi.getStack(), namespace: host.namespace, image: this.image, location: this.location },
      ...{ existing: false, password, credentials: credentials ?? "" },
    }));
    agentJob(`${host.scoped(name)}-repository`, "repository", { host, request, archive }, { parent: this });
    this.registerOutputs({});
  }
}
