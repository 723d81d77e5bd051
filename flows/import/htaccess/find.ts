import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, posix } from "node:path";
import { attempt } from "../../../base/exec";
import { type Denied, deniedBy, type Found, type NotKept } from "./denied";

const NAME = ".htaccess";
const CONTENT = "wp-content";

/** What became of all of a site's .htaccess files. */
export interface Htaccess {
  readonly denied: readonly Denied[];
  readonly notKept: readonly NotKept[];
}

/** What the .htaccess files in and beside a WordPress's content, a folder or tar archive, kept from visitors and did. */
export async function htaccessOf(source: string): Promise<Htaccess> {
  if (!existsSync(source)) return { denied: [], notKept: [] };
  const beside = join(dirname(source), NAME);
  // An import puts the one that was beside wp-content beside the archive that it makes of that.
  const isContent = [CONTENT, `${CONTENT}.tar`].includes(basename(source));
  const root = isContent && existsSync(beside) ? [textAt(beside, NAME)] : [];
  const inside = statSync(source).isDirectory() ? inFolder(source, CONTENT) : await inArchive(source);
  return deniedBy([...root, ...inside]);
}

function inFolder(folder: string, as: string): Found[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = join(folder, entry.name);
    if (entry.isDirectory()) return inFolder(file, posix.join(as, entry.name));
    return entry.name === NAME && entry.isFile() ? [textAt(file, posix.join(as, NAME))] : [];
  });
}

async function inArchive(archive: string): Promise<Found[]> {
  const listed = await attempt(["tar", "--quoting-style=literal", "-tf", archive]);
  const all = listed.stdout.split("\n");
  const roots = all.flatMap((name) => /^((?:.*\/)?)themes\//.exec(name)?.[1] ?? []);
  const root = roots.sort((one, other) => one.length - other.length)[0];
  const beside =
    root !== undefined && /(^|\/)wp-content\/$/.test(root) ? root.slice(0, -`${CONTENT}/`.length) : undefined;
  const files = all.filter((name) => name.endsWith(`/${NAME}`) || name === NAME);
  if (root === undefined || files.length === 0) return [];
  const folder = mkdtempSync(join(tmpdir(), "varvol-import-"));
  try {
    writeFileSync(join(folder, "names"), files.join("\n"));
    const out = ["--no-same-owner", "--no-same-permissions", "-C", folder];
    await attempt([
      "tar",
      "-xf",
      archive,
      ...out,
      "--no-unquote",
      "--no-recursion",
      "-T",
      join(folder, "names"),
    ]);
    return files.flatMap((name) => {
      const file = join(folder, name);
      if (!existsSync(file)) return [];
      if (name.startsWith(root)) return [textAt(file, posix.join(CONTENT, name.slice(root.length)))];
      return name === `${beside}${NAME}` ? [textAt(file, NAME)] : [];
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function textAt(file: string, as: string): Found {
  return { file: as, text: readFileSync(file, "utf8") };
}
