/** What a dump says of tables: that one is made or dropped, and each row that is put into it, by the names of its columns. */
export interface Told {
  readonly begins: (table: string) => void;
  readonly row: (table: string, value: (column: string) => string | undefined) => void;
}

/** Characters of a value or a statement's beginning that are kept: what is longer is not asked for. */
const KEPT = 2 ** 16;

type Within = "head" | "rows" | "value" | "skipped";

/**
 * Follows the rows of a dump as they come, in bytes as latin1 letters, and in little memory: a row may be megabytes. It is
 * for counting, and does nothing about what it doesn't understand; the server is what reads a dump for good.
 */
export class DumpRows {
  private readonly columns = new Map<string, readonly string[]>();
  private within: Within = "head";
  private quote = "";
  private comment: "" | "\n" | "*/" = "";
  /** A statement's beginning, or a value. */
  private text = "";
  private table = "";
  private named: readonly string[] = [];
  private values: (string | undefined)[] = [];
  private rest = "";

  constructor(
    private readonly wanted: (table: string) => boolean,
    private readonly told: Told,
  ) {}

  take(chunk: string): void {
    const data = this.rest + chunk;
    // What two letters mean is known once both are there.
    const end = data.length - 2;
    this.rest = data.slice(this.follow(data, 0, Math.max(end, 0)));
  }

  finish(): void {
    this.follow(`${this.rest}\n;\n`, 0, this.rest.length + 2);
  }

  private follow(data: string, from: number, end: number): number {
    let at = from;
    while (at < end) {
      if (this.comment) at = this.inComment(data, at, end);
      else if (this.quote) at = this.inQuotes(data, at, end);
      else at = this.plain(data, at, end);
    }
    return at;
  }

  private inComment(data: string, at: number, end: number): number {
    const found = data.indexOf(this.comment, at);
    if (found < 0 || found >= end) return end;
    const after = found + this.comment.length;
    this.comment = "";
    return after;
  }

  private inQuotes(data: string, at: number, end: number): number {
    const special = this.quote === "`" ? NAMES : this.quote === "'" ? SINGLE : DOUBLE;
    special.lastIndex = at;
    const found = special.exec(data)?.index ?? end;
    // Of a statement's beginning names are of interest, and no comments of columns.
    const keep = (piece: string) => {
      if (this.within !== "head" || this.quote !== "'") this.keep(piece);
    };
    keep(data.slice(at, Math.min(found, end)));
    if (found >= end) return end;
    const next = data[found + 1] ?? "";
    if (data[found] === "\\" || next === this.quote) {
      keep(data[found] === "\\" ? (ESCAPES[next] ?? next) : next);
      return found + 2;
    }
    if (this.within === "head") this.keep(this.quote === "'" ? "'" : "`");
    this.quote = "";
    return found + 1;
  }

  private plain(data: string, at: number, end: number): number {
    SPECIAL.lastIndex = at;
    const found = SPECIAL.exec(data)?.index ?? end;
    if (found >= end) {
      this.keep(data.slice(at, end));
      return end;
    }
    if (found > at) this.keep(data.slice(at, found));
    const letter = data[found] ?? "";
    const two = data.slice(found, found + 2);
    if (letter === "#" || (two === "--" && /\s/.test(data[found + 2] ?? "\n"))) {
      this.comment = "\n";
      return found + 1;
    }
    if (two === "/*") {
      this.comment = "*/";
      return found + 2;
    }
    if (letter === "'" || letter === '"' || letter === "`") {
      // Of _utf8'…' and the like only what is in the quotes.
      if (this.within === "value") this.text = "";
      if (this.within === "head") this.keep(letter === "'" ? "'" : "`");
      this.quote = letter;
      return found + 1;
    }
    this.sign(letter);
    return found + 1;
  }

  private sign(letter: string): void {
    if (letter === ";") return this.statementEnds();
    if (this.within === "rows" && letter === "(") {
      this.within = "value";
      this.values = [];
      this.text = "";
    } else if (this.within === "value" && (letter === "," || letter === ")")) {
      this.values.push(/^\s*NULL\s*$/i.test(this.text) ? undefined : this.text);
      this.text = "";
      if (letter === ")") this.rowEnds();
    } else if (this.within === "head") {
      this.keep(letter);
      if (letter === "(") this.headGrows();
    }
  }

  private keep(piece: string): void {
    if (this.within === "skipped" || this.within === "rows" || this.text.length > KEPT) return;
    this.text += piece;
  }

  /** At a bracket: whether rows follow. */
  private headGrows(): void {
    const [head, verb = "", table = ""] = INTO.exec(this.text) ?? [];
    if (head === undefined) {
      if (!/^\s*CREATE\b/i.test(this.text)) this.within = "skipped";
      return;
    }
    const rest = this.text.slice(head.length);
    const values = /^\s*(?:\(([^)]*)\))?\s*VALUES?\s*\($/i.exec(rest);
    if (!values) return;
    this.table = table;
    const listed = values[1]?.split(",").map((name) => name.replaceAll(/[`\s]/g, ""));
    this.named = listed ?? this.columns.get(table) ?? [];
    this.text = "";
    this.values = [];
    this.within = verb && this.wanted(table) && this.named.length > 0 ? "value" : "skipped";
  }

  private rowEnds(): void {
    this.within = "rows";
    const { named, values } = this;
    this.told.row(this.table, (column) => {
      const at = named.indexOf(column);
      const value = at < 0 ? undefined : values[at];
      return value === undefined ? undefined : Buffer.from(value, "latin1").toString();
    });
  }

  private statementEnds(): void {
    if (this.within === "head") {
      const [head, , table = ""] = TABLE.exec(this.text) ?? [];
      if (head !== undefined && this.wanted(table)) {
        this.told.begins(table);
        this.columns.set(table, columnsIn(this.text.slice(head.length)));
      }
    }
    this.within = "head";
    this.text = "";
  }
}

/** Names of the columns in what stands behind a table's name. */
function columnsIn(body: string): string[] {
  // What stands in brackets within it is of types and keys.
  let flat = body.replace(/^[^(]*\(/, "");
  for (let before = ""; flat !== before;) {
    before = flat;
    flat = flat.replaceAll(/\([^()]*\)/g, "");
  }
  return flat
    .split(",")
    .map((one) =>
      /^\s*(?:`([^`]+)`|(?!(?:PRIMARY|UNIQUE|KEY|INDEX|FULLTEXT|SPATIAL|CONSTRAINT|FOREIGN|CHECK)\b)(\w+))\s/i.exec(
        one,
      ),
    )
    .flatMap((found) => found?.[1] ?? found?.[2] ?? []);
}

const NAMES = /`/g;
const SINGLE = /['\\]/g;
const DOUBLE = /["\\]/g;
const SPECIAL = /[;'"`#(),]|--|\/\*/g;
const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  "0": "\0",
  Z: "\x1a",
  b: "\b",
};
const NAME = "(?:`[^`]+`\\s*\\.\\s*)?`?([^`\\s(]+)`?";
const INTO = new RegExp(
  `^\\s*(INSERT|REPLACE)(?:\\s+(?:IGNORE|DELAYED|LOW_PRIORITY|HIGH_PRIORITY))*\\s+(?:INTO\\s+)?${NAME}`,
  "i",
);
const TABLE = new RegExp(`^\\s*(CREATE|DROP)\\s+TABLE\\s+(?:IF\\s+(?:NOT\\s+)?EXISTS\\s+)?${NAME}`, "i");
