import { z } from "zod";
import type { SiteTls } from "../components/gateway/vhost";
import { readText } from "./files";
import { duration } from "./values";

/** Let's Encrypt's, for whoever names no other. */
export const LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory";
/** Of https://letsencrypt.org/docs/profiles/: from 2027 on no profile takes more. */
const MOST_NAMES = 25;
/** Names that no public authority gives certificates for (RFC 2606, 6761, 6762, 8375, 9476). */
const NOT_PUBLIC = /(^|\.)(localhost|local|test|invalid|example|internal|alt|onion|home\.arpa)$/;

const text = z.string().min(1);

/** `tls` of a host and of a site. */
export const tls = z
  .union([
    z.enum(["acme", "own"]),
    z.strictObject({
      certificate: text.describe("File with the certificate and what leads to its authority, as PEM."),
      key: text.describe(
        "File with its private key, as PEM without a passphrase; or the PEM itself, as a secret.",
      ),
    }),
  ])
  .optional();

/** What https://hstspreload.org asks for before browsers have a name built in. */
const PRELOAD_DAYS = 365;

/** `hsts` of a site. */
export const hsts = z
  .strictObject({
    days: z
      .number()
      .int()
      .min(0)
      .max(2 * 365)
      .describe("For how many days a browser that was here comes by HTTPS alone. 0 has it forget that."),
    subdomains: z
      .boolean()
      .default(false)
      .describe("Whether that holds for all names below the site's, too. Default: false."),
    preload: z
      .boolean()
      .default(false)
      .describe("Whether browsers may have it built in (hstspreload.org). Default: false."),
  })
  .refine(({ days, subdomains, preload }) => !preload || (subdomains && days >= PRELOAD_DAYS), {
    error: `has preload, which takes subdomains: true and at least ${PRELOAD_DAYS} days`,
  })
  .optional();

/** `acme` of a host. */
export const acme = z
  .strictObject({
    directory: z
      .url({ protocol: /^https$/ })
      .default(LETS_ENCRYPT)
      .describe(`Address of the authority's ACME directory. Default: ${LETS_ENCRYPT}.`),
    authority: text
      .optional()
      .describe("File with the certificate, as PEM, that proves an authority of your own. Default: none."),
    email: z.email().optional().describe("Address of the account. Default: none."),
    profile: z
      .string()
      .regex(/^[a-z0-9-]+$/)
      .optional()
      .describe("Profile of the certificates, e.g. tlsserver or shortlived. Default: the authority's own."),
    eab: z
      .strictObject({
        kid: text.describe("Id of the key."),
        hmac: text.describe("The key, as base64url. A secret."),
      })
      .optional()
      .describe("External account binding, which some authorities ask for. Default: none."),
    dns: z
      .strictObject({
        provider: z
          .string()
          .regex(/^[a-z0-9-]+$/)
          .describe("Who serves the zone, by lego's name of it: https://go-acme.github.io/lego/dns/."),
        credentials: z
          .record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.string().regex(/^[^\r\n]*$/))
          .describe("Variables that lego reads for this provider, by name. Secrets."),
        wait: duration
          .optional()
          .describe(
            "How long to wait, instead of asking the zone's own servers whether they have a proof, where the host can't reach them. Default: they are asked.",
          ),
      })
      .optional()
      .describe("Proves names by the DNS instead of by HTTP. Default: by HTTP."),
    resolvers: z
      .array(z.string().regex(/^[0-9a-f.:[\]]+$/i))
      .default([])
      .describe("Addresses of the DNS servers that are asked before an order. Default: the machine's."),
  })
  .describe("Where certificates of a public authority come from, for tls: acme.");

export type TlsConfig = NonNullable<z.infer<typeof tls>>;
export type AcmeConfig = z.infer<typeof acme>;

/** Which certificate a site has: what it says itself, or the host says, or the kind of host does. */
export function tlsOf(
  own: TlsConfig | undefined,
  host: TlsConfig | undefined,
  profile: "acme" | "own",
  domains: readonly string[],
): TlsConfig {
  const said = own ?? host;
  if (said !== undefined) return said;
  return domains.every(isPublic) ? profile : "own";
}

/** Whether a public authority may give a certificate for a name. */
export function isPublic(domain: string): boolean {
  return domain.includes(".") && !NOT_PUBLIC.test(domain);
}

/** What is wrong with asking for a certificate for these domains; none where nothing is. */
export function acmeProblems(
  domains: readonly string[],
  { directory, dns }: Pick<AcmeConfig, "directory" | "dns">,
): string[] {
  const unproven = dns ? [] : domains.filter((domain) => domain.startsWith("*."));
  const own = directory === LETS_ENCRYPT ? domains.filter((domain) => !isPublic(domain)) : [];
  return [
    ...(domains.length > MOST_NAMES
      ? [`has ${domains.length} names, and a certificate takes ${MOST_NAMES}; make two sites of it`]
      : []),
    ...unproven.map(
      (domain) =>
        `${domain} is proven to a public authority by the DNS alone; say by varvol:acme.dns how, or write tls: own`,
    ),
    ...own.map(
      (domain) => `${domain} is no public name, so no public authority certifies it; write tls: own`,
    ),
  ];
}

/** The texts of a certificate that the stack file names. */
export function readTls(said: TlsConfig): SiteTls {
  if (typeof said === "string") return said;
  return { certificate: readText(said.certificate), key: readText(said.key) };
}
