import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { Moved } from "../../agent/places";
import type { UnpackedAs } from "../../agent/protocol";
import type { Mysql, Site } from "../../components";
import type { ImageName } from "../../components/imageSource";
import type { GitArgs } from "../../components/sites/puller";
import type { SiteArgs } from "../../components/sites/site";
import type { HostProfile } from "../hostProfile";

/** A container of a site or module, by what it is for. */
export interface Role {
  readonly role: string;
  /** The image of Varvol's that it runs; undefined where it is the user's own. */
  readonly image?: ImageName;
}

/** A file in one of a site's containers that tells more of its state. */
export interface StatusFile {
  readonly role: string;
  readonly file: string;
}

/** How a front page answers that is well: with itself, with another place, or by asking who comes. */
export const FRONT_PAGE = /^(?:[23]|401)/;

/** What a site is on its host. */
export interface Shape {
  readonly containers: readonly Role[];
  /** Folders of its volume that hold data: a snapshot has them, a restore switches them. */
  readonly folders: readonly string[];
  /** Whether a database of the site's name is a part of it. */
  readonly database: boolean;
  /**
   * The page that tells whether it is well, and the answers that say so; `further` is one that no cache of the site's own
   * keeps, which any answer but an error will do of.
   */
  readonly health: { readonly path: string; readonly answers: RegExp; readonly further?: string };
  readonly status?: StatusFile;
}

/** A mistake in a site's keys that only the whole stack file shows. */
export interface Problem {
  /** Below the site. */
  readonly path: readonly string[];
  readonly value: unknown;
  readonly text: string;
}

/** What a dump must hold that a WordPress is made of. */
export interface DumpOfWordPress {
  readonly prefix?: string;
  /** Whether the image is the user's own, whose version nobody knows here. */
  readonly ownImage: boolean;
}

/** What is to become of a WordPress's content. */
export interface ContentOfWordPress {
  /** Whether what can't run here is set aside. */
  readonly setAside: boolean;
  /** Paths that are for no visitor. */
  readonly denied: readonly string[];
  /** Where folders of it lay at its former host. */
  readonly moved: Moved;
  /** Whether it has an object cache of the host's, and so loads none of its own. */
  readonly objects: boolean;
}

/** Which of its files are for visitors. */
export interface Served {
  /** Document root below the files. Default: all of them. */
  readonly root?: string;
  /** Paths that are for no visitor. */
  readonly denied: readonly string[];
}

/** What a site would be filled from, by its key: an archive or folder, or a dump. */
export type Filling = { readonly key: string } & (
  | {
      readonly archive: string;
      readonly as: UnpackedAs;
      readonly wordpress?: ContentOfWordPress;
      /** What is served of it where that is no WordPress. */
      readonly served?: Served;
    }
  | { readonly dump: string; readonly wordpress?: DumpOfWordPress }
);

/** What an import fetched. */
export interface Fetched {
  /** A folder or an archive. */
  readonly content: string;
  /** An SQL dump. */
  readonly database?: string;
  /** Table prefix of the WordPress in the dump, where there are others beside it. */
  readonly prefix?: string;
  /** Whether what can't run here is set aside. */
  readonly setAside?: boolean;
  /** Paths that are for no visitor. */
  readonly denied?: readonly string[];
  /** Folders of the WordPress that lay elsewhere than here. */
  readonly moved?: Moved;
}

/** What an import of another host's site accepts. */
export interface Accepts {
  /** A WordPress, of which wp-content is taken; or any files but a WordPress's. */
  readonly content: "wordpress" | "files";
  /** How these are unpacked. */
  readonly as: UnpackedAs;
  /** Whether a dump of its database comes along. */
  readonly database: "always" | "where named" | "never";
  /** The value of the key `import`. */
  readonly value: (fetched: Fetched) => unknown;
  /** Further keys of a site that an import adds. */
  readonly keys?: (fetched: Fetched) => Readonly<Record<string, unknown>>;
}

/** What a site is created with beside its own keys. */
export interface Surroundings extends Pick<HostProfile, "limits" | "phpWorkers" | "phpIdle"> {
  readonly args: Omit<SiteArgs, "memory">;
  /** There when a site of the host has a database. */
  readonly mysql?: Mysql;
}

/** Everything that the rest asks of a kind of site. */
export interface SiteKind<Schema extends z.ZodObject, Config = z.infer<Schema>> {
  readonly name: string;
  /** What it is, in a line. */
  readonly what: string;
  readonly schema: Schema;
  /** Folder of its volume that an import or a pull fills: one with anything in it is not filled again. */
  readonly folder: string;
  /** What its people call that folder, where it is another name. */
  readonly called?: string;
  /** Whether it has a generated login that `varvol secret` prints. */
  readonly login?: boolean;
  /** What a drill knows to ask beyond files and tables. */
  readonly application?: "wordpress";
  /** What its mail is from at its first domain; undefined where it sends none. */
  readonly sender?: string;
  /** What an import accepts; undefined where there is none. */
  readonly accepts?: Accepts;
  readonly shape: (site: Config) => Shape;
  /** Whether its nginx keeps pages, and forgets them when it is told to. Undefined where none does. */
  readonly keepsPages?: (site: Config) => boolean;
  /** With paths of this machine made absolute. */
  readonly located: (site: Config) => Config;
  readonly fillings: (site: Config) => Filling[];
  /** The repository that it is pulled from, under its key `git`; undefined where there is none. */
  readonly repository?: (site: Config) => GitArgs | undefined;
  /** What is wrong in the whole of a stack file; `away` where the host is another machine. */
  readonly problems?: (site: Config, away: boolean) => Problem[];
  readonly create: (site: Config, surroundings: Surroundings) => Site & pulumi.Resource;
}

/** MySQL, for a site that can't be without. */
export function needed(mysql: Mysql | undefined, site: string): Mysql {
  if (!mysql) throw new Error(`${site}: it has a database, and the host no MySQL`);
  return mysql;
}
