import { appendFileSync, copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** What All-in-One WP Migration says of a site beside its dump, which lacks it. */
const schema = z.object({
  Plugins: z.array(z.string()).optional(),
  Template: z.string().optional(),
  Stylesheet: z.string().optional(),
});

/** Its dump's table prefix, in which it writes that of any site. */
const PREFIX = "SERVMASK_PREFIX_";

/** The dump of such an export with what it lacks, as a file of its own; undefined where the folder is no such export. */
export function completedDump(root: string, dump: string, folder: string): string | undefined {
  const file = join(root, "package.json");
  if (!existsSync(file) || dump !== join(root, "database.sql")) return undefined;
  const said = schema.safeParse(parsed(readFileSync(file, "utf8")));
  if (!said.success) return undefined;
  const whole = join(folder, "database.sql");
  copyFileSync(dump, whole);
  appendFileSync(whole, `\n${missingOptions(said.data).join("\n")}\n`);
  return whole;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function missingOptions({ Plugins, Template, Stylesheet }: z.infer<typeof schema>): string[] {
  const options = {
    ...(Plugins && { active_plugins: serialised(Plugins) }),
    ...(Template && { template: Template }),
    ...(Stylesheet && { stylesheet: Stylesheet }),
  };
  return Object.entries(options).map(
    ([name, value]) =>
      `INSERT IGNORE INTO \`${PREFIX}options\` (option_name, option_value, autoload) VALUES ('${name}', '${value.replace(/[\\']/g, "\\$&")}', 'yes');`,
  );
}

/** A list as PHP writes it, whose lengths count bytes. */
function serialised(list: readonly string[]): string {
  const items = list.map((text, i) => `i:${i};s:${Buffer.byteLength(text)}:"${text}";`);
  return `a:${list.length}:{${items.join("")}}`;
}
