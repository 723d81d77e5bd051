import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "./host";

export interface NetworksArgs {
  readonly host: Host;
}

// What stacks that were made under its earlier name have.
const FORMERLY = { type: "varvol:index:Intercontainer", name: "intercontainer" };

/** The two networks of a host. A container is found by its name on each. */
export class Networks extends pulumi.ComponentResource {
  /** Gateway and web containers. */
  readonly web: pulumi.Output<string>;
  /** MySQL and php containers; no web container is on it. */
  readonly database: pulumi.Output<string>;

  constructor(name: string, { host }: NetworksArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:Networks", name, {}, { ...opts, aliases: [FORMERLY, ...(opts?.aliases ?? [])] });
    // Every argument of a network forces a replacement, for which all containers would have to leave it: set once.
    const network = (role: string) =>
      new docker.Network(
        host.scoped(role),
        { name: host.scoped(role) },
        { parent: this, provider: host.docker },
      ).name;
    this.web = network("intercontainer");
    this.database = network("database");
    this.registerOutputs({ web: this.web, database: this.database });
  }
}
