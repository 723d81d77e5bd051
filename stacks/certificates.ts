import type { PublicCertificatesArgs } from "../components/gateway/publicCertificates";
import type { HostConfig } from "./config";
import { STATUS_PAGE } from "./statusPage";

/** What the agent is told of certificates of public authorities: also where no site has one any more. */
export function publicCertificates(
  config: Pick<HostConfig, "acme" | "http" | "sites" | "statusPage" | "tls">,
): Omit<PublicCertificatesArgs, "host"> {
  const page = config.statusPage ? [{ name: STATUS_PAGE, domains: [config.statusPage.domain] }] : [];
  const sites = [...config.sites, ...page]
    .filter(({ name }) => config.tls[name] === "acme")
    .map(({ name, domains }) => ({ name, domains }));
  return { ...config.acme, port: config.http, sites };
}
