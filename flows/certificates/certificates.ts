import type { Message } from "../../agent/protocol";
import { imageTag } from "../../components/imageSource";
import { askAgent } from "../backup/repository";
import { Answers } from "../status/answers";
import type { Journal } from "../../agent/protocol";
import { askHost } from "../../machine/scripts";
import type { HostConfig } from "../../stacks/config";

/** A site's certificate, and what came of asking a public authority for it. Times are ISO 8601, in UTC. */
export interface Certificate {
  readonly site: string;
  readonly names: readonly string[];
  /** A public authority, the host's own, or files of the stack file's. */
  readonly from: "acme" | "own" | "given";
  /** The rest is undefined where no public authority is asked, or nothing has come of it yet. */
  readonly issuer?: string;
  readonly since?: string;
  readonly until?: string;
  readonly lastTry?: string;
  readonly nextTry?: string;
  readonly error?: string;
}

/** Lists the certificates of a host's sites. */
export async function certificatesOf(config: HostConfig): Promise<Certificate[]> {
  const answers = new Answers(await askHost(config, "certificates", [config.volumeRoot]));
  return config.sites.map(({ name, domains }) => {
    const tls = config.tls[name] ?? "own";
    const from = typeof tls === "object" ? "given" : tls;
    return { site: name, names: domains, from, ...(from === "acme" && shown(answers.certificate(name))) };
  });
}

/** Has the host ask the authorities now: for the sites named, or for those that are due. */
export async function renewNow(config: HostConfig, sites: readonly string[]): Promise<readonly Message[]> {
  const image = imageTag("agent", config.lock, "agent");
  return askAgent(config, { job: "renew", sites: [...sites] }, { image });
}

function shown(journal: Journal | undefined): Omit<Certificate, "site" | "names" | "from"> {
  if (!journal) return {};
  const { held, tried, next, error } = journal;
  return {
    ...(held && { issuer: held.issuer, since: moment(held.from), until: moment(held.until) }),
    ...{ lastTry: moment(tried), nextTry: moment(next) },
    ...(error !== undefined && { error }),
  };
}

function moment(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}
