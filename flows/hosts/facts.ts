import { z } from "zod";
import type { Machine } from "../../machine/machine";
import { scriptText } from "../../machine/scripts";

const text = z.string().default("");
const yes = z.literal(["yes", ""]).default("").transform(Boolean);
const number = z.coerce.number().default(0);

/** What a machine has, as machine/scripts/host-facts.sh prints it. */
const schema = z.object({
  /** debian 13 */
  system: text,
  systemd: yes,
  sudo: yes,
  /** The groups of the control node's user. */
  member: text,
  /** How many lines of his authorized_keys are the control node's key. */
  key: number,
  /** Whether he may be root without a password. */
  root: yes,
  /** The version of a docker that answers. */
  docker: text,
  nft: yes,
  /** The hash of the table that is kept. */
  firewall: text,
  inForce: yes,
  atStart: text,
  upgrades: text,
  upgradesInstalled: yes,
  /** The service that keeps the time. */
  clock: text,
  /** Seconds since 1970. */
  time: number,
  /** KiB, as the three after it. */
  memory: number,
  swap: number,
  free: number,
  journal: text,
  restart: yes,
  /** Ports of its ssh server, with spaces between. */
  ports: text,
});

export type HostFacts = z.output<typeof schema>;

/** What a machine said: a name and its value a line, with a tab between. */
export function parseFacts(printed: string): HostFacts {
  const lines = printed.split("\n").filter((line) => line.includes("\t"));
  return schema.parse(
    Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf("\t")), line.slice(line.indexOf("\t") + 1)]),
    ),
  );
}

/** Looks at a machine as host-init wants it; changes nothing. */
export async function factsOf(machine: Machine, user: string, publicKey: string): Promise<HostFacts> {
  return parseFacts(await machine.script(scriptText("host-facts"), [user, publicKey]));
}
