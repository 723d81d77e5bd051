/** Port of every web container. */
export const WEB_PORT = 8080;

/** MariaDB's port. */
export const DATABASE_PORT = 3306;

/** Where sites hand in their mail. */
export const MAIL_PORT = 587;

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Ports that the gateway connects from, which tells it from all others on its network: no web container may use one of
 * them. Where docker puts a container on a network changes, so its address tells nothing.
 */
export const GATEWAY_SOURCES: PortRange = { first: 1024, last: WEB_PORT - 1 };

/** The port that WireGuard listens on, by UDP. */
export const WIREGUARD_PORT = 51820;

/** Ports that pullers connect from, which neither php nor a generator beside them may use. */
export const PULLER_SOURCES: PortRange = { first: 1024, last: DATABASE_PORT };

type Sysctls = Readonly<Record<string, string>>;

/** What makes a container connect from these ports alone; of those it may soon use one again. */
export function connectingFrom({ first, last }: PortRange): Sysctls {
  return { "net.ipv4.ip_local_port_range": `${first} ${last}`, "net.ipv4.tcp_tw_reuse": "1" };
}

/** What keeps a container, whose processes have no capability, from the ports below one. */
export function fromPortsOf(first: number): Sysctls {
  return { "net.ipv4.ip_unprivileged_port_start": String(first) };
}

/** For php and generators: what MySQL and pullers are known by is none of theirs. */
export const OWN_PORTS: Sysctls = fromPortsOf(PULLER_SOURCES.last + 1);
