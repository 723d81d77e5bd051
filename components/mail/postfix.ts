import { MAIL_PORT } from "../ports";

/** A server that takes all mail of the host. */
export interface Relay {
  readonly host: string;
  readonly port: number;
  /** Defaults to no login. */
  readonly user?: string;
  /** starttls: the connection must become encrypted; implicit: it is from the start; off: it is never. */
  readonly tls: "starttls" | "implicit" | "off";
  /** Certificate, as PEM, that proves a server of one's own. Defaults to the public authorities. */
  readonly authority?: string;
}

/** What a site may send as. */
export interface Sender {
  readonly site: string;
  /** Domains whose addresses are the site's. */
  readonly domains: readonly string[];
  /** Further addresses. */
  readonly addresses: readonly string[];
}

export interface PostfixArgs {
  /** How it greets. */
  readonly hostname: string;
  /** Defaults to the servers of those who are written to. */
  readonly relay?: Relay;
  /** Recipients an hour that a site may have. */
  readonly limit: number;
}

/** Where the container has what only its own processes read. */
export const CONFIG = "/etc/varvol";
/** The realm of sites' logins. */
const REALM = "varvol";
const SIGNER = "inet:127.0.0.1:8891";
/** MiB of a mail with all that is attached to it: what most servers take. */
const LARGEST = 25;

/** postfix's own settings: it takes mail from sites alone, each with its login, and delivers nothing here. */
export function mainCf({ hostname, relay, limit }: PostfixArgs): string {
  return lines({
    compatibility_level: "3.10",
    maillog_file: "/dev/stdout",
    myhostname: hostname,
    myorigin: hostname,
    inet_interfaces: "all",
    // Docker's networks have no way out by IPv6: a server that has both is asked by IPv4.
    inet_protocols: "ipv4",
    mydestination: "",
    mynetworks: "127.0.0.0/8",
    local_recipient_maps: "",
    local_transport: "error:no mail is delivered on this host",
    alias_maps: "",
    alias_database: "",
    append_dot_mydomain: "no",
    always_add_missing_headers: "yes",
    biff: "no",
    default_database_type: "texthash",
    smtputf8_enable: "yes",
    message_size_limit: LARGEST * 1024 * 1024,
    mailbox_size_limit: 0,
    // Processes of a kind: what all of them hold stays within the container.
    default_process_limit: 20,
    queue_minfree: 2 * LARGEST * 1024 * 1024,
    enable_long_queue_ids: "yes",
    // A server that is away is asked again soon, and every half an hour after that.
    queue_run_delay: "60s",
    minimal_backoff_time: "60s",
    maximal_backoff_time: "1800s",
    bounce_queue_lifetime: "1d",
    notify_classes: "",
    ...submission(limit),
    ...signing(),
    ...delivery(relay),
  });
}

function submission(limit: number) {
  return {
    smtpd_banner: "$myhostname ESMTP",
    smtpd_peername_lookup: "no",
    disable_vrfy_command: "yes",
    smtpd_helo_required: "yes",
    smtpd_etrn_restrictions: "reject",
    // Sites and it share a network on which nobody else can listen.
    smtpd_tls_security_level: "none",
    smtpd_sasl_auth_enable: "yes",
    cyrus_sasl_config_path: "/etc/postfix/sasl",
    smtpd_sasl_local_domain: REALM,
    smtpd_sasl_security_options: "noanonymous",
    smtpd_sender_login_maps: `texthash:${CONFIG}/senders`,
    smtpd_client_restrictions: "permit_sasl_authenticated, reject",
    // Whose mail bounces is told at an address of the site's.
    smtpd_sender_restrictions: `check_sender_access texthash:${CONFIG}/nobody, reject_sender_login_mismatch`,
    smtpd_relay_restrictions: "permit_sasl_authenticated, reject",
    smtpd_recipient_restrictions: "permit_sasl_authenticated, reject",
    smtpd_client_recipient_rate_limit: limit,
    smtpd_client_event_limit_exceptions: "",
    anvil_rate_time_unit: "3600s",
    smtpd_client_connection_count_limit: 10,
    smtpd_recipient_limit: 200,
    smtpd_timeout: "60s",
  };
}

function signing() {
  return {
    smtpd_milters: SIGNER,
    non_smtpd_milters: SIGNER,
    // What is neither checked nor signed does not leave; the site is told so.
    milter_default_action: "tempfail",
    milter_connect_timeout: "10s",
    milter_mail_macros: "i {auth_authen} {mail_addr}",
  };
}

function delivery(relay: Relay | undefined) {
  const authorities = { smtp_tls_CAfile: "/run/varvol/authorities.pem", smtp_tls_loglevel: 1 };
  // A server of the internet that has no encryption, or a certificate of its own making, gets its mail nevertheless.
  if (!relay) return { relayhost: "", smtp_tls_security_level: "may", ...authorities };
  return {
    relayhost: nexthop(relay),
    ...(relay.tls === "off"
      ? { smtp_tls_security_level: "none" }
      : {
          smtp_tls_security_level: "secure",
          smtp_tls_secure_cert_match: "hostname",
          smtp_tls_wrappermode: relay.tls === "implicit" ? "yes" : "no",
          ...authorities,
        }),
    ...(relay.user !== undefined && {
      smtp_sasl_auth_enable: "yes",
      smtp_sasl_password_maps: `texthash:${CONFIG}/relay`,
      smtp_sasl_security_options: "noanonymous",
    }),
  };
}

function nexthop({ host, port }: Relay): string {
  return `[${host}]:${port}`;
}

/** Postfix's processes: nothing that it does not need, and none that delivers on this machine. */
export function masterCf(): string {
  const services = [
    `${MAIL_PORT} inet n - n - - smtpd`,
    "pickup unix n - n 60 1 pickup",
    "cleanup unix n - n - 0 cleanup",
    "qmgr unix n - n 300 1 qmgr",
    "tlsmgr unix - - n 1000? 1 tlsmgr",
    "rewrite unix - - n - - trivial-rewrite",
    "bounce unix - - n - 0 bounce",
    "defer unix - - n - 0 bounce",
    "trace unix - - n - 0 bounce",
    "smtp unix - - n - - smtp",
    "showq unix n - n - - showq",
    "error unix - - n - - error",
    "retry unix - - n - - error",
    "anvil unix - - n - 1 anvil",
    "scache unix - - n - 1 scache",
    "postlog unix-dgram n - n - 1 postlogd",
  ];
  return services.map((service) => `${service}\n`).join("");
}

/** Whose login each sender's is, as texthash has it: what two sites were given is both's. */
export function senderMap(senders: readonly Sender[]): string {
  const owners = new Map<string, string[]>();
  for (const { site, domains, addresses } of senders)
    for (const key of [...domains.map((domain) => `@${domain}`), ...addresses])
      owners.set(key, [...(owners.get(key) ?? []), login(site)]);
  // postfix looks for an address before it looks for its domain, whose sites it would forget.
  for (const [key, logins] of owners) {
    const domain = key.slice(key.indexOf("@"));
    if (key !== domain) owners.set(key, [...new Set([...logins, ...(owners.get(domain) ?? [])])]);
  }
  return table([...owners].map(([key, logins]): [string, string] => [key, logins.join(", ")]));
}

/** The password with which the relay is asked. */
export function relayMap(relay: Relay, password: string): string {
  return table([[nexthop(relay), `${relay.user ?? ""}:${password}`]]);
}

/** The name by which postfix knows a site that has logged in. */
export function login(site: string): string {
  return `${site}@${REALM}`;
}

/** Sites and their passwords, a line each. */
export function accounts(passwords: Readonly<Record<string, string>>): string {
  return Object.entries(passwords)
    .map(([site, password]) => `${site} ${password}\n`)
    .join("");
}

function table(rows: readonly (readonly [string, string])[]): string {
  return rows.map(([key, value]) => `${key} ${value}\n`).join("");
}

function lines(settings: Readonly<Record<string, string | number>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}\n`.replace(/ +\n/, "\n"))
    .join("");
}
