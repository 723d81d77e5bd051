import { z } from "zod";
import { absolute } from "../files";
import { path } from "./common";
import type { Filling } from "./kind";

/** The key `import` of a site that may have a database beside its files. */
export function databaseImport(content: string) {
  return z
    .strictObject({
      content: path.optional().describe(content),
      database: path.optional().describe("SQL dump (.sql or .sql.gz) that fills an empty database."),
    })
    .optional();
}

type Import = z.infer<ReturnType<typeof databaseImport>>;

/** With paths made absolute; nothing where there is no import. */
export function locatedImport(from: Import): { import?: Import } {
  if (!from) return {};
  const { content, database } = from;
  return {
    import: {
      ...(content && { content: absolute(content) }),
      ...(database && { database: absolute(database) }),
    },
  };
}

export function fillingsOf({ content, database }: NonNullable<Import> = {}): Filling[] {
  return [
    ...(content === undefined ? [] : [{ key: "import.content", archive: content }]),
    ...(database === undefined ? [] : [{ key: "import.database", dump: database }]),
  ];
}
