import { z } from "zod";
import { absolute } from "../files";
import { path } from "./common";
import type { UnpackedAs } from "../../agent/protocol";
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

/** The same of a WordPress. */
export function wordpressImport(content: string) {
  return databaseImport(content)
    .unwrap()
    .extend({
      setAside: z
        .boolean()
        .optional()
        .describe(
          "Whether drop-ins and must-use plugins that need what is not here (Redis, a former host's machines) are renamed to NAME.set-aside. Default: false, such an import is refused.",
        ),
    })
    .optional();
}

/** With paths made absolute; nothing where there is no import. */
export function locatedImport<From extends Import>(from: From): { import?: From } {
  if (!from) return {};
  const { content, database } = from;
  return {
    import: {
      ...from,
      ...(content && { content: absolute(content) }),
      ...(database && { database: absolute(database) }),
    },
  };
}

export function fillingsOf({ content, database }: NonNullable<Import> = {}, as: UnpackedAs): Filling[] {
  return [
    ...(content === undefined ? [] : [{ key: "import.content", archive: content, as }]),
    ...(database === undefined ? [] : [{ key: "import.database", dump: database }]),
  ];
}
