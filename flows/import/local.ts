import { copyFileSync, existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { UserError } from "../../base/errors";
import { attempt, lastLines, run } from "../../base/exec";
import { scriptFile } from "../../machine/scripts";
import type { Fetched, KindName } from "../../stacks/kinds";
import { checkRoom } from "./fetched";
import {
  checkKind,
  chooseDump,
  configBeside,
  layoutOf,
  prefixIn,
  refuseNetwork,
  takesWordPress,
} from "./layout";

export interface LocalArgs {
  readonly kind: KindName;
  /** What is imported from; as the user named it. */
  readonly path: string;
  readonly archive: boolean;
  /** A dump that was named. */
  readonly database?: string;
  /** The table prefix that was named. */
  readonly prefix?: string;
  /** Where what is made of it goes. */
  readonly folder: string;
}

/** Finds in a folder or an archive what the site is filled from. Where that is usable as it lies there, it stays. */
export async function fetchLocal({
  kind,
  path,
  archive,
  database,
  prefix,
  folder,
}: LocalArgs): Promise<Fetched> {
  const root = archive ? await unpacked(path, join(folder, "unpacked")) : path;
  const layout = layoutOf(root);
  checkKind(kind, layout, path);
  if (!takesWordPress(kind)) return { content: layout.content, ...(database && { database }) };
  const config = configBeside(layout.content) ?? "";
  refuseNetwork(config, path);
  const dump = database ?? chooseDump(layout.dumps, path);
  const inContent = layout.dumps.filter((file) => file.startsWith(`${layout.content}/`));
  const named = prefix ?? prefixIn(config);
  const fetched = { database: dump, ...(named !== undefined && { prefix: named }) };
  if (inContent.length === 0) return { content: layout.content, ...fetched };
  // What lies in wp-content is served to everyone: a dump must not go along.
  const content = join(folder, "wp-content.tar");
  const beside = join(dirname(layout.content), ".htaccess");
  if (existsSync(beside)) copyFileSync(beside, join(folder, ".htaccess"));
  const without = inContent.map((file) => `--exclude=./${relative(layout.content, file)}`);
  await run(["tar", "-C", layout.content, "--anchored", "--no-wildcards", ...without, "-cf", content, "."]);
  return { content, ...fetched };
}

async function unpacked(archive: string, target: string): Promise<string> {
  const listed = await attempt(["bash", scriptFile("archive-size"), archive]);
  if (listed.code !== 0) throw broken(archive, listed.stderr);
  await run(["mkdir", "-p", target]);
  checkRoom(target, Number(listed.stdout), `What ${archive} holds`);
  const read = await attempt([
    "tar",
    "-xf",
    archive,
    "-C",
    target,
    "--no-same-owner",
    "--no-same-permissions",
  ]);
  if (read.code !== 0) throw broken(archive, read.stderr);
  return target;
}

function broken(archive: string, said: string): UserError {
  return new UserError(
    `${archive}: is no complete tar archive (${lastLines(said, 1)})`,
    "Make it anew; .tar, .tar.gz, .tar.xz and .tar.zst can be read.",
  );
}
