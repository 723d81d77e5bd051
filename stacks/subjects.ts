import type { SiteSubject, Subject } from "../agent/protocol";
import type { SiteConfig } from "./schema";

/** What the agent needs to know of each kind of site. */
const FACTS: Readonly<Record<SiteConfig["kind"], Omit<Subject, "name" | "kind">>> = {
  static: { folders: ["site"], database: false },
  "static-git": { folders: ["site", "repo"], database: false },
  wordpress: { folders: ["content"], database: true, application: "wordpress" },
};

/** A site as the agent knows it. */
export function subjectOf({ name, kind }: Pick<SiteConfig, "name" | "kind">): Subject {
  return { name, kind, ...FACTS[kind] };
}

/** The same with the domain that it is asked by. */
export function siteSubjectOf(site: Pick<SiteConfig, "name" | "kind" | "domains">): SiteSubject {
  return { ...subjectOf(site), domain: site.domains[0] ?? site.name };
}

/** The databases that no site owns. */
export const DATABASES: Subject = { name: "mysql", kind: "module", folders: [], database: true };

/** The copies of the host itself. */
export const HOST_ITSELF: Subject = { name: "host", kind: "module", folders: [], database: false };
