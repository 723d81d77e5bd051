/** What lies in a wp-content: plugins and themes by name, and whether a file is there, by its path below it. */
export interface ContentNames {
  readonly plugins: readonly string[];
  readonly themes: readonly string[];
  readonly has: (file: string) => boolean;
}

/** The same of an archive's list, by where the folders of wp-content lie in that; undefined where it has no themes. */
export function namesBelow(
  places: readonly (readonly [at: string, place: string])[],
  listed: readonly string[],
): ContentNames | undefined {
  const inside = new Set<string>();
  for (const name of listed)
    for (const [at, place] of places) {
      const before = at === "" ? "" : `${at}/`;
      if (name.startsWith(before)) inside.add((place === "" ? "" : `${place}/`) + name.slice(before.length));
    }
  const within = (folder: string): string[] => {
    const names = [...inside].flatMap((name) =>
      name.startsWith(`${folder}/`) ? name.split("/").slice(1, 2) : [],
    );
    return [...new Set(names.filter(Boolean))];
  };
  const themes = within("themes");
  if (themes.length === 0 && !inside.has("themes/")) return undefined;
  return {
    plugins: pluginsAmong(within("plugins")),
    themes: themesAmong(themes),
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
