import { dumpText } from "../../agent/dumpText";
import { plain } from "../../agent/failure";
import { DumpRows } from "./dumpRows";

/** What can be counted of a WordPress in its database, and what it calls itself. */
export interface Counts {
  readonly title?: string;
  /** As WordPress names it: de_DE. */
  readonly language?: string;
  readonly posts: number;
  readonly pages: number;
  readonly media: number;
  readonly users: number;
}

interface Gathered {
  readonly posts: Map<string, string>;
  readonly users: Set<string>;
  readonly options: Map<string, string>;
}

/** What WordPress itself removes after a while is no loss. */
const PASSING = new Set(["auto-draft", "trash"]);
const TABLE = /^(.*)(posts|users|options)$/s;

/** What a dump holds of the WordPress with a table prefix, in letters of either case; undefined where it can't be read. */
export async function countsInDump(dump: string, prefix: string): Promise<Counts | undefined> {
  const found = {
    posts: new Map<string, string>(),
    users: new Set<string>(),
    options: new Map<string, string>(),
  };
  const part = (table: string) => {
    const [, begins, what] = TABLE.exec(table) ?? [];
    return begins?.toLowerCase() === prefix.toLowerCase() ? (what as keyof Gathered) : undefined;
  };
  const rows = new DumpRows((table) => part(table) !== undefined, {
    begins: (table) => found[part(table) ?? "users"].clear(),
    row: (table, value) => {
      const what = part(table);
      if (what === "users") found.users.add(value("ID") ?? "");
      if (what === "options") found.options.set(value("option_name") ?? "", value("option_value") ?? "");
      if (what === "posts")
        found.posts.set(
          value("ID") ?? "",
          PASSING.has(value("post_status") ?? "") ? "" : (value("post_type") ?? ""),
        );
    },
  });
  try {
    for await (const chunk of dumpText(dump)) rows.take((chunk as Buffer).toString("latin1"));
  } catch {
    return undefined;
  }
  rows.finish();
  return counted(found);
}

function counted({ posts, users, options }: Gathered): Counts | undefined {
  if (options.size === 0) return undefined;
  const of = (type: string): number => [...posts.values()].filter((one) => one === type).length;
  const title = options.get("blogname");
  return {
    ...(title !== undefined && { title: plain(plainText(title)) }),
    language: plain(options.get("WPLANG") || "en_US"),
    posts: of("post"),
    pages: of("page"),
    media: of("attachment"),
    users: users.size,
  };
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#039": "'" };

/** WordPress keeps a title as HTML. */
export function plainText(html: string): string {
  return html.replaceAll(/&(amp|lt|gt|quot|#039);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}
