import * as fs from "node:fs";
import * as path from "node:path";
import { Failure, plain } from "./failure";
import { read, root } from "./place";

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = fs.constants;

/**
 * Puts single files and folders in the place of a site's own while it serves on, and back. Each is one rename. The site may
 * turn links meanwhile: no folder on the way is found by its path, but opened from the one above it, and no link is followed.
 */
export class PathSwitch {
  constructor(
    /** Where what was fetched lies: new/<number>/<name>. */
    private readonly work: string,
    private readonly site: string,
  ) {}

  /** What a switch that has begun is of. */
  get paths(): readonly string[] {
    return JSON.parse(read(this.file) ?? "[]") as string[];
  }

  begin(paths: readonly string[]): void {
    fs.mkdirSync(path.join(this.work, "old"), { recursive: true });
    fs.writeFileSync(this.file, JSON.stringify(paths));
  }

  perform(): void {
    for (const [i, name] of this.paths.entries())
      this.inFolder(name, true, (live) => {
        if (exists(live)) fs.renameSync(live, this.old(i));
        fs.renameSync(this.fetched(i, name), live);
      });
  }

  /** Each step may have been done already, and may be done again. */
  putBack(): void {
    for (const [i, name] of [...this.paths.entries()].reverse()) {
      const isReplaced = !exists(this.fetched(i, name));
      if (!isReplaced && !exists(this.old(i))) continue;
      this.inFolder(name, false, (live) => {
        if (isReplaced) fs.renameSync(live, this.fetched(i, name));
        if (exists(this.old(i))) fs.renameSync(this.old(i), live);
      });
    }
  }

  private get file(): string {
    return path.join(this.work, "paths");
  }

  private fetched(i: number, name: string): string {
    return path.join(this.work, "new", String(i), path.basename(name));
  }

  private old(i: number): string {
    return path.join(this.work, "old", String(i));
  }

  /** Works with an entry of the volume by a path that goes through its open folder. */
  private inFolder(name: string, make: boolean, work: (live: string) => void): void {
    const folder = openFolder(path.join(root, this.site), path.dirname(name).split("/"), make);
    try {
      work(inside(folder, path.basename(name)));
    } finally {
      fs.closeSync(folder);
    }
  }
}

function inside(folder: number, name: string): string {
  return `/proc/self/fd/${folder}/${name}`;
}

/** A folder below another one, opened step by step; where it may be made, as the one above it is. */
function openFolder(base: string, names: readonly string[], make: boolean): number {
  let folder = fs.openSync(base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  for (const name of names) {
    const above = folder;
    try {
      if (make && !exists(inside(above, name))) makeLike(above, inside(above, name));
      folder = fs.openSync(inside(above, name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    } catch (error) {
      throw new Failure(
        `${plain(names.join("/"))}: ${plain(name)} is no folder on the site (${(error as NodeJS.ErrnoException).code})`,
      );
    } finally {
      fs.closeSync(above);
    }
  }
  return folder;
}

function makeLike(above: number, folder: string): void {
  const { uid, gid, mode } = fs.fstatSync(above);
  fs.mkdirSync(folder, { mode: mode & 0o777 });
  fs.lchownSync(folder, uid, gid);
}

function exists(file: string): boolean {
  return fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}
