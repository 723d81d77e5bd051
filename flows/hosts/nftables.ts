import { WIREGUARD_PORT } from "../../components/ports";

/** Ports that visitors ask at. */
export const WEB_PORTS = [80, 443] as const;

export interface OpenPorts {
  /** That of the host's ssh server. */
  readonly ssh: readonly number[];
  /** Those of the gateway. */
  readonly web: readonly number[];
}

/**
 * The table of nftables that says what of a host may be asked from elsewhere. It is a table of its own, replaced as a whole:
 * docker's rules, and those of host/firewall, stay as they are. What docker publishes never comes to `input`, so what it may
 * publish is said in `forward`, by the port that was asked for.
 */
export function hostTable({ ssh, web }: OpenPorts): string {
  const ports = (list: readonly number[]) => [...new Set(list)].sort((a, b) => a - b).join(", ");
  return `table inet varvol_host
delete table inet varvol_host
table inet varvol_host {
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    iif lo accept
    ct state invalid drop
    meta l4proto { icmp, ipv6-icmp } accept
    ip6 saddr fe80::/10 udp dport 546 accept
    tcp dport { ${ports(ssh)} } accept
    tcp dport { ${ports(web)} } accept
    udp dport ${WIREGUARD_PORT} accept
    meta iifkind "bridge" accept
    iifname "wg*" accept
  }
  chain forward {
    type filter hook forward priority filter - 5; policy accept;
    meta iifkind != "bridge" ct status dnat ct original proto-dst != { ${ports(web)} } drop
  }
}
`;
}
