import { bytes, duration } from "../../base/words";
import { sha256 } from "../../components/written";
import type { HostFacts } from "./facts";

/** What host-init does, in its order. */
export const STEPS = [
  "packages",
  "user",
  "docker",
  "firewall",
  "upgrades",
  "clock",
  "swap",
  "journal",
] as const;
export type PrepareStep = (typeof STEPS)[number];

/** One thing that a host needs, and whether it is there. */
export interface HostCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
  /** What host-init does about it; undefined: whoever has the machine does something. */
  readonly step?: PrepareStep;
  readonly remedy?: string;
}

export interface Wanted {
  /** Who the control node logs in as. */
  readonly user: string;
  /** The table of nftables. */
  readonly table: string;
  /** Seconds since 1970, here. */
  readonly now: number;
}

/** Debian's releases that Varvol is tried on. */
const RELEASES = ["debian 12", "debian 13"];
/** Below which a machine gets a file to swap to, in KiB; and how large that is, in MiB. */
const SMALL = 2 * 1024 * 1024;
export const SWAP_MIB = 1024;
/** By which the clocks may differ, in s: certificates and one-time passwords allow more. */
const CLOCK_OFF = 10;
/** In KiB: images, their builds and a first site. */
const DISK = 4 * 1024 * 1024;

/** What a machine lacks to be a host, each with its remedy. */
export function judgeHost(facts: HostFacts, { user, table, now }: Wanted): HostCheck[] {
  const groups = facts.member.split(" ");
  const off = Math.abs(facts.time - now);
  const kept = facts.firewall === sha256(table);
  const small = facts.memory < SMALL;
  return [
    {
      name: "system",
      ok: RELEASES.includes(facts.system) && facts.systemd,
      found: `${facts.system || "unknown"}${facts.systemd ? "" : ", without systemd"}`,
      remedy: "a machine with Debian 12 or 13",
    },
    {
      name: "packages",
      ok: facts.sudo && facts.nft && facts.upgradesInstalled,
      found: missing({
        sudo: facts.sudo,
        nftables: facts.nft,
        "unattended-upgrades": facts.upgradesInstalled,
      }),
      step: "packages",
    },
    {
      name: `user ${user}`,
      ok: facts.key > 0 && facts.root && (user === "root" || groups.includes("docker")),
      found:
        facts.member === ""
          ? "not there"
          : missing({
              "the control node's key": facts.key > 0,
              "sudo without a password": facts.root,
              "the group docker": user === "root" || groups.includes("docker"),
            }),
      step: "user",
    },
    { name: "Docker", ok: facts.docker !== "", found: facts.docker || "does not answer", step: "docker" },
    {
      name: "firewall",
      ok: kept && facts.inForce && facts.atStart !== "",
      found: !facts.firewall
        ? "none of Varvol's"
        : missing({
            "today's rules": kept,
            "being in force": facts.inForce,
            "a start with the machine": facts.atStart !== "",
          }),
      step: "firewall",
    },
    {
      name: "security updates",
      ok: facts.upgradesInstalled && Number(facts.upgrades) > 0,
      found: Number(facts.upgrades) > 0 ? "by themselves, each day" : "not by themselves",
      step: "upgrades",
    },
    {
      name: "clock",
      ok: facts.clock !== "" && off <= CLOCK_OFF,
      found: `${facts.clock || "nothing keeps it"}${off > CLOCK_OFF ? `, ${duration(off * 1000)} off` : ""}`,
      step: "clock",
      remedy: facts.clock === "" ? undefined : "timedatectl, and whether UDP port 123 is open",
    },
    {
      name: "memory",
      ok: !small || facts.swap > 0,
      found: `${bytes(facts.memory * 1024)}, ${facts.swap > 0 ? `swap ${bytes(facts.swap * 1024)}` : "no swap"}`,
      step: "swap",
    },
    {
      name: "journal",
      ok: facts.journal !== "",
      found: facts.journal ? `at most ${facts.journal}` : "without a limit of its own",
      step: "journal",
    },
    {
      name: "disk",
      ok: facts.free >= DISK,
      found: `${bytes(facts.free * 1024)} free`,
      remedy: `${bytes(DISK * 1024)} or more on /var`,
    },
    {
      name: "restart",
      ok: !facts.restart,
      found: facts.restart ? "an update waits for one" : "none is waited for",
      remedy: "reboot it: its sites come back by themselves",
    },
  ];
}

function missing(parts: Readonly<Record<string, boolean>>): string {
  const lacking = Object.entries(parts).flatMap(([name, there]) => (there ? [] : [name]));
  return lacking.length === 0 ? "there" : `lacks ${lacking.join(", ")}`;
}
