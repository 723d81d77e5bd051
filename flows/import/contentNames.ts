import { existsSync, readdirSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { attempt } from "../../base/exec";

/** What lies in a wp-content: plugins and themes by name, and whether a file is there, by its path below it. */
export interface ContentNames {
  readonly plugins: readonly string[];
  readonly themes: readonly string[];
  readonly has: (file: string) => boolean;
}

/** The names in a folder or tar archive that a site's content comes from; undefined where it has no plugins or themes. */
export async function contentNames(source: string): Promise<ContentNames | undefined> {
  if (!existsSync(source)) return undefined;
  if (statSync(source).isDirectory())
    return existsSync(join(source, "themes"))
      ? {
          plugins: pluginsAmong(namesIn(join(source, "plugins"))),
          themes: themesAmong(namesIn(join(source, "themes"))),
          has: (file) => existsSync(join(source, file)),
        }
      : undefined;
  const listed = await attempt(["tar", "--quoting-style=literal", "-tf", source]);
  return listed.code === 0 ? namesAmong(listed.stdout.split("\n")) : undefined;
}

/** The same of an archive's list: wp-content is where the first folder of themes lies. */
export function namesAmong(listed: readonly string[]): ContentNames | undefined {
  const paths = listed.filter(Boolean).map((name) => posix.normalize(name));
  const roots = paths.flatMap((name) => /^((?:.*\/)?)themes\//.exec(name)?.[1] ?? []);
  const root = roots.sort((one, other) => one.length - other.length)[0];
  if (root === undefined) return undefined;
  const inside = new Set(paths.flatMap((name) => (name.startsWith(root) ? name.slice(root.length) : [])));
  const within = (folder: string): string[] => {
    const names = [...inside].flatMap((name) =>
      name.startsWith(`${folder}/`) ? name.split("/").slice(1, 2) : [],
    );
    return [...new Set(names.filter(Boolean))];
  };
  return {
    plugins: pluginsAmong(within("plugins")),
    themes: themesAmong(within("themes")),
    has: (file) => inside.has(file),
  };
}

const JUNK = /^(?:\.|__MACOSX$|index\.(?:php|html?)$)/;

export function pluginsAmong(names: readonly string[]): string[] {
  // A plugin is a folder, or a file of PHP.
  return names
    .filter((name) => !JUNK.test(name) && (!name.includes(".") || !/\.(?!php$)[a-z]{2,4}$/i.test(name)))
    .sort();
}

export function themesAmong(names: readonly string[]): string[] {
  return names.filter((name) => !JUNK.test(name) && !/\.[a-z]{2,4}$/i.test(name)).sort();
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
