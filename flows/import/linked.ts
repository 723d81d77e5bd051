import { copyFileSync, mkdirSync, readdirSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { isFolder, isIn, realPath } from "../../agent/layout";
import { run } from "../../base/exec";

/** Folders of a WordPress whose entries are often links to what several releases share. */
const SKELETON = ["", "plugins", "themes", "mu-plugins", "languages"];

/** A link in a site's folder that leads to what lies beside that folder. */
export interface Linked {
  /** Its path below the site's folder. */
  readonly at: string;
  readonly folder: boolean;
}

/**
 * The links of a WordPress that are followed: those in its root and wp-content that lead out of it, to something beside
 * the folder that was named. In a home folder everything lies beside everything.
 */
export function linksBeside(top: string, content: string, named: string): Linked[] {
  const folder = dirname(resolve(named));
  // Releases share what lies beside all of them.
  const beside = realpathSync(basename(folder) === "releases" ? dirname(folder) : folder);
  if (["/", realpathSync(homedir())].includes(beside)) return [];
  const root = realpathSync(top);
  return [top, ...SKELETON.map((name) => join(content, name))]
    .filter(isFolder)
    .flatMap((folder) =>
      readdirSync(folder, { withFileTypes: true })
        .filter(
          (entry) => entry.isSymbolicLink() && !/^(?:wp-config\.php$|\.(?!well-known$)|-)/.test(entry.name),
        )
        .map(({ name }) => join(folder, name)),
    )
    .filter((link, i, all) => all.indexOf(link) === i)
    .filter((link) => {
      const target = realPath(link);
      if (target === undefined || isIn(root, target) || !isIn(beside, target)) return false;
      return !relative(beside, target)
        .split("/")
        .some((name) => name.startsWith("."));
    })
    .map((link) => ({ at: relative(top, link), folder: isFolder(link) }))
    .sort((a, b) => a.at.localeCompare(b.at));
}

/** Packs a site's folder with what such links lead to in their places. */
export async function packLinked(top: string, links: readonly Linked[], archive: string): Promise<void> {
  const folders = links.filter(({ folder }) => folder).map(({ at }) => at);
  const copies = `${archive}.linked`;
  const files = links.filter(({ folder }) => !folder).map(({ at }) => at);
  for (const file of files) {
    mkdirSync(dirname(join(copies, file)), { recursive: true });
    copyFileSync(join(top, file), join(copies, file));
  }
  const without = links.flatMap(({ at }) => [
    `./${at}`,
    ...folders.filter((one) => at.startsWith(`${one}/`)).map((one) => `${one}/./${at.slice(one.length + 1)}`),
  ]);
  await run([
    ...["tar", "-C", top, "--anchored", "--no-wildcards", ...without.map((one) => `--exclude=${one}`)],
    ...["-cf", archive, ".", ...folders.map((one) => `${one}/.`)],
    ...(files.length > 0 ? ["-C", copies, ...files] : []),
  ]);
}
