import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/** The absolute path of a file that a stack file names. */
export function absolute(file: string): string {
  return path.resolve(file.replace(/^~(?=\/)/, os.homedir()));
}

/** A text as it stands, where it is PEM itself; else that of the file it names. */
export function readText(named: string): string {
  if (named.startsWith("-----BEGIN ")) return named;
  const file = absolute(named);
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(
      `${file} can't be read (${(error as Error).message}); correct the path in the stack file`,
    );
  }
}

/**
 * The folder that git itself keeps in a checkout, or the bare repository that the path names; of a worktree also where in
 * the repository that it belongs to its own HEAD is.
 */
export function repositoryOf(file: string): { readonly url: string; readonly worktree?: string } {
  const checkout = absolute(file.replace(/^file:\/\//, ""));
  const inner = path.join(checkout, ".git");
  if (!fs.existsSync(inner)) return { url: checkout };
  if (fs.statSync(inner).isDirectory()) return { url: inner };
  const [, named] = /^gitdir: (.+)$/m.exec(fs.readFileSync(inner, "utf8")) ?? [];
  const own = path.resolve(checkout, named ?? ".git");
  const common = path.join(own, "commondir");
  if (!fs.existsSync(common)) return { url: own };
  const url = path.resolve(own, fs.readFileSync(common, "utf8").trim());
  return { url, worktree: path.relative(url, own) };
}
