import { existsSync } from "node:fs";
import { Failure } from "../../agent/failure";
import { innerArchives, isPart } from "../../agent/inner";
import { findWordPress, holdsWordPress, isFolder } from "../../agent/layout";
import type { Moved } from "../../agent/places";
import type { UnpackedAs } from "../../agent/protocol";
import { UserError } from "../../base/errors";
import { attempt } from "../../base/exec";
import { bytes } from "../../base/words";
import { insidesOf } from "./insides";
import { networkProblem } from "./layout";
import { listingOf } from "./listed";

/** What a folder or an archive holds. */
interface Contents {
  readonly bytes: number;
  /** Whether it is the source of a WordPress. */
  readonly wordpress: boolean;
  /** Whether anything in it may be a wp-content's. */
  readonly content: boolean;
  /** Whether that lies in it so that it can be looked at as it lies there: at drop-ins, .htaccess files and names. */
  readonly open: boolean;
}

/** What a site is filled from. */
interface Filled {
  readonly archive: string;
  readonly as: UnpackedAs;
  /** Where folders of a WordPress lay, as the stack file says. */
  readonly moved?: Moved;
}

const CONTENT = /(?:^|\/)(?:plugins|themes|uploads|mu-plugins|wp-content)\//;
const SOURCE = /(?:^|\/)(?:wp-config\.php|wp-includes\/version\.php)$/;

/** Why a site can't be filled from a folder or an archive; `free` are the bytes that the host has room for. */
export async function checkArchive(key: string, filled: Filled, free: number): Promise<string[]> {
  const { archive, as } = filled;
  if (!existsSync(archive)) return [`${key}: ${archive} does not exist; correct the path`];
  const found = isFolder(archive) ? await inFolder(archive, as) : await inArchive(filled);
  if (typeof found === "string") return [`${key}: ${archive} ${found}`];
  const problems: string[] = [];
  if (as === "wordpress" && !found.content)
    problems.push("holds no WordPress (no wp-content with plugins or themes in it); name another");
  else if (as === "wordpress" && !found.open)
    problems.push(
      "has to be unpacked to be looked into; bring it in with: npx varvol import NAME --from FILE, or name the folder that it becomes",
    );
  if (as === "pages" && found.wordpress)
    problems.push(
      "is a WordPress, whose source is not for everyone to read; make it a site of the kind wordpress",
    );
  if (found.bytes > free)
    problems.push(`holds ${bytes(found.bytes)}, and ${bytes(free)} are free where it is to lie; make room`);
  return problems.map((problem) => `${key}: ${archive} ${problem}`);
}

async function inFolder(folder: string, as: UnpackedAs): Promise<Contents | string> {
  const { stdout } = await attempt(["du", "-sk", "--apparent-size", "-D", folder]);
  const size = Number(stdout.split("\t")[0] ?? 0) * 1024;
  try {
    const tree = as === "wordpress" ? findWordPress(folder) : undefined;
    const network = tree && networkProblem(tree.config);
    if (network !== undefined) return network;
    const open = as !== "wordpress" || tree !== undefined;
    const content = open || innerArchives(folder).length > 0;
    return { bytes: size, wordpress: holdsWordPress(folder), content, open };
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

/** What an archive holds; or why it can't be read, or taken. */
async function inArchive({ archive, as, moved }: Filled): Promise<Contents | string> {
  const listing = await listingOf(archive);
  if (typeof listing === "string") return listing;
  const isExport = listing.form === "wpress";
  const has = (isIt: (way: string) => boolean): boolean =>
    isExport || listing.entries.some(({ way, type }) => isIt(type === "folder" ? `${way}/` : way));
  const insides = as === "wordpress" ? await insidesOf(archive, moved) : undefined;
  if (insides?.problem !== undefined) return insides.problem;
  return {
    bytes: listing.bytes,
    wordpress: has((way) => SOURCE.test(way)),
    content: has((way) => CONTENT.test(way) || isPart(way)),
    open: insides?.found ?? !isExport,
  };
}

/** Bytes of what an archive holds. Throws a UserError where it can't be read to its end. */
export async function sizeOf(archive: string): Promise<number> {
  const listing = await listingOf(archive);
  if (typeof listing === "string") throw new UserError(`${archive}: ${listing}`);
  return listing.bytes;
}
