import * as pulumi from "@pulumi/pulumi";
import { CONTAINERS_ONLY, type Mount } from "../container";
import { Generation } from "../generation";
import { imageOn } from "../image";
import type { ImageName } from "../imageSource";
import { fromPortsOf, WEB_PORT } from "../ports";
import { TIME_LIMITS, type TimeLimits } from "../timeLimits";
import type { SiteArgs } from "./site";
import { webFile } from "./webFiles";

/** Where nginx finds the owner's lines, and says in which of them a mistake is. */
const SNIPPET = "/tmp/site.conf";

export interface WebArgs extends SiteArgs {
  readonly site: string;
  /** Varvol's image, where the user has none. */
  readonly source: ImageName;
  readonly nginxConf: pulumi.Input<string>;
  readonly mounts: readonly Mount[];
  readonly tmp?: number;
  /** Defaults to what they are everywhere. */
  readonly times?: TimeLimits;
  readonly after: pulumi.Input<pulumi.Resource>[];
}

/** The container that every site has: nginx, on the intercontainer network, asked by the gateway alone. */
export class Web extends pulumi.ComponentResource {
  /** Name of the healthy generation. */
  readonly upstream: pulumi.Output<string>;

  constructor(name: string, args: WebArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:Web", name, {}, opts);
    const { host, site, domains } = args;
    const generation = new Generation(
      name,
      {
        host,
        image: imageOn(host, args.image ? { pinned: args.image } : args.source, site),
        owner: site,
        role: "web",
        probe: { by: "http", from: args.gateway.netName, port: WEB_PORT, domain: domains[0] ?? site },
        after: [...args.after, args.gateway.net, args.networks.firewall],
        container: {
          env: {
            NGINX_CONF: pulumi
              .output(args.nginxConf)
              .apply((conf) => withoutComments(args.nginx === undefined ? conf : withSnippet(conf))),
            ...(args.nginx !== undefined && { NGINX_SNIPPET: args.nginx }),
          },
          mounts: args.mounts,
          networks: [{ name: args.networks.web, aliases: [site] }],
          dns: CONTAINERS_ONLY,
          sysctls: fromPortsOf(WEB_PORT),
          memory: args.memory,
          tmp: args.tmp,
          stopSignal: "SIGQUIT",
          grace: (args.times ?? TIME_LIMITS).grace,
        },
      },
      { parent: this },
    );
    this.upstream = generation.healthyName;
    this.registerOutputs({});
  }
}

const NEVER_SERVED = `include ${webFile("never-served.conf")};\n`;

/**
 * With the owner's own lines in the server, which images/web/web puts there: after what is never served, which they can't
 * undo by a regular expression, and before all that the site is.
 */
export function withSnippet(conf: string): string {
  return conf.replace(NEVER_SERVED, `$&        include ${SNIPPET};\n`);
}

/** Comments are for whoever reads the source; what a container has in its environment stands twice in the state. */
function withoutComments(conf: string): string {
  return conf.replaceAll(/^ *#.*\n/gm, "");
}
