import { chmodSync, mkdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../base/errors";
import { paths } from "../../base/paths";
import { bytes } from "../../base/words";

/** An empty folder for what is fetched, which nobody else reads and no version control takes. */
export function newFolder(stack: string, site: string): string {
  const folder = folderOf(stack, site);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  return folder;
}

export function folderOf(stack: string, site: string): string {
  return join(paths().folder, "import", `${stack}-${site}`);
}

/** Refuses what the disk has no room for. */
export function checkRoom(folder: string, needed: number, what: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (needed * 1.05 > free)
    throw new UserError(
      `${what} is ${bytes(needed)}, and ${bytes(free)} are free in ${folder}.`,
      "Make room, then run the same command again.",
    );
}
