import type { Endpoint } from "../firewall";
import { hostOf, wayOf } from "./repositoryAddress";

const PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443, "ssh:": 22, "git:": 9418 };

/** The server that a repository comes from; undefined where it is a path, or has no name that could be resolved. */
export function forgeOf(url: string): Endpoint | undefined {
  if (wayOf(url) === "path") return undefined;
  if (!url.includes("://")) return endpoint(hostOf(url), 22);
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, port } = new URL(url);
  const usual = PORTS[protocol];
  return usual === undefined ? undefined : endpoint(hostname, Number(port) || usual);
}

function endpoint(host: string, port: number): Endpoint | undefined {
  const address = host.replace(/^\[(.*)\]$/, "$1");
  // It becomes a word of a rule.
  return /^[\w.:-]+$/.test(address) && !address.startsWith("-") ? { address, port } : undefined;
}
