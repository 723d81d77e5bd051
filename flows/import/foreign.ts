import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { ASIDE, type Foreign, isJudged } from "../../agent/dropIns";
import { plain } from "../../agent/failure";
import { foreignIn } from "../../agent/setAside";
import { attempt } from "../../base/exec";

/** What in a folder or tar archive that a WordPress's content comes from needs what is not here. */
export async function foreignInSource(source: string): Promise<Foreign[]> {
  if (!existsSync(source)) return [];
  if (statSync(source).isDirectory()) return foreignIn(source);
  const listed = await attempt(["tar", "--quoting-style=literal", "-tf", source]);
  const wanted = judgedAmong(listed.stdout.split("\n"));
  if (!wanted) return [];
  const folder = mkdtempSync(join(tmpdir(), "varvol-import-"));
  try {
    const names = join(folder, "names");
    writeFileSync(names, wanted.files.join("\n"));
    const out = ["--no-same-owner", "--no-same-permissions", "-C", folder];
    await attempt(["tar", "-xf", source, ...out, "--no-unquote", "--no-recursion", "-T", names]);
    return foreignIn(join(folder, wanted.root));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of an archive's list the files that are judged, and where wp-content lies in it: where the first folder of themes does. */
export function judgedAmong(listed: readonly string[]): { files: string[]; root: string } | undefined {
  const roots = listed.flatMap((name) => /^((?:.*\/)?)themes\//.exec(name)?.[1] ?? []);
  const root = roots.sort((one, other) => one.length - other.length)[0];
  if (root === undefined) return undefined;
  const files = listed.filter((name) => name.startsWith(root) && isJudged(name.slice(root.length)));
  return files.length === 0 ? undefined : { files, root: posix.normalize(root || ".") };
}

/** Why an import can't be taken as it is; undefined where it can. */
export function foreignProblem(found: readonly Foreign[]): string | undefined {
  const loaded = found.filter((one) => one.loaded);
  if (loaded.length === 0) return undefined;
  const each = loaded.map(({ file, why }) => plain(`wp-content/${file} ${why}`)).join("; ");
  return `${each}. The site would not run with it: --set-aside, or setAside: true below import:, keeps it beside as NAME${ASIDE}`;
}

/** What is worth knowing of those that do no harm. */
export function unusedAmong(found: readonly Foreign[]): string[] {
  return found
    .filter((one) => !one.loaded)
    .map(({ file, why }) => plain(`wp-content/${file} is not used here; it ${why}`));
}
