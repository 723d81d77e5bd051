import type { Denial } from "./parse";

/** A RewriteRule with the conditions before it. */
export interface Rewrite {
  readonly line: number;
  readonly conditions: readonly string[];
  readonly pattern: string;
  readonly target: string;
  readonly flags: string;
}

const REFUSES = /[[,]\s*(?:F|forbidden|G|gone|R=40[34]|R=410)\s*[\],]/i;
/** Visitors who are not logged in. */
const STRANGERS = /^%\{HTTP_COOKIE\}\s+!.*(?:logged_in|wordpress|sec_)/i;
const THERE = /^%\{(?:REQUEST_FILENAME|DOCUMENT_ROOT)[^\s]*\s+-[fsdl]\b/i;
const PLACE = /^%\{REQUEST_URI\}\s+(?!!)(\S+)/i;
/** Scripts that look who asks before they give out a file. */
const GUARDS =
  /(?:dl|download|protect|private|restrict|access|auth|secure|member|get|serve|send|view)[\w-]*\.php/i;

/** What a rule keeps from visitors: it refuses, or hands over to a script or page that asks who comes. */
export function denialOf({ line, conditions, pattern, target, flags }: Rewrite): Denial | undefined {
  const refuses = REFUSES.test(flags);
  const strangers = conditions.some((one) => STRANGERS.test(one));
  const guarded = GUARDS.test(target) && !/webp|avif|image|thumb|minif/i.test(target);
  if (!refuses && !strangers && !guarded) return undefined;
  const others = conditions.filter((one) => !STRANGERS.test(one) && !THERE.test(one));
  const places = others.flatMap((one) => PLACE.exec(one)?.[1] ?? []);
  // Under another condition it refuses some and lets in others, and nobody can tell whom.
  if (pattern.startsWith("!") || places.length < others.length || places.length > 1) return undefined;
  const why = strangers
    ? "was for those who are logged in"
    : guarded
      ? "was given out by a script only"
      : "is refused by a rule";
  const [place] = places;
  return {
    line,
    why,
    fromRoot: false,
    path: pattern,
    ...(place !== undefined && { place: place.replace(/^\^?\//, "^") }),
  };
}

/** WordPress's own: all that is no file goes to its index.php. */
export function isWordPressOwn({ pattern, target, flags }: Rewrite): boolean {
  return (
    (target === "-" && (/^\^index\\\.php\$$/.test(pattern) || /E=/i.test(flags))) ||
    /^\/?(?:[\w-]+\/)*index\.php$/.test(target)
  );
}
