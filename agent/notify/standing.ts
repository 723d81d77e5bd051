/** What somebody may be told of. */
export const WHATS = [
  ...["site", "slow", "certificate", "git", "backup", "drill", "forget", "disk", "memory"],
] as const;
export type What = (typeof WHATS)[number];

/** How something is: 0 for well, and else how bad, with the reason. */
export interface State {
  readonly what: What;
  /** The site or module that it is of. */
  readonly name: string;
  readonly level: number;
  /** Empty where it is well. */
  readonly error: string;
  /** Of a backup or drill. */
  readonly run?: string;
  /** When it began to be so, in seconds since 1970; undefined of what is proven by one event, and not by looks. */
  readonly since?: number;
}

/** What was told last of something: kept, so that nothing is told twice, whoever starts again meanwhile. */
export interface Standing {
  readonly level: number;
  readonly error: string;
  /** When what was told last began. */
  readonly since: number;
  /** When it was told to be broken, as far back as matters. */
  readonly broke: readonly number[];
}

const HOUR = 3600;
/** So often in an hour it may break and be well again before it must be well for longer to be called so. */
const RESTLESS = 3;
const CALM = 900;

/**
 * What is told of something by how it is and by what was told before: that it is broken, or worse than told; and that it is
 * well, of what was told to be broken. What breaks again and again is called well once it has been so for a while: a
 * recovery is put off, and never lost.
 */
export function judge(
  before: Standing | undefined,
  { level, error, since }: Pick<State, "level" | "error" | "since">,
  now: number,
): { readonly standing?: Standing; readonly tell: boolean } {
  const broke = (before?.broke ?? []).filter((moment) => now - moment < HOUR);
  const told = before?.level ?? 0;
  const began = since ?? now;
  if (level > told) return { standing: { level, error, since: began, broke: [...broke, now] }, tell: true };
  if (level > 0) return { standing: before, tell: false };
  if (told === 0) return { ...(before && broke.length > 0 && { standing: before }), tell: false };
  if (since !== undefined && broke.length >= RESTLESS && now - since < CALM)
    return { standing: before, tell: false };
  return { standing: { level: 0, error: "", since: began, broke }, tell: true };
}

/** What one look finds: undefined where it can't be told, as while somebody works on it. */
export type Found = { readonly level: number; readonly error: string } | undefined;

/** How looks at something have gone, one after the other. */
export interface Looks {
  readonly level: number;
  readonly error: string;
  readonly count: number;
  readonly since: number;
}

/** Adds a look. One that can't tell begins anew, as what comes after it may be another thing. */
export function look(before: Looks | undefined, found: Found, now: number): Looks | undefined {
  if (!found) return undefined;
  const same = before !== undefined && before.level > 0 === found.level > 0;
  return { ...found, count: same ? before.count + 1 : 1, since: same ? before.since : now };
}
