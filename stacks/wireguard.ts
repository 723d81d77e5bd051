import * as crypto from "node:crypto";
import { z } from "zod";
import { WIREGUARD_PORT } from "../components/ports";

/** Beyond which what carries the tunnel over Ethernet would be cut up. */
const MOST = 1420;

const keys = z.strictObject({
  mtu: z
    .number()
    .int()
    .min(1280)
    .max(MOST)
    .optional()
    .describe("Bytes of a packet in it; less where another tunnel or PPPoE carries it. Default: 1420."),
  network: z
    .string()
    .regex(/^\d{1,3}(?:\.\d{1,3}){3}\/30$/, "must be a network of four addresses, as 10.86.7.0/30")
    .optional()
    .describe(
      "Its addresses, of which the host has the first and the control node the second. Default: one of 10.86.0.0/16, by the stack's name.",
    ),
});

export const wireguard = z
  .union([z.literal(true), keys])
  .optional()
  .describe("Whether there is a tunnel of WireGuard's between the control node and the host. Default: none.");

/** A tunnel between the control node and the host. */
export interface TunnelConfig {
  readonly addresses: { readonly host: string; readonly control: string };
  readonly port: number;
  readonly mtu: number;
}

export function resolveTunnel(given: z.output<typeof wireguard>, stack: string): TunnelConfig | undefined {
  if (given === undefined) return undefined;
  const { mtu = MOST, network = networkOf(stack) } = given === true ? {} : given;
  const parts = network.replace("/30", "").split(".").map(Number);
  const first = (parts[3] ?? 0) & ~3;
  const address = (n: number) => [...parts.slice(0, 3), first + n].join(".");
  if (parts.some((part) => part > 255)) throw new Error(`varvol:wireguard.network: ${network} is no network`);
  return { addresses: { host: address(1), control: address(2) }, port: WIREGUARD_PORT, mtu };
}

function networkOf(stack: string): string {
  const [third = 0, fourth = 0] = crypto.createHash("sha256").update(stack).digest();
  return `10.86.${third}.${fourth & ~3}/30`;
}
