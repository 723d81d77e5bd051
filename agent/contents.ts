import * as z from "zod";
import { plain } from "./failure";
import { identifier, literal } from "./sql";

const names = z.array(z.string()).readonly();

/** What a database holds by its server's own word. */
export const contentsSchema = z.object({
  /** Tables, each with the number of its rows, those of its history too. */
  tables: z.array(z.tuple([z.string(), z.number()]).readonly()).readonly(),
  sequences: names,
  views: names,
  triggers: names,
  /** With what they are before their names. */
  routines: names,
  events: names,
  /** Views of what isn't there any more: a dump has none of them. */
  broken: names,
});

export type Contents = z.infer<typeof contentsSchema>;

/** Runs statements and gives the rows of the answer. */
export type Query = (statements: string) => Promise<string[][]>;

/** A table of a database. */
export interface Table {
  readonly name: string;
  /** Of the information schema: BASE TABLE, SYSTEM VERSIONED or SEQUENCE. */
  readonly type: string;
  readonly engine: string;
}

/** Rows of texts that a query gives, whatever characters they are of. */
export async function hexRows(query: Query, columns: readonly string[], rest: string): Promise<string[][]> {
  const rows = await query(`SELECT ${columns.map((one) => `HEX(${one})`).join(", ")} ${rest}`);
  return rows.map((row) => row.map((hex) => Buffer.from(hex, "hex").toString()));
}

/** The tables of a database, and what else holds values: all but its views. */
export async function tablesOf(query: Query, database: string): Promise<Table[]> {
  const rest = `FROM information_schema.tables WHERE table_schema = ${literal(database)} AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE') ORDER BY 1`;
  const rows = await hexRows(query, ["table_name", "table_type", "COALESCE(engine, '')"], rest);
  return rows.map(([name = "", type = "", engine = ""]) => ({ name, type, engine }));
}

/** How many rows each table has, in the transaction of whoever asks. */
export async function countRows(
  query: Query,
  database: string,
  tables: readonly Table[],
): Promise<Contents["tables"]> {
  const counted = tables.filter(({ type }) => type !== "SEQUENCE");
  const counts = await query(
    counted
      .map(({ name, type }) => {
        const of = type === "SYSTEM VERSIONED" ? " FOR SYSTEM_TIME ALL" : "";
        return `SELECT COUNT(*) FROM ${identifier(database)}.${identifier(name)}${of}`;
      })
      .join(";\n") || "DO 0",
  );
  return counted.map(({ name }, i) => [name, Number(counts[i]?.[0])] as const);
}

export type Definitions = Pick<Contents, "views" | "triggers" | "routines" | "events" | "broken">;

/** The names of what refers to tables. */
export async function definitionsIn(query: Query, database: string): Promise<Definitions> {
  const schema = literal(database);
  const list = async (column: string, rest: string): Promise<string[]> =>
    (await hexRows(query, [column], `FROM information_schema.${rest} ORDER BY 1`)).map(([name = ""]) => name);
  const all = await list("table_name", `views WHERE table_schema = ${schema}`);
  // The server knows no columns of a view whose tables are gone.
  const known = new Set(
    all.length === 0
      ? []
      : await list("table_name", `columns WHERE table_schema = ${schema} GROUP BY table_name`),
  );
  return {
    views: all.filter((name) => known.has(name)),
    broken: all.filter((name) => !known.has(name)),
    triggers: await list("trigger_name", `triggers WHERE trigger_schema = ${schema}`),
    routines: await list(
      "CONCAT(routine_type, ' ', routine_name)",
      `routines WHERE routine_schema = ${schema}`,
    ),
    events: await list("event_name", `events WHERE event_schema = ${schema}`),
  };
}

/** All that a database holds. */
export async function contentsOf(query: Query, database: string): Promise<Contents> {
  const tables = await tablesOf(query, database);
  return {
    tables: await countRows(query, database, tables),
    sequences: sequencesIn(tables),
    ...(await definitionsIn(query, database)),
  };
}

export function sequencesIn(tables: readonly Table[]): string[] {
  return tables.filter(({ type }) => type === "SEQUENCE").map(({ name }) => name);
}

const WORDS = { sequences: "sequence", views: "view", triggers: "trigger", routines: "", events: "event" };

/** What of the definitions that are wanted is not found, in words. */
export function missingDefinitions(wanted: Definitions, found: Definitions): string[] {
  return (["views", "triggers", "routines", "events"] as const).flatMap((kind) =>
    wanted[kind]
      .filter((name) => !found[kind].includes(name))
      .map((name) => `${WORDS[kind]} ${name}`.trimStart()),
  );
}

/** What of the contents that are wanted is not found, or is more than that, in words. */
export function differences(wanted: Contents, found: Contents): string[] {
  const rows = new Map(found.tables);
  const tables = wanted.tables.flatMap(([name, count]) => {
    const there = rows.get(name);
    if (there === count) return [];
    return [`${plain(name)}: ${there ?? "none"} of ${count} rows`];
  });
  const strange = [...rows.keys()].filter((name) => !wanted.tables.some(([one]) => one === name));
  const others = (Object.keys(WORDS) as (keyof typeof WORDS)[]).flatMap((kind) =>
    wanted[kind]
      .filter((name) => !found[kind].includes(name))
      .map((name) => plain(`no ${WORDS[kind]} ${name}`.replace("  ", " "))),
  );
  return [...tables, ...strange.map((name) => `${plain(name)}: not in the snapshot`), ...others];
}
