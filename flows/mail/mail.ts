import * as crypto from "node:crypto";
import { z } from "zod";
import { UserError } from "../../base/errors";
import { SELECTOR } from "../../components/mail/dkim";
import { type Stack, outputs } from "../../engine/stack";
import { onHost } from "../../machine/host";
import { askHost } from "../../machine/scripts";
import type { HostConfig } from "../../stacks/config";
import type { MailConfig } from "../../stacks/mail";
import { containersThere } from "../daily/inside";

/** A mail that waits. */
export interface Waiting {
  readonly id: string;
  /** When it was handed in, by ISO 8601 in UTC. */
  readonly since: string;
  readonly from: string;
  readonly to: readonly string[];
  /** Why it was not delivered yet; null where it was not tried. */
  readonly reason: string | null;
}

/** An entry that a domain's zone must have. */
export interface DnsRecord {
  readonly name: string;
  readonly type: "TXT";
  readonly value: string;
}

const waitingSchema = z.object({
  queue_id: z.string(),
  arrival_time: z.number(),
  sender: z.string(),
  recipients: z.array(z.object({ address: z.string(), delay_reason: z.string().optional() })),
});

const TOOL = "/usr/lib/varvol/queue";

/** The stack's mail. Throws where it has none. */
export function mailOf({ mail, stack }: HostConfig): MailConfig {
  if (mail) return mail;
  throw new UserError(
    `No mail leaves the host of ${stack}: its stack file has no varvol:mail.`,
    "docs/mail.md says what to write there.",
  );
}

/** What waits, the oldest first. */
export async function queueOf(config: HostConfig): Promise<Waiting[]> {
  return readQueue(await inServer(config, [TOOL]));
}

/** Mails as postqueue lists them. */
export function readQueue(text: string): Waiting[] {
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => waitingSchema.parse(JSON.parse(line)))
    .sort((one, other) => one.arrival_time - other.arrival_time)
    .map(({ queue_id: id, arrival_time: at, sender, recipients }) => ({
      ...{ id, since: new Date(at * 1000).toISOString(), from: sender },
      to: recipients.map(({ address }) => address),
      reason: recipients.find(({ delay_reason: why }) => why !== undefined)?.delay_reason ?? null,
    }));
}

/** Has all that waits tried now. */
export async function retry(config: HostConfig): Promise<void> {
  await inServer(config, [TOOL, "retry"]);
}

async function inServer(config: HostConfig, command: readonly string[]): Promise<string> {
  const name = `${config.namespace}mail`;
  const { code, stdout, stderr } = await onHost(config, ["docker", "exec", name, ...command]);
  if (code === 0) return stdout;
  throw new UserError(`${name} does not answer: ${stderr.trim()}`, "npx varvol status says how it is.");
}

/** What became of a mail: it is with another server, it waits, it will not be delivered, or it was not even taken. */
export interface Tested {
  readonly site: string;
  readonly result: "sent" | "waits" | "failed" | "refused";
  readonly said: string;
}

/** Sends a mail as a site does. */
export async function sendTest(config: HostConfig, site: string, address: string): Promise<Tested> {
  if (!z.email().safeParse(address).success)
    throw new UserError(`${address || "nothing"} is no address.`, "npx varvol mail test you@example.org");
  const filters = [`label=varvol.owner=${site}`, "label=varvol.role=php"];
  const [php] = await containersThere(config, filters);
  if (!php) throw new UserError(`${site}/php does not run.`, "npx varvol status says how it is.");
  const id = `${crypto.randomUUID()}@varvol.test`;
  const args = [php.id, `${config.namespace}mail`, address, id];
  const [result = "", said = ""] = (await askHost(config, "mail-test", args)).trim().split("\t");
  return { site, result: result as Tested["result"], said };
}

/** What the DNS must say for others to trust the host's signatures. Throws where the host was never brought up with mail. */
export async function recordsOf(stack: Stack): Promise<DnsRecord[]> {
  const { senders } = mailOf(stack.config);
  const value = (await outputs(stack))?.mailRecord;
  if (typeof value !== "string")
    throw new UserError(`The host of ${stack.name} has no key for its mail yet.`, "npx varvol up makes it.");
  return recordsFor(senders, value);
}

export function recordsFor(senders: MailConfig["senders"], value: string): DnsRecord[] {
  const domains = senders.flatMap(({ domains: own, addresses }) => [
    ...own,
    ...addresses.map((address) => address.slice(address.indexOf("@") + 1)),
  ]);
  return [...new Set(domains)].map((domain) => ({
    name: `${SELECTOR}._domainkey.${domain}`,
    type: "TXT",
    value,
  }));
}
