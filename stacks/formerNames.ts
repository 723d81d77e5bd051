/** What a stack file says of a site's names. */
interface Named {
  readonly name: string;
  readonly formerly?: string;
}

/** What can't be in the former names of sites; `at` is the place of the site. */
export function formerlyProblems(
  sites: readonly Named[],
): { readonly at: number; readonly value: string; readonly text: string }[] {
  return sites.flatMap(({ name, formerly }, at) => {
    if (formerly === undefined) return [];
    const problem = (text: string) => [{ at, value: formerly, text }];
    if (formerly === name) return problem("is the name that the site has; give the one that it had before");
    if (sites.some((one) => one.name === formerly))
      return problem("is the name of a site that is in the stack file still; take one of the two out");
    if (sites.findIndex((one) => one.formerly === formerly) < at)
      return problem("is the former name of another site too; leave one of the two out");
    return [];
  });
}

/** The name under which a host has the data of a site, by what is filled there. */
export function nameOnHost({ name, formerly }: Named, filled: ReadonlySet<string>): string {
  return formerly !== undefined && filled.has(formerly) && !filled.has(name) ? formerly : name;
}

/** Whether there is data of a site on a host, under the name that it has or the one that it had. */
export function hasData(site: Named, filled: ReadonlySet<string>): boolean {
  return filled.has(nameOnHost(site, filled));
}

/** Sites whose data a host has under another name still, or in the middle between two. */
export function dueRenames(
  sites: readonly Named[],
  { filled, renaming }: { readonly filled: ReadonlySet<string>; readonly renaming: ReadonlySet<string> },
): string[] {
  return sites.flatMap(({ name, formerly }) => {
    if (formerly === undefined) return [];
    const isBetween = renaming.has(name) || renaming.has(formerly);
    return isBetween || (filled.has(formerly) && !filled.has(name)) ? [name] : [];
  });
}

/** Names the environment's variable that says since when which sites are to be renamed, whatever the state knows of it. */
export const DUE = "VARVOL_DUE_RENAMES";

/** What has the program see to it that sites are renamed. */
export function seeingTo(names: readonly string[], moment: number): Record<string, string> {
  return names.length === 0 ? {} : { [DUE]: [moment, ...names].join(" ") };
}

/** Since when a site is to be renamed; undefined where nobody says that it is. */
export function dueSince(site: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const [moment, ...names] = (env[DUE] ?? "").split(" ");
  return names.includes(site) ? moment : undefined;
}

/** The name that a host's data of a site was given, and the names that were given to that one later. */
export function nameByNow(name: string, renamed: ReadonlyMap<string, string>): string {
  let now = name;
  // A circle would be of a host that somebody wrote to by hand.
  for (let steps = renamed.size; steps > 0; steps--) now = renamed.get(now) ?? now;
  return now;
}

/** The name that a part of a site had, by the one that it has; names carry the site's, and most the host's namespace. */
export function formerPartName(
  part: string,
  { name, formerly }: Required<Named>,
  namespace: string,
): string | undefined {
  if (part === name) return formerly;
  const own = namespace + name;
  if (part !== own && !part.startsWith(`${own}-`)) return undefined;
  return namespace + formerly + part.slice(own.length);
}
