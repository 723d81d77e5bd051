import { z } from "zod";
import type { SiteSubject, Subject } from "../../agent/protocol";
import type { ImageName } from "../../components/imageSource";
import type { BuildArgs } from "../../components/sites/builder";
import type { GitArgs } from "../../components/sites/puller";
import type { Accepts, Shape, SiteKind } from "./kind";
import { PULLED } from "./git";
import { phpKind } from "./php";
import { staticKind } from "./static";
import { staticGitKind } from "./staticGit";
import { wordpressKind } from "./wordpress";

export type { Accepts, Fetched, Filling, Role, Shape, Surroundings } from "./kind";

/** The kinds of sites that there are. */
export const KINDS = [staticKind, staticGitKind, wordpressKind, phpKind] as const;

type SchemasOf<Kinds extends readonly { schema: unknown }[]> = { [At in keyof Kinds]: Kinds[At]["schema"] };

export const siteSchema = z.discriminatedUnion(
  "kind",
  KINDS.map(({ schema }) => schema) as unknown as SchemasOf<typeof KINDS>,
);

export type SiteConfig = z.infer<typeof siteSchema>;
export type KindName = SiteConfig["kind"];

/** What is known of a kind. Throws where there is none of the name. */
export function kindOf(name: string): SiteKind<z.ZodObject, SiteConfig> {
  const kind = KINDS.find((one) => one.name === name);
  if (!kind) throw new Error(`there is no kind of site ${name}`);
  // Whoever has a site of the kind has the keys that it takes.
  return kind as unknown as SiteKind<z.ZodObject, SiteConfig>;
}

/** What a site is on its host. */
export function shapeOf(site: SiteConfig): Shape {
  return kindOf(site.kind).shape(site);
}

/** The images that a site runs, but for one of the user's own. */
export function imagesOf(site: SiteConfig): ImageName[] {
  return shapeOf(site).containers.flatMap(({ image }) => image ?? []);
}

/** Whether a database of its name is a part of a site. */
export function hasDatabase(site: SiteConfig): boolean {
  return shapeOf(site).database;
}

/** The kinds that an import accepts anything for. */
export function importable(): { readonly name: KindName; readonly accepts: Accepts }[] {
  return KINDS.flatMap(({ name, accepts }) => (accepts ? [{ name: name as KindName, accepts }] : []));
}

/** The repository that a site is pulled from, and the image that does. */
export function pulledFrom(
  site: SiteConfig,
): { git: GitArgs; build?: BuildArgs; image: ImageName } | undefined {
  const git = kindOf(site.kind).repository?.(site);
  const image = shapeOf(site).containers.find(({ role }) => role === PULLED.role)?.image;
  return git && image && { git, image, ...("build" in site && site.build && { build: site.build }) };
}

/** Folders that volumes of any kind are filled in. */
export function filledFolders(): string[] {
  return [...new Set(KINDS.map(({ folder }) => folder))];
}

/** A site as the agent knows it. */
export function subjectOf(site: SiteConfig): Subject {
  const { name, kind } = site;
  const { folders, database } = shapeOf(site);
  const { application } = kindOf(kind);
  return { name, kind, folders, database, ...(application && { application }) };
}

/** The same with the domain that it is asked by. */
export function siteSubjectOf(site: SiteConfig): SiteSubject {
  return { ...subjectOf(site), domain: site.domains[0] ?? site.name };
}
