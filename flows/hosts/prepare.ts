import { UserError } from "../../base/errors";
import { lastLines } from "../../base/exec";
import { step, type Step } from "../../base/output";
import { Machine } from "../../machine/machine";
import { scriptText } from "../../machine/scripts";
import { ensureDocker } from "../../machine/setup/docker";
import { install } from "../../machine/setup/root";
import type { SshArgs } from "../../machine/ssh";
import { type HostCheck, judgeHost, type PrepareStep, STEPS, SWAP_MIB } from "./checks";
import { factsOf, type HostFacts } from "./facts";
import { hostTable, WEB_PORTS } from "./nftables";

export interface PrepareArgs {
  /** Who logs in to set the machine up: root, or one who may use sudo. */
  readonly ssh: SshArgs;
  /** Who logs in from then on. */
  readonly user: string;
  /** The public half of the key that logs in. */
  readonly publicKey: string;
  /** The gateway's ports. Default: 80 and 443. */
  readonly web?: readonly number[];
}

/** For which a firewall is in force before it is taken away again, unless a new connection has come through it, in s. */
const TRIED = 60;
const JOURNAL = "[Journal]\nSystemMaxUse=500M\n";
const PACKAGES = ["sudo", "nftables", "unattended-upgrades", "ca-certificates", "iptables"];

const DOES: Readonly<Record<PrepareStep, string>> = {
  packages: `installed ${PACKAGES.join(", ")}`,
  user: "made the user, who may use docker and sudo, with your key",
  docker: "installed docker",
  firewall: "set the firewall: ssh, the gateway's ports and WireGuard are open",
  upgrades: "turned security updates on",
  clock: "started what keeps the time",
  swap: "made a file to swap to",
  journal: "set the journal's limit",
};

/** What a machine has, and lacks. */
export async function examineHost(args: PrepareArgs): Promise<HostCheck[]> {
  const facts = await factsOf(new Machine(args.ssh), args.user, args.publicKey);
  const now = Math.round(Date.now() / 1000);
  return judgeHost(facts, { user: args.user, table: tableFor(facts, args), now });
}

/** Makes a machine a host: does what is lacking, in order, and says what. What is there already stays as it is. */
export async function prepareHost(args: PrepareArgs): Promise<{ done: string[]; checks: HostCheck[] }> {
  const before = await step("Looking at the machine", () => examineHost(args));
  const unfit = before.find(({ name, ok }) => name === "system" && !ok);
  if (unfit) throw new UserError(`${args.ssh.address}: ${unfit.found}; Varvol's hosts are Debian 12 or 13`);
  const lacking = STEPS.filter((one) => before.some(({ ok, step }) => step === one && !ok));
  const done: string[] = [];
  for (const one of lacking) {
    await step(titled(one), (s) => carryOut(one, args, s));
    done.push(DOES[one]);
  }
  // Groups and sudo count from the next connection on.
  await new Machine(args.ssh).reconnect();
  return { done, checks: lacking.length > 0 ? await examineHost(args) : before };
}

async function carryOut(what: PrepareStep, args: PrepareArgs, s: Step): Promise<void> {
  const machine = new Machine(args.ssh);
  switch (what) {
    case "packages":
      return install("Setting the host up", PACKAGES, s, ["systemd-timesyncd"], machine);
    case "user":
      return prepare(machine, ["user", args.user], `${args.publicKey}\n`);
    case "docker":
      await ensureDocker(s, machine);
      // Its group is there only now.
      return prepare(machine, ["user", args.user], `${args.publicKey}\n`);
    case "firewall":
      return firewall(machine, args);
    case "swap":
      return prepare(machine, ["swap", String(SWAP_MIB)]);
    case "journal":
      return prepare(machine, ["journal"], JOURNAL);
    default:
      return prepare(machine, [what]);
  }
}

/** A firewall that shuts us out takes itself away: it is kept once a new connection has come through. */
async function firewall(machine: Machine, args: PrepareArgs): Promise<void> {
  const facts = await factsOf(machine, args.user, args.publicKey);
  await prepare(machine, ["firewall-try", String(TRIED)], tableFor(facts, args));
  await machine.reconnect();
  try {
    await prepare(machine, ["firewall-keep"]);
  } catch (error) {
    throw new UserError(
      `The firewall let no new connection in, so it takes itself away within ${TRIED} s: ${error instanceof Error ? error.message : String(error)}`,
      "Run the same command again then.",
    );
  }
}

/** A mistake in a step's script, or of the machine's, in its own last words. */
async function prepare(machine: Machine, words: readonly string[], input = ""): Promise<void> {
  const script = scriptText("prepare-host");
  const { code, stdout, stderr } = await machine.run(["sh", "-c", script, "sh", ...words], { input });
  if (code !== 0)
    throw new UserError(`On ${machine.name}: ${words.join(" ")}: ${lastLines(stderr || stdout, 5)}`);
}

/** The table of nftables for a machine: its ssh server stays where it is. */
function tableFor({ ports }: HostFacts, { ssh, web = WEB_PORTS }: PrepareArgs): string {
  const servers = ports.split(" ").filter(Boolean).map(Number);
  if (servers.length === 0) throw new UserError(`${ssh.address} doesn't say which ports its ssh server has.`);
  return hostTable({ ssh: servers, web });
}

function titled(what: PrepareStep): string {
  return `${what.charAt(0).toUpperCase()}${what.slice(1)}`;
}
