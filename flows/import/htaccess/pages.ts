import { existsSync } from "node:fs";
import { posix, relative } from "node:path";
import { Failure } from "../../../agent/failure";
import { isFolder } from "../../../agent/layout";
import type { UnpackedAs } from "../../../agent/protocol";
import { pagesIn } from "../layout";
import { type Listing, listingOf } from "../listed";
import { withOutline } from "../outline";
import type { Found } from "./denied";
import { htaccessBelow } from "./files";

/** The .htaccess files of pages, or of an application's code, by where they lie below its document root. */
export async function servedHtaccess(source: string, as: UnpackedAs, root = ""): Promise<Found[]> {
  if (!existsSync(source)) return [];
  const [top, found] = isFolder(source)
    ? [relative(source, pagesIn(source).content), htaccessBelow(source)]
    : await inArchive(source);
  // Of pages the folder around all of them is left off; code stays as it is.
  const served = posix.join(as === "pages" ? top : "", root);
  return found.flatMap(({ file, text }) => {
    const at = posix.relative(served, file);
    return at.startsWith("../") ? [] : [{ file: at, text }];
  });
}

async function inArchive(archive: string): Promise<readonly [top: string, found: Found[]]> {
  const listing = await listingOf(archive);
  if (typeof listing === "string" || listing.form === "wpress") return ["", []];
  try {
    return [topOf(listing), await withOutline(archive, listing, htaccessBelow)];
  } catch (error) {
    if (error instanceof Failure) return ["", []];
    throw error;
  }
}

/** The folder that everything in an archive lies in, but for a Mac's own. */
function topOf({ entries }: Listing): string {
  const files = entries
    .filter(({ way, type }) => type !== "folder" && !/(?:^|\/)(?:__MACOSX\/|\._|\.DS_Store$)/.test(way))
    .map(({ way }) => posix.dirname(way).split("/"));
  const [first = []] = files;
  const shared = first.findIndex((name, i) => name === "." || files.some((one) => one[i] !== name));
  return first.slice(0, shared < 0 ? first.length : shared).join("/");
}
