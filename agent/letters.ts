import { TABLE_NAMED, unquoted, withoutBlanks } from "./statementHead";

const UTF8 = "utf8mb4";

/** The others that a connection may have. */
const SETS = new Set(
  (
    "armscii8 big5 cp1250 cp1251 cp1256 cp1257 cp850 cp852 cp866 cp932 dec8 eucjpms euckr gb2312 gbk geostd8 greek hebrew " +
    "hp8 keybcs2 koi8r koi8u latin1 latin2 latin5 latin7 macce macroman sjis swe7 tis620 ujis"
  ).split(" "),
);

/** Bytes of a table's definition that have its options in them. */
const OPTIONS = 300;

/**
 * The character sets of a dump that doesn't say in which one it is written, as plugins make them: that of each table, as the
 * site's own connection had it. What it wrote there in another one is found later by its values.
 */
export class Letters {
  private readonly tables = new Map<string, string>();
  private named = false;
  private now = UTF8;
  /** The table that is made in this statement, and the end of that. */
  private made: string | undefined;
  private options = Buffer.alloc(0);

  take(piece: Buffer): void {
    if (this.named || piece.length === 0) return;
    this.options = Buffer.concat([this.options, piece.subarray(-OPTIONS)]).subarray(-OPTIONS);
  }

  /** The set that a statement needs, by its beginning, where the one before had another. */
  of(words: string, text: string): string | undefined {
    if (/^SET (?:NAMES|CHARACTER SET|CHARSET)\b/.test(words)) this.named = true;
    if (this.named) return undefined;
    const [, head = "", name = ""] = TABLE_NAMED.exec(withoutBlanks(text)) ?? [];
    if (/^CREATE/i.test(head)) this.made = unquoted(name);
    if (!/^(?:INSERT|REPLACE)/i.test(head)) return undefined;
    const wanted = this.tables.get(unquoted(name)) ?? UTF8;
    if (wanted === this.now) return undefined;
    this.now = wanted;
    return wanted;
  }

  end(): void {
    if (this.made !== undefined) {
      const options = this.options.toString("latin1").replaceAll(/'[^']*'/g, "");
      const found = [...options.matchAll(/\bCHARSET\s*=\s*(\w+)/gi)].at(-1)?.[1]?.toLowerCase() ?? "";
      this.tables.set(this.made, SETS.has(found) ? found : UTF8);
    }
    this.made = undefined;
    this.options = Buffer.alloc(0);
  }
}
