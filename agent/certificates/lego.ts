import type { Certificates } from "../protocol";
import type { Step } from "./steps";

/** Where lego's container has lego's folder and the folder of challenges. */
export const IN_CONTAINER = { acme: "/acme", challenges: "/challenges", authority: "/acme/authority.pem" };

/** lego's arguments for a site's names. An ARI window or a third of the lifetime decides in a look whether it orders. */
export function legoArguments(
  plan: Certificates,
  domains: readonly string[],
  step: Exclude<Step, "wait">,
): string[] {
  const { directory, email, profile, eab, dns, resolvers } = plan;
  return [
    ...["--server", directory, "--accept-tos", "--path", IN_CONTAINER.acme, "--key-type", "ec256"],
    ...(email === undefined ? [] : ["--email", email]),
    ...(eab === undefined ? [] : ["--eab"]),
    ...domains.flatMap((domain) => ["--domains", domain]),
    ...(dns === undefined
      ? ["--http", "--http.webroot", IN_CONTAINER.challenges]
      : [
          ...["--dns", dns.provider, ...resolvers.flatMap((one) => ["--dns.resolvers", one])],
          ...(dns.wait === undefined ? [] : ["--dns.propagation-wait", `${dns.wait}s`]),
        ]),
    ...(step === "order" ? ["run"] : ["renew", "--dynamic", "--no-random-sleep"]),
    ...(profile === undefined ? [] : ["--profile", profile]),
  ];
}

/** The variables that lego reads, NAME=VALUE a line: they go by standard input, as some are secrets. */
export function legoVariables({ eab, dns, authority }: Certificates): string {
  const variables = {
    ...(authority !== undefined && { LEGO_CA_CERTIFICATES: IN_CONTAINER.authority }),
    ...(eab && { LEGO_EAB_KID: eab.kid, LEGO_EAB_HMAC: eab.hmac }),
    ...dns?.credentials,
  };
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}

/** The names of lego's files for a certificate, which it calls by the first domain. */
export function legoFiles(domains: readonly string[]): { readonly chain: string; readonly key: string } {
  const name = (domains[0] ?? "").replaceAll("*", "_");
  return { chain: `certificates/${name}.crt`, key: `certificates/${name}.key` };
}

/** The file of the account that it asks by; the first order makes it. */
export function legoAccount({ directory, email = "noemail@example.com" }: Certificates): string {
  return `accounts/${new URL(directory).host.replaceAll(":", "_")}/${email}/account.json`;
}

/** What lego says that went wrong, on one line. */
export function legoReason(printed: string): string {
  const lines = printed
    .split("\n")
    .map((line) => line.replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /, "").trim())
    .filter((line) => line !== "" && !line.startsWith("[INFO]"));
  return lines.slice(-3).join("; ") || "lego said nothing";
}
