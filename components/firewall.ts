import { DATABASE_PORT, GATEWAY_SOURCES, MAIL_PORT, type PortRange, PULLER_SOURCES, WEB_PORT } from "./ports";

/** The bridges of a host's networks, as the kernel names them. */
export interface Bridges {
  /** Gateway and web containers. */
  readonly web: string;
  /** MySQL and php; no way leads out. */
  readonly database: string;
  /** Whoever asks the internet: php, pullers of git repositories, and generators. */
  readonly abroad: string;
}

/** An address and port of TCP. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface FirewallArgs {
  readonly bridges: Bridges;
  /** The label of the host's containers. */
  readonly label: string;
  /** Where the gateway is published: what the internet may ask, php may. */
  readonly published: readonly Endpoint[];
  /** Whether there is a server that takes php's mail. Defaults to none. */
  readonly mail?: boolean;
  /** Servers that repositories come from, and that takes the mail, wherever they are; an address or a name. */
  readonly forges: readonly Endpoint[];
}

/**
 * A rule of iptables, in its own words. Chains are @forward, @input, @output and @leave, for host/firewall to give them
 * names of this host's.
 */
export interface Rule {
  readonly family: 4 | 6;
  /**
   * always; old: while containers of a role run that were made before there were rules; resolvers: once for each name
   * server that docker asks for containers; named: once for each address of a name.
   */
  readonly when: "always" | `old=${OldRole}:${string}` | "resolvers" | `named=${string}`;
  readonly text: string;
}

type Draft = Omit<Rule, "family">;
type OldRole = "gateway" | "php";

// Link-local ones, and where clouds tell machines their secrets besides.
const LINK_LOCAL = {
  4: ["169.254.0.0/16", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32"],
  6: ["fe80::/10", "fd00:ec2::254/128"],
} as const;

/** All that containers of a host may begin to ask; what docker itself forbids stays forbidden. */
export function firewallRules(args: FirewallArgs): Rule[] {
  return ([4, 6] as const).flatMap((family) =>
    [...forward(args, family), ...leave(family), ...input(args, family), ...output(args)].map((rule) => ({
      ...rule,
      family,
    })),
  );
}

/** As host/firewall reads them, a line each. */
export function ruleLine({ family, when, text }: Rule): string {
  return `${family} ${when} -A ${text}`;
}

const rule = (text: string): Draft => ({ when: "always", text });
const tcp = (port: number) => `-p tcp -m tcp --dport ${port}`;
const from = ({ first, last }: PortRange) => `--sport ${first}:${last}`;
const begun = (chain: string) => rule(`${chain} -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN`);

/** From a container to another one, or away from the host. */
function forward({ bridges, label, mail, forges }: FirewallArgs, family: 4 | 6): Draft[] {
  const { web, database, abroad } = bridges;
  const within = (bridge: string) => `@forward -i ${bridge} -o ${bridge}`;
  return [
    begun("@forward"),
    ...neighbours("@forward", family),
    rule(`${within(web)} -p tcp -m tcp ${from(GATEWAY_SOURCES)} --dport ${WEB_PORT} -j RETURN`),
    { when: `old=gateway:${label}`, text: `${within(web)} ${tcp(WEB_PORT)} -j RETURN` },
    // It asks for containers that have gone, and has to be told at once that there are none. Which name servers docker asks
    // for that changes where the machine moves to another network, and no `up` follows.
    ...names(`@forward -i ${web}`, ` ${from(GATEWAY_SOURCES)}`).map(rule),
    oldGatewayResolver(`@forward -i ${web}`, label),
    rule(`@forward -i ${web} -j DROP`),
    // What takes mail has no business with the databases beside it.
    ...(mail
      ? [rule(`${within(database)} -p tcp -m tcp ${from(PULLER_SOURCES)} --dport ${DATABASE_PORT} -j DROP`)]
      : []),
    rule(`${within(database)} ${tcp(DATABASE_PORT)} -j RETURN`),
    ...(mail ? [rule(`${within(database)} ${tcp(MAIL_PORT)} -j RETURN`)] : []),
    rule(`@forward -i ${database} -o ${web} -j DROP`),
    // What docker publishes, which only the gateway is.
    rule(`@forward -o ${web} -m conntrack --ctstate DNAT -j RETURN`),
    ...Object.values(bridges).map((bridge) => rule(`@forward -o ${bridge} -j DROP`)),
    ...named(forges, family, `@forward -i ${abroad}`),
    rule(`@forward -i ${abroad} -j @leave`),
    // Its own way out came later.
    { when: `old=php:${label}`, text: `@forward -i ${database} -g @leave` },
    rule(`@forward -i ${database} -j DROP`),
  ];
}

/** From php, a puller or a generator to the internet. */
function leave(family: 4 | 6): Draft[] {
  return [
    ...resolvers("@leave"),
    ...LINK_LOCAL[family].map((range) => rule(`@leave -d ${range} -j DROP`)),
    // Another container that the host publishes.
    rule("@leave -m conntrack --ctstate DNAT -j DROP"),
  ];
}

/** From a container to the host itself, at whichever of its addresses. */
function input({ bridges, label, published, forges }: FirewallArgs, family: 4 | 6): Draft[] {
  const { abroad } = bridges;
  return [
    begun("@input"),
    ...neighbours("@input", family),
    ...published
      .filter(({ address }) => familyOf(address) === family && !isLoopback(address))
      .map(({ address, port }) => rule(`@input -i ${abroad}${to(address)} ${tcp(port)} -j RETURN`)),
    ...resolvers(`@input -i ${bridges.web}`, ` ${from(GATEWAY_SOURCES)}`),
    oldGatewayResolver(`@input -i ${bridges.web}`, label),
    ...resolvers(`@input -i ${abroad}`),
    { when: `old=php:${label}`, text: `@input -i ${bridges.database} -p udp -m udp --dport 53 -j RETURN` },
    ...named(forges, family, `@input -i ${abroad}`),
    ...Object.values(bridges).map((bridge) => rule(`@input -i ${bridge} -j DROP`)),
  ];
}

/** From the host to a container: docker's own proxy is root's, and whoever else has an account asks the gateway. */
function output({ bridges }: FirewallArgs): Draft[] {
  return Object.values(bridges).map((bridge) =>
    rule(`@output -o ${bridge} -m conntrack --ctstate NEW -m owner ! --uid-owner 0 -j DROP`),
  );
}

function resolvers(match: string, sources?: string): Draft[] {
  return names(match, sources).map((text) => ({ when: "resolvers", text }));
}

/** Questions for names, by both of the protocols that there are for them. */
function names(match: string, sources = ""): string[] {
  return ["udp", "tcp"].map(
    (protocol) => `${match} -p ${protocol} -m ${protocol}${sources} --dport 53 -j RETURN`,
  );
}

function oldGatewayResolver(match: string, label: string): Draft {
  return { when: `old=gateway:${label}`, text: `${match} -p udp -m udp --dport 53 -j RETURN` };
}

/** Pullers alone ask these also where they are the host itself. */
function named(endpoints: readonly Endpoint[], family: 4 | 6, match: string): Draft[] {
  return endpoints
    .filter(({ address }) => (familyOf(address) ?? family) === family)
    .map(({ address, port }) => ({
      when: `named=${address}`,
      text: `${match} -p tcp -m tcp ${from(PULLER_SOURCES)} --dport ${port} -j RETURN`,
    }));
}

/** Without these, nobody on a network of IPv6 finds another one. */
function neighbours(chain: string, family: 4 | 6): Draft[] {
  if (family === 4) return [];
  return [135, 136].map((type) => rule(`${chain} -p ipv6-icmp -m icmp6 --icmpv6-type ${type} -j RETURN`));
}

function to(address: string): string {
  return ["0.0.0.0", "::"].includes(address) ? "" : ` -d ${address}`;
}

/** Undefined for a name. */
function familyOf(address: string): 4 | 6 | undefined {
  if (address.includes(":")) return 6;
  return /^\d+(\.\d+){3}$/.test(address) ? 4 : undefined;
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}
