import { Failure } from "./failure";
import { readPlace } from "./place";
import type { Entry, RequestOf } from "./protocol";
import { type Restic, withRestic } from "./restic";
import { say } from "./say";

/** Entries that are told at once. */
const MANY = 500;

/** Says what a run has in a folder of a site's volume. */
export async function list({ site, run, path }: RequestOf<"list">): Promise<void> {
  await withRestic(readPlace(), "read", async (restic) => {
    const found = await entriesOf(restic, site, run, path);
    for (let at = 0; at < found.length; at += MANY)
      say({ type: "listed", entries: found.slice(at, at + MANY) });
  });
}

/** A path of a volume in a run, and what is directly in it, or all that is below it; nothing where there is no such one. */
export async function entriesOf(
  restic: Restic,
  site: string,
  run: string,
  path: string,
  { below = false } = {},
): Promise<Entry[]> {
  const base = `/vol/${site}`;
  const words = ["ls", "--json", "--no-lock", ...(below ? ["--recursive"] : [])];
  const of = [
    "--tag",
    `site=${site},run=${run},part=files`,
    "latest",
    path === "" ? base : `${base}/${path}`,
  ];
  const { code, stdout } = await restic.run([...words, ...of]);
  if (code !== 0) throw new Failure(restic.reason(code));
  return stdout.split("\n").flatMap((line): Entry[] => {
    const node = line === "" ? undefined : (JSON.parse(line) as Node);
    if (node?.path === undefined || node.type === undefined || !node.path.startsWith(`${base}/`)) return [];
    const type = node.type === "file" || node.type === "dir" ? node.type : "other";
    return [{ path: node.path.slice(base.length + 1), type, size: node.size ?? 0, time: node.mtime ?? "" }];
  });
}

interface Node {
  readonly path?: string;
  readonly type?: string;
  readonly size?: number;
  readonly mtime?: string;
}
