import { plain } from "../../agent/failure";
import { identifier } from "../../agent/sql";
import { UserError } from "../../base/errors";
import { lastLines } from "../../base/exec";
import { onHost } from "../../machine/host";
import { sql, toolCommand } from "../../machine/tools";
import type { HostConfig } from "../../stacks/config";

/** What a WordPress has of one kind that would go, and how much of it. */
export interface Lost {
  readonly what: string;
  readonly count: number;
}

interface Row {
  /** When it was made, where that never changes; else empty. */
  readonly made: string;
  readonly changed: string;
}

/** By kind and id. */
export type Rows = ReadonlyMap<string, Row>;

/** Statements that list what a WordPress holds, a line each: kind, id, when made, when changed. Some have no orders of their own. */
function statements(prefix: string): string {
  const table = (name: string) => identifier(`${prefix}${name}`);
  return [
    `SELECT post_type, ID, IF(post_type = 'shop_order', post_date_gmt, ''), post_modified_gmt FROM ${table("posts")}
     WHERE post_status NOT IN ('auto-draft', 'trash') AND post_type NOT IN ('revision', 'shop_order_placehold')`,
    `SELECT 'comment', comment_ID, comment_date_gmt, '' FROM ${table("comments")} WHERE comment_approved NOT IN ('spam', 'trash')`,
    `SELECT 'user', user_login, '', '' FROM ${table("users")}`,
    `SELECT 'order', id, date_created_gmt, date_updated_gmt FROM ${table("wc_orders")} WHERE status NOT IN ('auto-draft', 'trash')`,
  ].join(";\n");
}

/** What a WordPress's database holds, asked as its own user: what is in it is a stranger's. */
export async function rowsOf(config: HostConfig, site: string, prefix: string): Promise<Rows> {
  const options = ["--force", "--batch", "--skip-column-names"];
  const args = { mysql: `${config.namespace}mysql`, site, options };
  const { code, stdout, stderr } = await onHost(config, toolCommand(config.volumeRoot, sql, args), {
    input: statements(prefix),
  });
  // The last table is WooCommerce's, and not there without it.
  const errors = stderr.split("\n").filter((line) => /^ERROR/.test(line) && !/ 1146 .*wc_orders/.test(line));
  if (errors.length > 0 || (code !== 0 && !stderr.includes("ERROR 1146")))
    throw new UserError(
      `The database of ${site} can't be read: ${plain(lastLines(errors.join("\n") || stderr, 1))}`,
    );
  return readRows(stdout);
}

export function readRows(text: string): Rows {
  return new Map(
    text
      .split("\n")
      .filter(Boolean)
      .map((line) => line.split("\t"))
      .map(([what = "", id = "", made = "", changed = ""]) => [`${what}\t${id}`, { made, changed }]),
  );
}

/** What one WordPress has that another one lacks, or has of a later time; the most first. */
export function lostOf(own: Rows, other: Rows): Lost[] {
  const counts = new Map<string, number>();
  for (const [key, { made, changed }] of own) {
    const there = other.get(key);
    if (there?.made === made && there.changed >= changed) continue;
    const [what = ""] = key.split("\t");
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts]
    .map(([what, count]) => ({ what: plain(what), count }))
    .sort((a, b) => b.count - a.count || (a.what < b.what ? -1 : 1));
}
