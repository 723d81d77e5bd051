import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { firewall } from "../machine/tools";
import { type Bridges, type Endpoint, firewallRules, ruleLine } from "./firewall";
import type { Host } from "./host";

export interface NetworksArgs {
  readonly host: Host;
  /** Addresses and ports of the host that php may ask as any visitor does. Defaults to none. */
  readonly published?: readonly Endpoint[];
  /** Whether php may hand in mail. Defaults to false. */
  readonly mail?: boolean;
  /** Servers that pullers, and what sends mail, may ask, also where they are the host itself. Defaults to none. */
  readonly forges?: readonly Endpoint[];
}

// What stacks that were made under its earlier name have.
const FORMERLY = { type: "varvol:index:Intercontainer", name: "intercontainer" };

/** What each network of a host is called. */
export const NETWORKS = {
  web: "intercontainer",
  database: "database",
  // Of several networks a container goes out by the one whose name comes first.
  abroad: "abroad",
} as const satisfies Record<keyof Bridges, string>;

/** The networks of a host, where a container is found by its name, and what may be asked on them and from them. */
export class Networks extends pulumi.ComponentResource {
  /** Gateway and web containers: the gateway asks them, and they ask nobody. */
  readonly web: pulumi.Output<string>;
  /** MySQL and php containers: they ask MySQL alone. */
  readonly database: pulumi.Output<string>;
  /** php containers and generators ask the internet, pullers the servers of repositories too. */
  readonly abroad: pulumi.Output<string>;
  /** What keeps containers to that. */
  readonly firewall: pulumi.Resource;

  constructor(name: string, args: NetworksArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:Networks", name, {}, { ...opts, aliases: [FORMERLY, ...(opts?.aliases ?? [])] });
    const { host, published = [], forges = [], mail } = args;
    // Every argument of a network forces a replacement, for which all containers would have to leave it: set once.
    const network = (role: keyof Bridges) =>
      new docker.Network(
        host.scoped(NETWORKS[role]),
        { name: host.scoped(NETWORKS[role]) },
        { parent: this, provider: host.docker },
      );
    const all = { web: network("web"), database: network("database"), abroad: network("abroad") };
    const label = `${pulumi.getProject()}/${pulumi.getStack()}`;
    this.firewall = host.run(
      host.scoped("firewall"),
      {
        tool: firewall,
        args: { verb: "write" },
        undo: { verb: "remove" },
        input: bridges(all).apply((named) =>
          firewallRules({ bridges: named, label, published, forges, mail }).map(ruleLine),
        ),
      },
      { parent: this },
    );
    this.web = all.web.name;
    this.database = all.database.name;
    this.abroad = all.abroad.name;
    this.registerOutputs({ web: this.web, database: this.database, abroad: this.abroad });
  }
}

/** Those of a php container. */
export function phpNetworks({ database, abroad }: Networks): { readonly name: pulumi.Output<string> }[] {
  return [{ name: database }, { name: abroad }];
}

/** Docker names a bridge by its network's id. */
function bridges(networks: Readonly<Record<keyof Bridges, docker.Network>>): pulumi.Output<Bridges> {
  const { web, database, abroad } = networks;
  return pulumi
    .all({ web: web.id, database: database.id, abroad: abroad.id })
    .apply((ids) => ({ web: bridge(ids.web), database: bridge(ids.database), abroad: bridge(ids.abroad) }));
}

function bridge(id: string): string {
  return `br-${id.slice(0, 12)}`;
}
