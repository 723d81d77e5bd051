import { Failure } from "./failure";
import { LongValue } from "./longValue";

export type Emit = (piece: Buffer) => void;

/** Bytes of a statement that the server gets as it is: it takes seven times that of memory, and has a limit. */
const STATEMENT = 2 ** 23;
/** Bytes that an INSERT may have before its first row. */
const PREFIX = 2 ** 16;
/** Bytes of the shortest value that goes by itself, in a row that is too large. */
const SHORT = 2 ** 16;

/** Bytes of the longest row that a server takes: none is longer than its packets. */
export const LONGEST = 150 * 2 ** 20;

/** Without these the server keeps what goes into an empty table in memory once more. */
const CHECKS = "unique_checks";

const [QUOTE, DOUBLE, BACKTICK, BACKSLASH] = [0x27, 0x22, 0x60, 0x5c];
const [OPEN, CLOSE, COMMA] = [0x28, 0x29, 0x2c];
const LEADING = /^(?:\s+|--(?:[^\S\n][^\n]*)?\n|#[^\n]*\n|\/\*(?!M?!)[^]*?\*\/)*/;

/**
 * Passes statements on. A row that makes one too large for the server is put together there: its long values in variables,
 * piece by piece, and the row of these.
 */
export class LargeRows {
  private held: Buffer[] = [];
  private size = 0;
  private rows: Rows | undefined;
  private passing = false;

  constructor(
    private readonly emit: Emit,
    private readonly delimiter: () => Buffer,
    /** Ends a line that is none of the dump's: the client keeps a whole one in memory. */
    private readonly endLine: () => void,
    /** Bytes of the longest row that the server has memory for. */
    private readonly most = LONGEST,
  ) {}

  write(piece: Buffer): void {
    if (this.passing) return this.emit(piece);
    if (this.rows) return this.rows.take(piece);
    this.held.push(piece);
    this.size += piece.length;
    if (this.size > STATEMENT) this.look();
  }

  /** The statement is at its end. */
  end(): void {
    this.rows?.end();
    this.held.forEach(this.emit);
    [this.held, this.size, this.rows, this.passing] = [[], 0, undefined, false];
  }

  private look(): void {
    const { held } = this;
    this.held = [];
    const text = Buffer.concat(held).toString("latin1", 0, PREFIX);
    const isInsert = /^(?:INSERT|REPLACE)\b/i.test(text.replace(LEADING, ""));
    if (isInsert)
      this.rows = new Rows(this.emit, this.delimiter().toString("latin1"), this.endLine, this.most);
    else this.passing = true;
    for (const piece of held) this.write(piece);
  }
}

/** One INSERT of rows. */
class Rows {
  private mode: "prefix" | "row" | "between" = "prefix";
  /** What has come of the prefix, of a value, or of what stands between two rows. */
  private unit: Buffer[] = [];
  private length = 0;
  private quote = 0;
  private escaped = false;
  /** A quote ends a string unless another one follows. */
  private closing = false;
  private depth = 0;
  /** Where the unit can be cut: for certain, and in UTF-8. */
  private safe = 0;
  private likely = 0;
  /** The statement up to its first row, and how many rows are behind it in what was passed on. */
  private insert = "";
  private sent = 0;
  private split = false;
  private row: Buffer[] = [];
  private rowLength = 0;
  private long: LongValue | undefined;
  private variables = 0;
  /** Bytes in these. */
  private kept = 0;

  constructor(
    private readonly emit: Emit,
    private readonly delimiter: string,
    private readonly endLine: () => void,
    private readonly most: number,
  ) {}

  take(piece: Buffer): void {
    let from = 0;
    const upTo = (at: number): Buffer => {
      this.hold(piece.subarray(from, at));
      from = at + 1;
      return this.taken();
    };
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at] ?? 0;
      const before = this.escaped || this.closing;
      if (this.isInString(byte)) {
        this.mark(byte, before, this.length + at - from);
        continue;
      }
      if (byte === QUOTE || byte === DOUBLE || byte === BACKTICK) this.quote = byte;
      else if (this.mode !== "row") {
        if (byte === OPEN && this.opens(piece.subarray(from, at))) this.begin(upTo(at));
      } else if (byte === OPEN) this.depth++;
      else if (byte === CLOSE && this.depth > 0) this.depth--;
      else if (byte === CLOSE) this.endRow(upTo(at));
      else if (byte === COMMA && this.depth === 0) this.endValue(upTo(at));
    }
    this.hold(piece.subarray(from));
    if (this.mode === "row") this.shorten();
  }

  end(): void {
    const rest = this.taken();
    if (this.mode === "prefix") return this.emit(rest);
    const tail = rest.toString("latin1");
    const ends = this.mode === "between" && tail.trim() === this.delimiter;
    if (this.split && !ends)
      throw new Failure("a row is too large, and its statement ends with more than rows");
    // The last row may have gone by itself, with an end of its own.
    if (this.sent > 0 || !ends) this.emit(rest);
    else this.say(tail.replace(this.delimiter, ""));
  }

  private isInString(byte: number): boolean {
    if (this.quote === 0) return false;
    if (this.escaped) this.escaped = false;
    else if (this.closing) {
      this.closing = false;
      if (byte === this.quote) return true;
      this.quote = 0;
      return false;
    } else if (byte === BACKSLASH && this.quote !== BACKTICK) this.escaped = true;
    else if (byte === this.quote) this.closing = true;
    return true;
  }

  /** Notes where a string can be cut: at no escape, and within no character of any set that a dump may be in. */
  private mark(byte: number, isSecond: boolean, at: number): void {
    if (this.escaped || this.closing) return;
    if (byte < 0x40 || (isSecond && byte < 0x80)) this.safe = at + 1;
    else if (!isSecond && (byte < 0x80 || byte >= 0xc0)) this.likely = at;
  }

  /** Whether a parenthesis behind those words opens a row. */
  private opens(words: Buffer): boolean {
    const last = Buffer.concat([...this.unit, words]).toString("latin1");
    return this.mode === "prefix" ? /\bVALUES?\s*$/i.test(last) : /^\s*,\s*$/.test(last);
  }

  private begin(words: Buffer): void {
    const text = words.toString("latin1");
    if (this.mode === "prefix") {
      const [leading = ""] = LEADING.exec(text) ?? [];
      this.insert = text.slice(leading.length).trimEnd();
      // It may come more than once, and the client counts lines.
      this.say(leading + text.slice(leading.length + this.insert.length));
      this.insert += " ";
    } else this.say(text.replace(",", ""));
    this.mode = "row";
  }

  private endValue(value: Buffer): void {
    this.rowLength += value.length;
    // One that is not long by itself may be of a row that is.
    if (!this.long && this.rowLength > STATEMENT && value.length > SHORT) this.begins(value);
    this.row.push(this.long ? Buffer.from(this.long.end(value)) : value);
    this.long = undefined;
  }

  private endRow(value: Buffer): void {
    this.endValue(value);
    if (this.variables === 0) {
      this.say(this.sent === 0 ? `${this.insert}(` : ",(");
      this.emitRow();
      this.say(")");
      this.sent++;
    } else {
      this.say(`${this.insert}(`);
      this.emitRow();
      const names = Array.from({ length: this.variables }, (_, i) => `@varvol_${i}=NULL,`);
      this.say(`)${this.delimiter} SET ${names.join("")}${CHECKS}=@varvol_checks${this.delimiter}`);
      this.endLine();
      this.split = true;
    }
    [this.row, this.rowLength, this.variables, this.kept, this.mode] = [[], 0, 0, 0, "between"];
  }

  private emitRow(): void {
    for (const [i, value] of this.row.entries()) {
      if (i > 0) this.say(",");
      this.emit(value);
    }
  }

  /** Sends the beginning of a value that is long, and keeps what is not sent yet. */
  private shorten(): void {
    if (this.length < LongValue.CHUNK || this.depth > 0) return;
    const cut = this.safe || this.likely;
    const value = this.taken();
    if (this.long || this.begins(value)) this.hold(this.long?.take(value, cut) ?? value);
    else this.hold(value);
  }

  /** Whether a value is one that can be put together. */
  private begins(value: Buffer): boolean {
    const name = `@varvol_${this.variables}`;
    this.long = LongValue.of(
      value,
      name,
      (statement) => this.alone(statement),
      (bytes) => this.count(bytes),
    );
    if (!this.long) return false;
    if (this.variables === 0) this.alone([Buffer.from(`SET @varvol_checks=@@${CHECKS},${CHECKS}=1`)]);
    this.variables++;
    return true;
  }

  /** A row that the server has no memory for would end it, for every site. */
  private count(bytes: number): void {
    this.kept += bytes;
    if (this.kept <= this.most) return;
    const why =
      this.most < LONGEST
        ? "than MySQL has memory for on this host; make it shorter, or take a host of a kind with more"
        : "than a server takes";
    throw new Failure(`a row of more than ${Math.floor(this.most / 2 ** 20)} MiB is longer ${why}`);
  }

  /** Passes on a statement of its own: what stands open is ended before. */
  private alone(statement: readonly Buffer[]): void {
    if (this.sent > 0) this.say(this.delimiter);
    this.sent = 0;
    statement.forEach(this.emit);
    this.say(this.delimiter);
    this.endLine();
  }

  private hold(piece: Buffer): void {
    if (piece.length > 0) this.unit.push(piece);
    this.length += piece.length;
  }

  private taken(): Buffer {
    const all = Buffer.concat(this.unit);
    [this.unit, this.length, this.safe, this.likely] = [[], 0, 0, 0];
    return all;
  }

  private say(text: string): void {
    if (text !== "") this.emit(Buffer.from(text, "latin1"));
  }
}
