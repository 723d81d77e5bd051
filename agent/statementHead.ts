const WORD = String.raw`(?:\`(?:[^\`]|\`\`)*\`|"[^"]*"|[\w$\x80-\xff]+)`;
const DATABASE = String.raw`(${WORD})\s*\.\s*(?=${WORD})`;
/** What may stand between a statement's first word and what it makes. */
const HOW = String.raw`(?:\s|\*\/|\/\*M?!\d*|OR\s+REPLACE\b|TEMPORARY\b|AGGREGATE\b|ALGORITHM\s*=\s*\w+|SQL\s+SECURITY\s+\w+)*`;
const TABLE = String.raw`(?:CREATE|ALTER|DROP)\b${HOW}\bTABLE\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?`;
const ROWS = String.raw`(?:INSERT|REPLACE)\s+(?:(?:LOW_PRIORITY|DELAYED|HIGH_PRIORITY|IGNORE|INTO)\s+)*|LOCK\s+TABLES?\s+`;
const DEFINITION = String.raw`(?:CREATE|DROP)\b${HOW}\b(?:VIEW|TRIGGER|PROCEDURE|FUNCTION|EVENT)\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?`;
const TRIGGER = String.raw`CREATE\b${HOW}\bTRIGGER\s[^('"]{0,300}?\b(?:INSERT|UPDATE|DELETE)\s+ON\s+`;
/** Up to the database in the name of what is made or filled, or of a trigger's table. */
export const [HAS_ROWS, IS_DEFINED, IS_TRIGGER] = [`${TABLE}|${ROWS}`, DEFINITION, TRIGGER].map(
  (head) => new RegExp(`^(${head})${DATABASE}`, "i"),
) as [RegExp, RegExp, RegExp];

/** The table that a statement makes or fills, by its name alone. */
export const TABLE_NAMED = new RegExp(`^(${TABLE}|${ROWS})(${WORD})`, "i");

export function unquoted(name: string): string {
  return /^[`"]/.test(name) ? name.slice(1, -1).replaceAll("``", "`") : name;
}

/** A statement without what stands before its first word. */
export function withoutBlanks(text: string): string {
  // A version that no server has makes of code a comment.
  const blank =
    /^(?:\s+|\/\*M?!999999[^]*?\*\/|--(?:[^\S\n][^\n]*)?(?:\n|$)|#[^\n]*(?:\n|$)|\/\*(?![!M])[^]*?\*\/|\/\*M?!\d*)/;
  let rest = text;
  for (let found = blank.exec(rest); found; found = blank.exec(rest)) rest = rest.slice(found[0].length);
  return rest;
}
