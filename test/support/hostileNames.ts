// Names that are something else wherever they are taken for a line, a word, an option, a statement or a path.

const COMMANDS = [
  "$(touch owned)",
  "`touch owned`",
  ";touch owned;",
  "a|touch owned",
  "a&&touch owned",
  "%s%n%00",
];
const OPTIONS = [
  "-f",
  "--",
  "--all-databases",
  "--result-file=owned",
  "--checkpoint-action=exec=id",
  "-exec rm {} +",
];
const QUOTES = [
  "it's",
  'a "quote"',
  "a`tick",
  "``",
  "\\",
  "\\n\\'",
  "'; DROP DATABASE two; -- ",
  "x`; DROP DATABASE two; -- x",
];
const LINES = [
  "line\nend",
  "\nfirst",
  "carriage\rreturn",
  "tab\tname",
  "x\n(1)",
  "x\n-- varvol: complete",
  "x\n-- varvol: definitions\ny",
];
const SIGNS = [
  "#",
  "*",
  "?[a-z]{b,c}",
  "~",
  "&amp;<b>",
  "\u001b[31mred",
  "\u202egnp.txe",
  "مرحبا",
  "Größe",
  "Gro\u0308ße",
];

/** Names that files, and tables and what else is in a database, may have alike. */
const BOTH: readonly string[] = [
  ...COMMANDS,
  ...OPTIONS,
  ...QUOTES,
  ...LINES,
  ...SIGNS,
  ".hidden",
  " first",
  "...",
].map((name) => name.trimEnd());

/** Names as MariaDB takes them: of 64 characters at most, that end with no space. */
export const SERVER_NAMES: readonly string[] = [...BOTH, "x".repeat(64), "a/b", "../../x", ".."];

/** Names that are no UTF-8, and what an imported WordPress calls them. */
export const RENAMED: readonly (readonly [name: Buffer, as: string])[] = [
  [Buffer.from("\xdcber uns.jpg", "latin1"), "Über uns.jpg"],
  [Buffer.from([0xff, 0xfe, 0x0a, 0x80]), "ÿþ\n€"],
];

/** Names as a filesystem takes them: bytes, of which 255 and no slash. */
export const FILE_NAMES: readonly Buffer[] = [
  ...[...BOTH, " both ends ", "line's end\n", "x".repeat(255), "ü".repeat(127)].map((name) =>
    Buffer.from(name),
  ),
  ...RENAMED.map(([name]) => name),
];
