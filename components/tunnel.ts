import * as crypto from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { wireguard } from "../machine/tools";
import type { Host } from "./host";

export interface TunnelArgs {
  readonly host: Host;
  /** Where the control node reaches the host without it. */
  readonly endpoint: string;
  /** The host's address in it, and the control node's. */
  readonly addresses: { readonly host: string; readonly control: string };
  readonly port: number;
  readonly mtu: number;
}

/** A tunnel of WireGuard's between the host and its control node. */
export class Tunnel extends pulumi.ComponentResource {
  /** What the control node is given, for wg-quick. A secret. */
  readonly control: pulumi.Output<string>;

  constructor(name: string, args: TunnelArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:Tunnel", name, {}, opts);
    const { host, port, mtu, addresses } = args;
    const key = (whose: string) =>
      new random.RandomBytes(`${host.scoped(name)}-${whose}`, { length: 32 }, { parent: this }).base64;
    const [own, other] = [key("host"), key("control")];
    const written = host.run(
      host.scoped(name),
      {
        tool: wireguard,
        args: { verb: "write" },
        undo: { verb: "remove" },
        input: pulumi
          .all([own, other])
          .apply(([hostKey, controlKey]) => ({
            ...{ key: hostKey, peer: publicKey(controlKey), port, mtu },
            ...{ address: `${addresses.host}/30`, other: addresses.control },
          })),
      },
      { parent: this },
    );
    this.control = pulumi.secret(
      pulumi
        .all([own, other, written.stdout])
        .apply(([hostKey, controlKey]) => controlConf(args, { key: controlKey, peer: publicKey(hostKey) })),
    );
    this.registerOutputs({});
  }
}

/** What wg-quick reads on the control node. */
export function controlConf(
  { endpoint, addresses, port, mtu }: Omit<TunnelArgs, "host">,
  { key, peer }: { readonly key: string; readonly peer: string },
): string {
  const at = endpoint.includes(":") ? `[${endpoint}]` : endpoint;
  return `[Interface]
PrivateKey = ${key}
Address = ${addresses.control}/30
MTU = ${mtu}

[Peer]
PublicKey = ${peer}
Endpoint = ${at}:${port}
AllowedIPs = ${addresses.host}/32
PersistentKeepalive = 25
`;
}

// What stands before the 32 bytes of a private key, as DER writes it (RFC 8410).
const PKCS8 = Buffer.from("302e020100300506032b656e04220420", "hex");

/** The public half of a key, in base64 as WireGuard writes them. */
export function publicKey(key: string): string {
  const der = Buffer.concat([PKCS8, Buffer.from(key, "base64")]);
  const whole = crypto.createPublicKey(crypto.createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
  return whole.export({ format: "der", type: "spki" }).subarray(-32).toString("base64");
}
