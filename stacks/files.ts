import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/** The absolute path of a file that a stack file names. */
export function absolute(file: string): string {
  return path.resolve(file.replace(/^~(?=\/)/, os.homedir()));
}

/** The folder that git itself keeps in a checkout, or the bare repository that the path names. */
export function repositoryFolder(file: string): string {
  const inner = path.join(absolute(file), ".git");
  return fs.existsSync(inner) ? inner : absolute(file);
}
