import type { Endpoint } from "../components/firewall";
import { forgeOf } from "../components/sites/forge";
import type { HostConfig } from "./config";

/** Where visitors find the gateway. */
export function publishedAt({
  addresses,
  http,
  https,
}: Pick<HostConfig, "addresses" | "http" | "https">): Endpoint[] {
  return addresses.flatMap((address) => [http, https].map((port) => ({ address, port })));
}

/** The servers that may be asked also where they are the host itself: those that sites are pulled from, and the relay. */
export function serversOf(config: Pick<HostConfig, "sites" | "mail">): Endpoint[] {
  const { relay } = config.mail ?? {};
  return [...forgesOf(config), ...(relay ? [{ address: relay.host, port: relay.port }] : [])];
}

/** The servers that sites are pulled from, each once. */
export function forgesOf({ sites }: Pick<HostConfig, "sites">): Endpoint[] {
  const all = sites.flatMap((site) => {
    const forge = "git" in site && site.git ? forgeOf(site.git.url) : undefined;
    return forge ? [forge] : [];
  });
  return [...new Map(all.map((one) => [`${one.address} ${one.port}`, one])).values()];
}
