import { isIPv6 } from "node:net";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { routes } from "../../machine/tools";
import { containerArgs, type ContainerSpec, exclusive } from "../container";
import { Generation } from "../generation";
import { HealthGate } from "../healthGate";
import type { Host } from "../host";
import { type Image, imageOn } from "../image";
import type { Networks } from "../networks";
import { connectingFrom, GATEWAY_SOURCES } from "../ports";
import { TIME_LIMITS, type TimeLimits } from "../timeLimits";
import { Volume } from "../volume";
import { CertificateAuthority } from "./certificates";
import { memoryForSites } from "./memory";
import { gatewayConf, type Hsts, HTTP, HTTPS } from "./nginx";
import type { Requests } from "./requests";
import { Routes } from "./routes";
import { keepPart, type Part, type SiteTls, Vhost, type VhostArgs } from "./vhost";

export interface GatewayArgs {
  readonly host: Host;
  readonly networks: Networks;
  /** Addresses that the ports are published on. */
  readonly addresses: readonly string[];
  readonly http: number;
  readonly https: number;
  readonly redirectToHttps: boolean;
  readonly workers: number | "auto";
  /** Where each site's certificate comes from. */
  readonly tls: Readonly<Record<string, SiteTls>>;
  /** For how long sites tell browsers to come by HTTPS alone. Defaults to not at all. */
  readonly hsts?: Readonly<Record<string, Hsts>>;
  /** What becomes of sites' requests before they are asked. Defaults to nothing. */
  readonly requests?: Readonly<Record<string, Requests>>;
  /** Names and passwords of who may come, of sites that are not for everybody. Secrets. */
  readonly users?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Which requests are logged. */
  readonly accessLog: "all" | "errors" | "none";
  /** Addresses and ranges of proxies whose X-Forwarded-For is believed. Defaults to none. */
  readonly trustedProxies?: readonly string[];
  /** Those of the site that takes longest. Defaults to what they are everywhere. */
  readonly times?: TimeLimits;
  /** Memory limit in MiB, but for what many sites' configuration takes. */
  readonly memory: number;
}

const SOCKETS = "/run/varvol/sockets";
const IPV6_RUN = "/run/varvol-ipv6";
const IPV6_SOCKETS = `${IPV6_RUN}/sockets`;
const IPV6_FOLDER = "run-ipv6";
const LISTENING = [HTTP, HTTPS].flatMap(({ first, last }) =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i),
);

/**
 * Picks the site by Host. The tiny container gateway-net owns the published ports and hands their listening
 * sockets to each generation of nginx, so that old and new share one queue of connections and none is lost.
 * What comes over IPv6 docker would pass on under an address of its own: gateway-ipv6 listens on the host's network.
 */
export class Gateway extends pulumi.ComponentResource {
  readonly authority: CertificateAuthority;
  /** The container gateway-net: the place to ask a site's container from. */
  readonly net: docker.Container;
  /** Its name. */
  readonly netName: string;
  private readonly host: Host;
  private readonly args: GatewayArgs;
  /** Where it listens on the host's own network, as [address]:port. */
  private readonly ipv6: readonly string[];
  private readonly main: Part;
  private readonly nginx: Generation;

  constructor(name: string, args: GatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:Gateway", name, {}, opts);
    const { host } = args;
    this.host = host;
    this.args = args;
    this.netName = host.scoped("gateway-net");
    this.ipv6 = args.addresses
      .filter(isIPv6)
      .flatMap((address) => [args.http, args.https].map((port) => `[${address}]:${port}`));
    this.authority = new CertificateAuthority(
      `${name}-tls`,
      { commonName: `Varvol ${pulumi.getStack()}` },
      { parent: this },
    );
    const volume = new Volume(
      "gateway",
      {
        host,
        folders: [
          ...[{ name: "conf", mode: "0700" }, { name: "run" }, { name: "tmp", mode: "0700" }],
          ...(this.ipv6.length > 0 ? [{ name: IPV6_FOLDER, mode: "0755", owner: "0:0" }] : []),
        ],
      },
      { parent: this },
    );
    const image = imageOn(host, "gateway", "gateway");

    this.main = this.createMain(`${name}-conf`, volume);
    const first = host.run(
      `${name}-first-routes`,
      {
        ...{ tool: routes, args: { generation: "first" } },
        input: this.main.hash.apply((hash) => [{ name: this.main.name, hash }]),
      },
      // Only a gateway's very first start needs it.
      { parent: this, ignoreChanges: ["stdin"] },
    );
    this.net = this.createNet(image, volume);
    const holders = [this.net, ...(this.ipv6.length > 0 ? [this.createIpv6(image, volume)] : [])];
    const forSites = memoryForSites(Object.keys(args.tls).length);
    this.nginx = new Generation(
      host.scoped(name),
      {
        host,
        image,
        owner: "gateway",
        role: "gateway",
        probe: { by: "exec" },
        after: [first, ...holders],
        container: {
          command: [
            ...["/usr/lib/varvol/gateway", "/etc/varvol/current/nginx.conf", String(args.https)],
            `${SOCKETS}=${LISTENING.join(",")}`,
            ...(this.ipv6.length > 0 ? [`${IPV6_SOCKETS}=${this.ipv6.join(",")}`] : []),
          ],
          mounts: [
            volume.mount("conf", "/etc/varvol", "ro"),
            volume.mount("run", "/run/varvol", "ro"),
            ...(this.ipv6.length > 0 ? [volume.mount(IPV6_FOLDER, IPV6_RUN, "ro")] : []),
            volume.mount("tmp", "/var/tmp/nginx", "rw"),
          ],
          networks: [{ name: args.networks.web }],
          sysctls: {
            ...connectingFrom(GATEWAY_SOURCES),
            // A configuration is tested where the host's addresses are not.
            ...(this.ipv6.length > 0 && { "net.ipv6.ip_nonlocal_bind": "1" }),
          },
          env: { MEMORY: String(args.memory), ...(forSites > 0 && { SITES_MEMORY: String(forSites) }) },
          memory: args.memory + forSites,
          tmp: 24,
          stopSignal: "SIGQUIT",
          grace: (args.times ?? TIME_LIMITS).grace,
        },
      },
      { parent: this },
    );
    this.registerOutputs({ certificateAuthority: this.authority.certificate });
  }

  /** Adds a site's route. */
  vhost(
    site: string,
    args: Pick<VhostArgs, "domains" | "upstream" | "cacheable" | "pages" | "hook" | "uploads" | "times">,
    parent: pulumi.Resource,
  ): Vhost {
    const { redirectToHttps, https, tls, hsts, requests, users } = this.args;
    return new Vhost(
      `${this.host.scoped(site)}-vhost`,
      {
        host: this.host,
        authority: this.authority,
        site,
        tls: tls[site] ?? "own",
        ...(hsts?.[site] && { hsts: hsts[site] }),
        ...(requests?.[site] && { requests: requests[site] }),
        ...(users?.[site] && { users: users[site] }),
        ...args,
        ...(redirectToHttps && { redirectToPort: https }),
      },
      { parent },
    );
  }

  /** Switches to the routes given, and to no others, by one graceful reload. */
  route(parts: readonly Part[]): void {
    new Routes(
      "gateway-routes",
      { host: this.host, container: this.nginx.healthyId, parts: [this.main, ...parts] },
      { parent: this },
    );
  }

  /** Address of a domain as a visitor types it. */
  url(domain: string, scheme: "http" | "https"): string {
    const port = this.args[scheme];
    return `${scheme}://${domain}${port === (scheme === "http" ? 80 : 443) ? "" : `:${port}`}`;
  }

  /** How a domain may stand in a visitor's Host header. */
  hosts(domain: string): string[] {
    return [domain, `${domain}:${this.args.http}`, `${domain}:${this.args.https}`];
  }

  private createMain(name: string, volume: Volume): Part {
    const files = pulumi
      .all([this.authority.key, volume.path])
      .apply(([key]): Record<string, string> => ({
        "nginx.conf": gatewayConf(this.args),
        "tls/key.pem": key,
      }));
    return keepPart(name, this.host, "_main", files, { parent: this });
  }

  /** The place to ask sites from, whose network has the ports that docker publishes. */
  private createNet(image: Image, volume: Volume): docker.Container {
    const { addresses, http, https, networks } = this.args;
    return this.createHolder(this.netName, "net", [image.present, volume], {
      image: image.name,
      command: ["/usr/lib/varvol/hold", SOCKETS, ...LISTENING.map(String)],
      mounts: [volume.mount("run", "/run/varvol", "rw")],
      networks: [{ name: networks.web }],
      sysctls: connectingFrom(GATEWAY_SOURCES),
      ports: [
        { internal: HTTP, external: http },
        { internal: HTTPS, external: https },
      ].flatMap(({ internal, external }) =>
        addresses
          .filter((ip) => !isIPv6(ip))
          .map((ip, i) => ({ internal: internal.first + i, external, ip })),
      ),
      // The gates ask sites from here, and a curl each adds up.
      memory: 64,
    });
  }

  /** Has the host's addresses of IPv6, and nothing else of the host's. */
  private createIpv6(image: Image, volume: Volume): docker.Container {
    // Docker's proxy of a version before this one has the same ports until gateway-net is another one.
    const after = [image.present, volume, this.net];
    return this.createHolder(this.host.scoped("gateway-ipv6"), "ipv6", after, {
      image: image.name,
      command: ["/usr/lib/varvol/hold", IPV6_SOCKETS, ...this.ipv6],
      user: "0:0",
      capabilities: ["CAP_NET_BIND_SERVICE"],
      mounts: [volume.mount(IPV6_FOLDER, IPV6_RUN, "rw")],
      networks: "host",
      memory: 32,
    });
  }

  /** A container that holds listening sockets. */
  private createHolder(
    name: string,
    role: "net" | "ipv6",
    dependsOn: pulumi.Input<pulumi.Resource>[],
    spec: Omit<ContainerSpec, "stopSignal" | "grace" | "logs" | "labels">,
  ): docker.Container {
    const { host } = this;
    const container = new docker.Container(
      name,
      {
        ...containerArgs({
          ...spec,
          tmp: 1,
          stopSignal: "SIGTERM",
          grace: 5,
          logs: host.logs,
          labels: {
            host: `${pulumi.getProject()}/${pulumi.getStack()}`,
            owner: "gateway",
            role,
            resource: name,
          },
        }),
        name,
      },
      // A newer image is no reason to close the host's ports; only new ports or addresses are.
      { parent: this, provider: host.docker, dependsOn, ignoreChanges: ["image", "sysctls"], ...exclusive() },
    );
    new HealthGate(`${name}-gate`, { host, container, probe: { by: "running" } }, { parent: this });
    return container;
  }
}
