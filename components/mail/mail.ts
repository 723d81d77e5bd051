import * as crypto from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
import { Generation } from "../generation";
import type { Host } from "../host";
import { imageOn } from "../image";
import type { Networks } from "../networks";
import { connectingFrom, PULLER_SOURCES } from "../ports";
import { type SecretFile, Volume } from "../volume";
import { sha256 } from "../written";
import { checkScript, dkimRecord, opendkimConf, signScript } from "./dkim";
import {
  accounts,
  CONFIG,
  mainCf,
  masterCf,
  type PostfixArgs,
  relayMap,
  type Sender,
  senderMap,
} from "./postfix";

export interface MailArgs extends PostfixArgs {
  readonly host: Host;
  readonly networks: Networks;
  /** The relay's password. A secret. Defaults to none. */
  readonly password?: string;
  /** All sites that may send, each with the address that its mail is from where it says none. */
  readonly senders: readonly (Sender & { readonly sender: string })[];
  /** Memory limit in MiB. */
  readonly memory: number;
}

/** How a site hands in its mail. */
export interface Account {
  /** Name to connect to. */
  readonly server: string;
  /** Where its mail is from if it says nothing else. */
  readonly sender: string;
  /** All that it may send as: domains, and whole addresses. */
  readonly own: readonly string[];
  /** A secret. */
  readonly password: pulumi.Output<string>;
}

const SERVER = "mail";
const ROOT = "0:0";

/**
 * The host's mail: a postfix that takes it from sites, each by its own login and under its own names, keeps it in
 * /var/vol/mail/queue until it is delivered, and delivers none here. opendkim beside it signs.
 */
export class Mail extends pulumi.ComponentResource {
  /** What the DNS must say below each domain, for others to trust the signature. */
  readonly record: pulumi.Output<string>;
  private readonly sites: ReadonlyMap<string, Account>;

  constructor(name: string, args: MailArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:Mail", name, {}, opts);
    const { host, networks, senders } = args;
    const key = new tls.PrivateKey(
      `${host.scoped(name)}-key`,
      { algorithm: "RSA", rsaBits: 2048 },
      { parent: this },
    );
    this.record = key.publicKeyPem.apply(dkimRecord);
    this.sites = new Map(senders.map((sender) => [sender.site, this.createAccount(host, sender)]));
    const passwords = pulumi.all(
      Object.fromEntries([...this.sites].map(([site, { password }]) => [site, password])),
    );
    const plain = {
      "main.cf": mainCf(args),
      "master.cf": masterCf(),
      senders: senderMap(senders),
      nobody: "<> REJECT a mail needs a sender\n",
      authority: args.relay?.authority ?? "",
      "opendkim.conf": opendkimConf(),
      "sign.lua": signScript(),
      "check.lua": checkScript(senders),
    };
    const relay = args.relay && args.password !== undefined ? relayMap(args.relay, args.password) : "";
    const secret = {
      accounts: passwords.apply(accounts),
      relay: pulumi.secret(relay),
      key: key.privateKeyPem,
    };
    const volume = new Volume(
      "mail",
      {
        host,
        folders: [
          { name: "config", owner: ROOT, mode: "0700" },
          { name: "queue", owner: ROOT, mode: "0755" },
        ],
        secrets: Object.entries({ ...plain, ...secret }).map(([file, content]): SecretFile => ({
          name: `config/${file}`,
          content,
          owner: ROOT,
        })),
      },
      { parent: this },
    );
    new Generation(
      `${host.scoped(name)}-server`,
      {
        host,
        image: imageOn(host, "mail", "mail"),
        owner: "mail",
        role: "mail",
        probe: { by: "exec" },
        after: [volume, networks.firewall],
        // Two would send what is in the one queue twice.
        exclusiveName: host.scoped("mail"),
        container: {
          // It reads its settings as it starts.
          env: { SETTINGS: settings(plain, relay, pulumi.all([passwords, key.publicKeyPem])) },
          // postfix starts each of its processes as whoever that needs to be.
          user: ROOT,
          capabilities: CAPABILITIES,
          mounts: [
            volume.mount("config", CONFIG, "ro"),
            ...["main.cf", "master.cf"].map((file) =>
              volume.mount(`config/${file}`, `/etc/postfix/${file}`, "ro"),
            ),
            volume.mount("queue", "/var/spool/postfix", "rw"),
          ],
          networks: [{ name: networks.database, aliases: [SERVER] }, { name: networks.abroad }],
          // As a puller: the relay may be the host itself, and it has nothing to ask MySQL.
          sysctls: connectingFrom(PULLER_SOURCES),
          memory: args.memory,
          tmpfs: {
            "/run": "rw,nosuid,nodev,noexec,mode=0755,size=4m",
            "/var/lib/postfix": "rw,nosuid,nodev,noexec,mode=0755,size=4m",
          },
          stopSignal: "SIGTERM",
          // What is being delivered may end.
          grace: 30,
        },
      },
      { parent: this },
    );
    this.registerOutputs({ record: this.record });
  }

  /** How a site hands in its mail; undefined where it may send none. */
  account(site: string): Account | undefined {
    return this.sites.get(site);
  }

  private createAccount(
    host: Host,
    { site, sender, domains, addresses }: MailArgs["senders"][number],
  ): Account {
    const { result } = new random.RandomPassword(
      `${host.scoped(site)}-mail-password`,
      { length: 32, special: false },
      { parent: this },
    );
    return { server: SERVER, sender, own: [...domains, ...addresses], password: result };
  }
}

const CAPABILITIES = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_KILL", "CAP_SETGID", "CAP_SETUID"];

/** What changes with all that it reads as it starts, and gives nothing of it away. */
function settings(
  plain: Readonly<Record<string, string>>,
  relay: string,
  made: pulumi.Output<unknown>,
): pulumi.Output<string> {
  // A password that somebody has thought of is one that can be guessed.
  const hidden = crypto.scryptSync(relay, "varvol mail", 16).toString("hex");
  return pulumi.unsecret(
    made.apply((generated) => sha256(JSON.stringify([plain, hidden, generated])).slice(0, 16)),
  );
}
