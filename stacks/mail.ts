import type { MailArgs } from "../components/mail/mail";
import type { Relay } from "../components/mail/postfix";
import { readText } from "./files";
import { kindOf } from "./kinds";
import { MAIL_DEFAULTS, type MailKeys, type SiteMailKeys } from "./mailSchema";

/** A host's mail, with what the stack file names read. */
export type MailConfig = Pick<MailArgs, "hostname" | "relay" | "password" | "limit" | "senders">;

interface SendingSite {
  readonly name: string;
  readonly kind: string;
  readonly domains: readonly string[];
  readonly mail?: SiteMailKeys;
}

/** Fills in what a stack file leaves to defaults. */
export function resolveMail(said: MailKeys, sites: readonly SendingSite[]): MailConfig {
  const { relay, limit } = said;
  return {
    hostname: said.hostname ?? sites[0]?.domains[0] ?? "localhost",
    ...(relay && { relay: relayOf(relay) }),
    ...(relay?.password !== undefined && { password: relay.password }),
    limit,
    senders: sendersOf(sites),
  };
}

function relayOf({ host, port, user, tls, authority }: NonNullable<MailKeys["relay"]>): Relay {
  const how = tls ?? (port === MAIL_DEFAULTS.implicit ? "implicit" : "starttls");
  return {
    ...{ host, port: port ?? (how === "implicit" ? MAIL_DEFAULTS.implicit : MAIL_DEFAULTS.port), tls: how },
    ...(user !== undefined && { user }),
    ...(authority !== undefined && { authority: readText(authority) }),
  };
}

/** Whether a site may send. */
export function sendsMail({ kind }: Pick<SendingSite, "kind">): boolean {
  return kindOf(kind).sender !== undefined;
}

/** What each site that may send, may send as. */
export function sendersOf(sites: readonly SendingSite[]): MailConfig["senders"] {
  return sites.filter(sendsMail).map(({ name, kind, domains, mail: own }) => {
    const others = new Set(sites.flatMap((one) => (one.name === name ? [] : one.domains)));
    const served = domains.filter((one) => !one.startsWith("*."));
    // www.example.org writes as example.org, unless that is another site's.
    const home = (domain: string) => (others.has(withoutWww(domain)) ? domain : withoutWww(domain));
    const sender = own?.sender ?? `${kindOf(kind).sender}@${home(served[0] ?? name)}`;
    const further = own?.senders ?? [];
    return {
      site: name,
      sender: sender.toLowerCase(),
      domains: unique([...served, ...served.map(home), ...further.filter((one) => !one.includes("@"))]),
      addresses: unique(
        [
          ...(own?.sender === undefined ? [] : [own.sender]),
          ...further.filter((one) => one.includes("@")),
        ].map((one) => one.toLowerCase()),
      ),
    };
  });
}

function withoutWww(name: string): string {
  return name.replace(/^www\.(?=.*\.)/, "");
}

function unique(all: readonly string[]): string[] {
  return [...new Set(all)];
}
