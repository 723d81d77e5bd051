import type { PublicCertificatesArgs } from "../components/gateway/publicCertificates";
import type { HostConfig } from "./config";

/** What the agent is told of certificates of public authorities: also where no site has one any more. */
export function publicCertificates(
  config: Pick<HostConfig, "acme" | "http" | "sites" | "tls">,
): Omit<PublicCertificatesArgs, "host"> {
  const sites = config.sites
    .filter(({ name }) => config.tls[name] === "acme")
    .map(({ name, domains }) => ({ name, domains }));
  return { ...config.acme, port: config.http, sites };
}
