import * as path from "node:path";
import { list, read, remove, root, state, write } from "../place";
import { type Certificates, certificatesSchema, type Journal, journalSchema } from "../protocol";

const settings = path.join(state, "certificates");
const planFile = path.join(settings, "plan.json");

/** lego's own folder: accounts, and every certificate it was given. */
export const acme = path.join(root, "gateway", "acme");
/** What the gateway serves at /.well-known/acme-challenge/, whichever generation of it runs. */
export const challenges = path.join(root, "gateway", "conf", "challenges");
/** Where in it lego and the look before an order leave what is asked for. */
export const tokens = path.join(challenges, ".well-known", "acme-challenge");
/** A folder a site: what the gateway serves in place of the own authority's certificate. */
export const published = path.join(root, "gateway", "certificates");

/** What `up` has written down of whose certificates are asked for, and where; undefined where none are. */
export function readPlan(): Certificates | undefined {
  const text = read(planFile);
  return text === undefined ? undefined : certificatesSchema.parse(JSON.parse(text));
}

/** Writes it down. A site that has its certificate from elsewhere now loses the one that stood in. */
export function writePlan(plan: Certificates): void {
  write(planFile, JSON.stringify(plan));
  // For whoever removes images that nothing runs.
  write(path.join(settings, "images"), `${plan.image}\n${plan.agent}\n`);
  const names = new Set(plan.sites.map(({ name }) => name));
  for (const name of list(published).filter((one) => !names.has(one))) remove(path.join(published, name));
}

/** What came of the tries for a site's. */
export function journalFile(site: string): string {
  return path.join(settings, `${site}.json`);
}

export function readJournal(site: string): Journal | undefined {
  const text = read(journalFile(site));
  return text === undefined ? undefined : journalSchema.parse(JSON.parse(text));
}

export function writeJournal(site: string, journal: Journal): void {
  write(journalFile(site), JSON.stringify(journal));
}

/** The files of a site's certificate that the gateway is to serve. */
export function filesOf(site: string): { readonly chain: string; readonly key: string } {
  return { chain: path.join(published, site, "chain.pem"), key: path.join(published, site, "key.pem") };
}
