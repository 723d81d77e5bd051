import { moment } from "../../agent/moments";
import type { Journal, Message } from "../../agent/protocol";
import { imageTag } from "../../components/imageSource";
import { askAgent } from "../backup/repository";
import { Answers } from "../status/answers";
import { askHost } from "../../machine/scripts";
import type { HostConfig } from "../../stacks/config";

/** What came of asking a public authority for a certificate; what is not there yet is undefined. Times are ISO 8601, in UTC. */
export interface Renewal {
  readonly issuer?: string;
  readonly since?: string;
  readonly until?: string;
  /** When the authority wants it renewed. */
  readonly window?: { readonly from: string; readonly until: string };
  readonly lastTry?: string;
  readonly nextTry?: string;
  readonly error?: string;
}

/** A site's certificate. */
export interface Certificate extends Renewal {
  readonly site: string;
  readonly names: readonly string[];
  /** A public authority, the host's own, or files of the stack file's. */
  readonly from: "acme" | "own" | "given";
}

/** Lists the certificates of a host's sites. */
export async function certificatesOf(config: HostConfig): Promise<Certificate[]> {
  const answers = new Answers(await askHost(config, "certificates", [config.volumeRoot]));
  return config.sites.map(({ name, domains }) => {
    const tls = config.tls[name] ?? "own";
    const from = typeof tls === "object" ? "given" : tls;
    const journal = from === "acme" ? answers.certificate(name) : undefined;
    return { site: name, names: domains, from, ...(journal && renewalOf(journal)) };
  });
}

/** Has the host ask the authorities now: for the sites named, or for those that are due. */
export async function renewNow(config: HostConfig, sites: readonly string[]): Promise<readonly Message[]> {
  const image = imageTag("agent", config.lock, "agent");
  return askAgent(config, { job: "renew", sites: [...sites] }, { image });
}

/** A host's own words of it, as they are shown. */
export function renewalOf({ held, tried, next, error }: Journal): Renewal {
  const window = held?.window;
  const at = (seconds: number) => moment(seconds * 1000);
  return {
    ...(held && { issuer: held.issuer, since: at(held.from), until: at(held.until) }),
    ...(window && { window: { from: at(window.from), until: at(window.until) } }),
    ...{ lastTry: at(tried), nextTry: at(next) },
    ...(error !== undefined && { error }),
  };
}
