import { z } from "zod";
import { MOST_ADDRESSES } from "../components/gateway/nginx";
import { POLICIES, POLICY_NAMES } from "./policies";
import { domain, duration, interval, resourceName } from "./values";

const path = z.string().min(1);

const count = z.number().int().min(1).max(1000).optional();

const keep = z
  .strictObject({
    last: count.describe("Newest snapshots."),
    daily: count.describe("Days of which the newest snapshot is kept."),
    weekly: count.describe("Weeks of which the newest snapshot is kept."),
    monthly: count.describe("Months of which the newest snapshot is kept."),
    yearly: count.describe("Years of which the newest snapshot is kept."),
  })
  .refine((kept) => Object.keys(kept).length > 0, {
    error: "must name at least one of last, daily, weekly, monthly and yearly",
  })
  .describe("Snapshots that are kept. Default: of 7 days, 4 weeks and 6 months.");

const time = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be a time of the day from 00:00 to 23:59, in quotes")
  .optional();

const schedule = {
  every: interval.optional().describe("How often a site is backed up, e.g. 6h, or never. Default: 1d."),
  at: time.describe('From when on, in the host\'s own time, e.g. "03:00". Default: "03:00".'),
  drill: interval
    .optional()
    .describe(
      "How often the newest snapshot is restored into scratch containers and asked for a page, or never. Default: 7d.",
    ),
};

const beforeReplace = z
  .boolean()
  .optional()
  .describe(
    "Whether `up` takes a snapshot before it replaces a site's containers by ones of another image. Default: false.",
  );

const siteBackup = z
  .strictObject({
    ...schedule,
    beforeReplace,
    keep: keep.optional(),
    mode: z
      .enum(["hot", "stop"])
      .optional()
      .describe("hot: nothing is stopped. stop: what writes is stopped while the last changes are copied."),
  })
  .optional()
  .describe("How the site is backed up, where that differs from varvol:backup.");

const common = {
  name: resourceName.describe(
    "Name of the site: its containers, its volume under /var/vol and its database carry it.",
  ),
  domains: z
    .array(domain)
    .min(1)
    .describe(
      "Domains that the gateway serves the site under. The first is canonical; the others redirect to it.",
    ),
  image: z
    .string()
    .regex(/^[a-z0-9][\w./:-]*@sha256:[0-9a-f]{64}$/, "must be pinned by digest, as name@sha256:…")
    .optional()
    .describe("An image of your own instead of Varvol's, pinned by digest."),
  memory: z
    .number()
    .int()
    .min(16)
    .optional()
    .describe(
      "Memory limit of the site's web (or, for wordpress, php) container in MiB. Default: the host kind's.",
    ),
  backup: siteBackup,
  restore: z
    .strictObject({
      snapshot: z
        .string()
        .regex(/^\d{8}t\d{6}-[0-9a-f]{4}$/, "must be a snapshot's whole name, as `varvol snapshots` lists it")
        .describe("The snapshot, as `varvol snapshots` lists it."),
      confirm: z.string().describe("replace-<site>-by-<snapshot>: what the site has by then is lost."),
    })
    .optional()
    .describe("A snapshot that the next `up` puts the site back to, once. Default: none."),
};

const staticSite = z
  .strictObject({
    ...common,
    kind: z.literal("static"),
    import: path.optional().describe("Folder or .tar(.gz) that fills the site's volume while that is empty."),
  })
  .describe("A folder of files.");

const staticGitSite = z
  .strictObject({
    ...common,
    kind: z.literal("static-git"),
    git: z.strictObject({
      url: z
        .string()
        .min(1)
        .describe(
          "https://, http://, ssh:// or git:// address, or the path of a repository on this machine.",
        ),
      branch: z.string().min(1).optional().describe("Branch to serve. Default: the repository's HEAD."),
      folder: z
        .string()
        .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$)).*$/, "must be a folder inside the repository")
        .default("")
        .describe("Folder inside the repository to serve. Default: all of it."),
      every: duration.default(600).describe("How often to pull, e.g. 10m. Default: 10m."),
    }),
  })
  .describe("A folder of a git repository, pulled on a timer.");

const wordpressSite = z
  .strictObject({
    ...common,
    kind: z.literal("wordpress"),
    title: z.string().min(1).optional().describe("Title at installation. Default: the name."),
    admin: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,60}$/, "must be 1 to 60 letters, digits, dots, dashes or underscores")
      .default("admin")
      .describe("Administrator's login at installation. Default: admin."),
    email: z.email().optional().describe("Administrator's e-mail address. Default: admin@ the first domain."),
    import: z
      .strictObject({
        content: path
          .optional()
          .describe("Tar archive (or folder) of wp-content that fills an empty volume."),
        database: path.optional().describe("SQL dump (.sql or .sql.gz) that fills an empty database."),
      })
      .optional()
      .describe("Another host's WordPress to start from."),
  })
  .describe("A WordPress with a database of its own.");

export const siteSchema = z.discriminatedUnion("kind", [staticSite, staticGitSite, wordpressSite]);

const policies = z
  .strictObject(
    Object.fromEntries(
      POLICY_NAMES.map((name) => [name, z.literal("off").optional().describe(POLICIES[name])]),
    ) as Record<(typeof POLICY_NAMES)[number], z.ZodOptional<z.ZodLiteral<"off">>>,
  )
  .default({})
  .describe("Policies of `varvol plan` to turn off, each as NAME: off; see docs/pull-requests.md.");

const port = z.number().int().min(1).max(65535);

/** Every key that a stack file may have under `varvol:`. Unknown ones are refused. */
export const stackSchema = z.strictObject({
  kind: z
    .enum(["local", "prod", "rpi"])
    .describe("What the host is: it decides limits, ports and redirects."),
  sites: z.array(siteSchema).default([]).describe("The sites of the host."),
  namespace: z
    .string()
    .regex(
      /^([a-z0-9][a-z0-9-]{0,18}-)?$/,
      "must be lower-case letters and digits that end with a dash, e.g. staging-",
    )
    .default("")
    .describe(
      "Prefix of every container and network, for a second stack on one docker daemon. Default: none.",
    ),
  volumeRoot: z
    .string()
    .regex(/^\/[\w./-]+[\w-]$/, "must be an absolute path without a trailing slash")
    .default("/var/vol")
    .describe("Folder on the host that holds all state. Default: /var/vol."),
  gateway: z
    .strictObject({
      http: port.optional().describe("Port for HTTP. Default: 80, local: 8080."),
      https: port.optional().describe("Port for HTTPS. Default: 443, local: 8443."),
      accessLog: z
        .enum(["all", "errors", "none"])
        .optional()
        .describe("Which requests are logged. Default: errors (status 400 and above); rpi: none."),
      addresses: z
        .array(z.union([z.ipv4(), z.ipv6()]))
        .min(1)
        .max(MOST_ADDRESSES, `must be at most ${MOST_ADDRESSES} addresses`)
        .optional()
        .describe("Addresses to listen on. Default: all, IPv4 and IPv6; local: 127.0.0.1."),
    })
    .default({})
    .describe("Where the gateway listens."),
  healthTimeout: duration
    .optional()
    .describe("How long a new generation may take to become healthy, e.g. 10m. Default: 2m; rpi: 5m."),
  policies,
  backup: z
    .strictObject({
      repository: z
        .string()
        .regex(
          /^(?:(?:rest|s3|b2|azure|gs|sftp|swift):\S+|(?![a-z0-9]+:)[\w./~@%+-]+)$/,
          "must be a folder of this machine (without spaces), or an address as restic writes it: rest:https://…, sftp:user@host:/…, s3:…",
        )
        .describe(
          "Where the encrypted snapshots go: a folder of this machine, or a server as restic names it.",
        ),
      credentials: path
        .optional()
        .describe(
          "File with what the server asks for, a line NAME=VALUE each, e.g. AWS_ACCESS_KEY_ID=…; for sftp: SFTP_PRIVATE_KEY_FILE and SFTP_HOST_KEY.",
        ),
      ...schedule,
      beforeReplace,
      keep: keep.optional(),
      mode: z.enum(["hot", "stop"]).optional().describe("How sites are backed up. Default: hot."),
      hook: z
        .union([
          z.strictObject({
            command: z
              .string()
              .min(1)
              .describe("A shell command; it reads what failed as JSON on its input."),
          }),
          z.strictObject({
            webhook: z.url({ protocol: /^https?$/ }).describe("An address that gets the same by POST."),
          }),
        ])
        .optional()
        .describe("Who is told when a scheduled backup or drill fails. Default: nobody."),
    })
    .optional()
    .describe("Backups of the host's sites. Default: none; see docs/backups.md."),
  host: z
    .strictObject({
      address: z.string().min(1).describe("Name or address of the machine."),
      user: z
        .string()
        .min(1)
        .default("root")
        .describe("Who logs in; needs docker and, unless root, sudo without a password."),
      port: port.default(22).describe("Port of its ssh server. Default: 22."),
      hostKey: z
        .string()
        .regex(
          /^(ssh-ed25519|ecdsa-sha2-\S+|ssh-rsa) [A-Za-z0-9+/=]+$/,
          "must be a public key as ssh-keyscan prints it, without the address",
        )
        .describe("The machine's public ssh key: what answers with another one is refused."),
      privateKeyFile: path.describe(
        "File with the private key that logs in. Its content never enters the stack's state.",
      ),
    })
    .optional()
    .describe("A machine to reach over ssh. Default: this machine."),
});

/** Who is told when a backup or drill fails. */
export type Hook = NonNullable<NonNullable<StackConfig["backup"]>["hook"]>;
/** How many snapshots are kept, as restic counts them. */
export type Keep = z.infer<typeof keep>;
export type SiteConfig = z.infer<typeof siteSchema>;
export type StaticSiteConfig = z.infer<typeof staticSite>;
export type StaticGitSiteConfig = z.infer<typeof staticGitSite>;
export type WordPressSiteConfig = z.infer<typeof wordpressSite>;
export type StackConfig = z.infer<typeof stackSchema>;
