import * as fs from "node:fs";
import * as path from "node:path";
import { ASIDE, type Foreign, foreign, isJudged } from "./dropIns";

/** Bytes of a file that are looked at. */
const LOOKED_AT = 2 ** 18;

/** A file that says so to it (images/wordpress/init/start.php). */
const MAY_SET_ASIDE = ".varvol-may-set-aside";

/** The files of a WordPress's content that need what is not here. */
export function foreignIn(content: string): Foreign[] {
  const named = ["", "mu-plugins"].flatMap((folder) =>
    namesIn(path.join(content, folder)).map((name) => path.posix.join(folder, name)),
  );
  return named.filter(isJudged).flatMap((file) => foreign(file, textOf(content, file)) ?? []);
}

/** Has a WordPress that starts here for the first time set aside what keeps it from starting. */
export function allowSettingAside(content: string): void {
  try {
    // Never through a link that the site may have put there.
    fs.writeFileSync(path.join(content, MAY_SET_ASIDE), "", { flag: "wx", mode: 0o644 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** Renames these files beside where they were; gives in words what was done. */
export function setAside(content: string): string[] {
  allowSettingAside(content);
  return foreignIn(content).map(({ file, why }) => {
    fs.renameSync(path.join(content, file), path.join(content, file + ASIDE));
    return `${file}: set aside as ${file}${ASIDE}, since it ${why}`;
  });
}

function namesIn(folder: string): string[] {
  try {
    return fs
      .readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() || entry.isSymbolicLink())
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}

/** The beginning of a file, also of one that a link leads to that stays inside; empty where there is none to read. */
function textOf(content: string, name: string): string {
  try {
    const file = fs.realpathSync(path.join(content, name));
    if (!file.startsWith(`${fs.realpathSync(content)}/`) || !fs.statSync(file).isFile()) return "";
    const begin = Buffer.alloc(LOOKED_AT);
    const descriptor = fs.openSync(file, "r");
    const length = fs.readSync(descriptor, begin, 0, LOOKED_AT, 0);
    fs.closeSync(descriptor);
    return begin.toString("latin1", 0, length);
  } catch {
    return "";
  }
}
