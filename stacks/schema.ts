import { z } from "zod";
import { MOST_ADDRESSES } from "../components/gateway/nginx";
import { beforeReplace, keep, schedule } from "./backupSchema";
import { siteSchema } from "./kinds";
import { path } from "./kinds/common";
import { mail } from "./mailSchema";
import { wireguard } from "./wireguard";
import { notified, notify } from "./notifySchema";
import { POLICIES, POLICY_NAMES } from "./policies";
import { status } from "./statusPage";
import { acme, tls } from "./tls";
import { duration } from "./values";

const policies = z
  .strictObject(
    Object.fromEntries(
      POLICY_NAMES.map((name) => [name, z.literal("off").optional().describe(POLICIES[name])]),
    ) as Record<(typeof POLICY_NAMES)[number], z.ZodOptional<z.ZodLiteral<"off">>>,
  )
  .default({})
  .describe("Policies of `varvol plan` to turn off, each as NAME: off; see docs/pull-requests.md.");

const proxy = z
  .string()
  .refine(
    (text) => z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]).safeParse(text).success,
    "must be an address, or a range such as 10.0.0.0/8",
  )
  .refine((range) => !range.endsWith("/0"), {
    error: "is everybody, who could then say to be anybody; name the proxies' own ranges",
  });
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
      trustedProxies: z
        .array(proxy)
        .max(64, "must be at most 64 addresses and ranges")
        .optional()
        .describe(
          "Addresses and ranges (10.0.0.0/8) of proxies before the gateway, whose X-Forwarded-For says who a visitor is. Default: none.",
        ),
    })
    .default({})
    .describe("Where the gateway listens."),
  tls: tls.describe(
    "Where certificates come from: acme (a public authority), own (the host's own), or files that you have. Default: acme for prod and rpi where a site's domains are public names; local: own.",
  ),
  acme: acme.prefault({}),
  mail,
  wireguard,
  healthTimeout: duration
    .optional()
    .describe("How long a new generation may take to become healthy, e.g. 10m. Default: 2m; rpi: 5m."),
  notify,
  status,
  policies,
  objectCache: z
    .strictObject({
      memory: z
        .number()
        .int()
        .min(8)
        .max(65536)
        .describe("MiB that the objects of all sites may take together. Default: 64; prod: 128; rpi: 32."),
    })
    .optional()
    .describe("The valkey that is there where a site has objectCache. Default: the host kind's size."),
  wpCli: path
    .optional()
    .describe(
      "File with the phar of WP-CLI that `varvol wp` runs. Default: a release that is fetched once and proven by its hash.",
    ),
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
        .union([z.strictObject({ command: notified.command }), z.strictObject({ webhook: notified.webhook })])
        .optional()
        .describe("As varvol:notify, whose older form it is: sites are not watched for it. Default: nobody."),
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

export type StackConfig = z.infer<typeof stackSchema>;
