import { Transform } from "node:stream";
import { Failure } from "./failure";
import { type Emit, LargeRows } from "./largeRows";
import { Letters } from "./letters";
import { HAS_ROWS, IS_DEFINED, IS_TRIGGER, unquoted, withoutBlanks } from "./statementHead";

/** Bytes of a statement that are looked at before the rest of it goes on or is left out. */
const HEAD = 4096;

/** What became of a stranger's dump. */
export interface Report {
  /** Statements that were left out, by what they begin with. */
  readonly leftOut: Map<string, number>;
  /** Databases that the dump says it is of. */
  readonly databases: Set<string>;
  /** The lines of what was passed on that end where no line of the dump does. */
  readonly ownLines: number[];
  /** How many definitions lost whom they were said to be of. */
  definers: number;
  /** How many statements make a table or fill one. */
  made: number;
}

export function newReport(): Report {
  return { leftOut: new Map(), databases: new Set(), ownLines: [], definers: 0, made: 0 };
}

/**
 * What a site's user has no right to, and what speaks of another server or database: a dump's tables and rows come
 * without it. Each is matched at a statement's beginning, after comments.
 */
const LEFT_OUT = [
  /^(?:CREATE|ALTER|DROP) (?:DATABASE|SCHEMA)\b/,
  /^USE\b/,
  /^SET (?:GLOBAL\b|@@GLOBAL\b|PERSIST|@@PERSIST|PASSWORD\b|ROLE\b|(?:@@)?(?:SESSION[ .])?(?:SQL_LOG_BIN|GTID_[A-Z_]+|PSEUDO_[A-Z_]+|BINLOG_[A-Z_]+)\b)/,
  /^SET @MYSQLDUMP_TEMP_LOG_BIN\b/,
  /^(?:GRANT|REVOKE)\b/,
  /^(?:CREATE|ALTER|DROP|RENAME) (?:OR REPLACE )?(?:USER|ROLE|SERVER|TABLESPACE|LOGFILE GROUP|UNDO TABLESPACE)\b/,
  /^(?:CHANGE (?:MASTER|REPLICATION)|START (?:SLAVE|REPLICA)|STOP (?:SLAVE|REPLICA)|PURGE (?:BINARY|MASTER)|RESET|FLUSH|KILL|SHUTDOWN|INSTALL|UNINSTALL|LOAD DATA|LOAD XML)\b/,
];

/** What programs print into the dump that they write. */
const NOISE = /^(?:mysqldump|mariadb-dump|mysql|warning|enter password)\b/i;

/** The statements of a stranger's dump that a site's user may run; the report says what is not among them. `most`: bytes of a row. */
export function ownStatements(report: Report, most?: number): Transform {
  let line = 1;
  const push = (piece: Buffer): void => {
    line += countLines(piece);
    out.push(piece);
  };
  const endLine = (): void => {
    report.ownLines.push(line);
    push(Buffer.from("\n"));
  };
  const lineNow = (): number => line - report.ownLines.length;
  const rows = new LargeRows(push, () => splitter.delimiter, endLine, most);
  const splitter = new Splitter(report, () => rows.end());
  const emit = (piece: Buffer): void => rows.write(piece);
  const out: Transform = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      attempt(() => splitter.take(chunk, emit), lineNow, done);
    },
    flush(done) {
      attempt(() => splitter.finish(emit), lineNow, done);
    },
  });
  return out;
}

/** Words of the client's that name a line, with that of the dump itself. */
export function withOwnLine(words: string, { ownLines }: Report): string {
  return words.replace(/(?<=\bat line )\d+/, (number) => {
    const line = Number(number);
    return String(line - ownLines.filter((one) => one < line).length);
  });
}

/** `line` gives how far the dump has come by then. */
function attempt(work: () => void, line: () => number, done: (error?: Error) => void): void {
  try {
    work();
    done();
  } catch (error) {
    done(error instanceof Failure ? new Failure(`${error.message} (line ${line()})`) : (error as Error));
  }
}

const NEWLINE = 0x0a;
const BACKSLASH = 0x5c;
const BACKTICK = 0x60;
const [HASH, DASH, SLASH, STAR] = [0x23, 0x2d, 0x2f, 0x2a];
/** What follows the beginning of a comment that is code: an exclamation mark, or MariaDB's own M!. */
const CODE: readonly number[] = [0x21, 0x4d];
const QUOTES: readonly number[] = [0x22, 0x27, BACKTICK];
/** Bytes beyond the one that is looked at: a delimiter is no longer. */
const AHEAD = 32;

/**
 * Follows a dump from statement to statement, as the client does that runs it: a delimiter ends one unless it stands in
 * a string, a quoted name or a comment. Nothing but a statement's beginning is kept in memory.
 */
class Splitter {
  private rest = Buffer.alloc(0);
  private head: Buffer[] = [];
  private held = 0;
  private fate: "undecided" | "kept" | "left out" = "undecided";
  private within: "text" | "line" | "block" | number = "text";
  delimiter = Buffer.from(";");
  /** Nothing but blanks and comments so far in this statement. */
  private blank = true;
  private atStart = true;
  /** Before the first word of the dump. */
  private begins = true;
  private readonly letters = new Letters();

  constructor(
    private readonly report: Report,
    /** Called at the end of each statement. */
    private readonly ended: () => void,
  ) {}

  take(chunk: Buffer, emit: Emit): void {
    this.follow(chunk, AHEAD, emit);
  }

  finish(emit: Emit): void {
    this.follow(Buffer.alloc(0), 0, emit);
    this.keep(this.rest, emit);
    this.close(emit);
  }

  private follow(chunk: Buffer, ahead: number, emit: Emit): void {
    const data = Buffer.concat([this.rest, chunk]);
    const end = data.length - ahead;
    let from = 0;
    let at = 0;
    const close = (to: number): void => {
      this.keep(data.subarray(from, to), emit);
      this.close(emit);
      from = at = to;
    };
    while (at < end) {
      if (this.atStart && this.blank && this.within === "text") {
        const line = this.clientLine(data, at, ahead === 0, emit);
        if (line === "cut off") break;
        if (line !== undefined) {
          close(line);
          continue;
        }
      }
      this.atStart = data[at] === NEWLINE;
      if (this.within === "text" && this.isDelimiter(data, at)) close(at + this.delimiter.length);
      else at += this.step(data, at);
    }
    at = Math.min(at, data.length);
    this.keep(data.subarray(from, at), emit);
    this.rest = data.subarray(at);
  }

  /** Follows what is there, and gives how many bytes that was. */
  private step(data: Buffer, at: number): number {
    const byte = data[at] ?? 0;
    if (typeof this.within === "number") {
      if (byte === BACKSLASH && this.within !== BACKTICK) return 2;
      if (byte === this.within) this.within = "text";
    } else if (this.within === "line") {
      if (byte === NEWLINE) this.within = "text";
    } else if (this.within === "block") {
      if (byte === STAR && data[at + 1] === SLASH) {
        this.within = "text";
        return 2;
      }
    } else if (QUOTES.includes(byte)) {
      this.within = byte;
      this.blank = false;
    } else if (byte === HASH || (byte === DASH && data[at + 1] === DASH && (data[at + 2] ?? 0x20) <= 0x20)) {
      this.within = "line";
    } else if (byte === SLASH && data[at + 1] === STAR && !CODE.includes(data[at + 2] ?? 0)) {
      this.within = "block";
      return 2;
    } else if (byte > 0x20) this.blank = false;
    return 1;
  }

  private isDelimiter(data: Buffer, at: number): boolean {
    if (data[at] !== this.delimiter[0]) return false;
    return data.subarray(at, at + this.delimiter.length).equals(this.delimiter);
  }

  /** Where a line ends that is no statement but the client's own: another delimiter, or a program's words. */
  private clientLine(data: Buffer, at: number, all: boolean, emit: Emit): number | "cut off" | undefined {
    const words = data.toString("latin1", at, at + 24);
    if (!/^delimiter[ \t]/i.test(words) && !(this.begins && NOISE.test(words))) {
      this.begins &&= (data[at] ?? 0) <= 0x20;
      return undefined;
    }
    const newline = data.indexOf(NEWLINE, at);
    if (newline < 0 && !all) return "cut off";
    const end = newline < 0 ? data.length : newline + 1;
    const line = data.toString("latin1", at, end).trim();
    if (/^delimiter/i.test(line)) {
      this.delimiter = Buffer.from(line.slice("delimiter".length).trim() || ";", "latin1");
      this.head.forEach(emit);
      this.forget();
      this.fate = "kept";
    } else this.leaveOut("a program's words");
    return end;
  }

  private keep(piece: Buffer, emit: Emit): void {
    this.letters.take(piece);
    if (this.fate === "kept") emit(piece);
    if (this.fate === "left out") emitLines(piece, emit);
    if (this.fate !== "undecided") return;
    this.head.push(piece);
    this.held += piece.length;
    if (this.held >= HEAD) this.decide(emit);
  }

  private close(emit: Emit): void {
    if (this.fate === "undecided") this.decide(emit);
    this.letters.end();
    this.ended();
    this.fate = "undecided";
    this.blank = true;
  }

  private decide(emit: Emit): void {
    const text = Buffer.concat(this.head).toString("latin1");
    this.forget();
    const words = beginning(text);
    if (LEFT_OUT.some((one) => one.test(words))) {
      const own = withoutBlanks(text.slice(0, HEAD));
      const database = /^(?:CREATE\s+(?:DATABASE|SCHEMA)|USE)\b[^;]*?`((?:[^`]|``)+)`/i.exec(own)?.[1];
      const plain = /^(?:CREATE\s+(?:DATABASE|SCHEMA)(?:\s+IF\s+NOT\s+EXISTS)?|USE)\s+"?([\w$-]+)/i.exec(
        own,
      )?.[1];
      const named = database ?? plain;
      if (named !== undefined) this.report.databases.add(named);
      emitLines(Buffer.from(text, "latin1"), emit);
      return this.leaveOut(words.split(" ").slice(0, 3).join(" "));
    }
    this.fate = "kept";
    if (/^(?:CREATE (?:OR REPLACE )?(?:TEMPORARY )?TABLE|INSERT|REPLACE)\b/.test(words)) this.report.made++;
    const own = this.withoutDatabase(/^(?:CREATE|ALTER)\b/.test(words) ? this.withoutDefiner(text) : text);
    const letters = this.letters.of(words, own.slice(0, HEAD));
    if (letters !== undefined) {
      emit(Buffer.concat([Buffer.from(`SET NAMES ${letters}`), this.delimiter]));
      this.ended();
    }
    emit(Buffer.from(own, "latin1"));
  }

  /** What is made or filled is the site's own, whatever database its name, or its trigger's, says that it is in. */
  private withoutDatabase(text: string): string {
    const head = withoutBlanks(text.slice(0, HEAD));
    const of = HAS_ROWS.exec(head)?.[2];
    if (of !== undefined) this.report.databases.add(unquoted(of));
    const own = [HAS_ROWS, IS_TRIGGER, IS_DEFINED].reduce((words, one) => words.replace(one, "$1"), head);
    return own === head
      ? text
      : text.slice(0, Math.min(HEAD, text.length) - head.length) + own + text.slice(HEAD);
  }

  private forget(): void {
    this.head = [];
    this.held = 0;
  }

  private leaveOut(what: string): void {
    this.fate = "left out";
    this.report.leftOut.set(what, (this.report.leftOut.get(what) ?? 0) + 1);
  }

  /** Whoever runs a definition is whom it is of. */
  private withoutDefiner(text: string): string {
    const defined = /\b(?:PROCEDURE|FUNCTION|TRIGGER|VIEW|EVENT)\b/i.exec(text)?.index ?? 0;
    const found = DEFINER.exec(text);
    if (!found || found.index > defined) return text;
    this.report.definers++;
    return text.slice(0, found.index) + text.slice(found.index + found[0].length);
  }
}

/** The line ends of what is left out: the client counts lines, and its errors shall name those of the file. */
function emitLines(piece: Buffer, emit: Emit): void {
  const count = countLines(piece);
  if (count > 0) emit(Buffer.alloc(count, NEWLINE));
}

function countLines(piece: Buffer): number {
  let count = 0;
  for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

const NAME = "(?:`(?:[^`]|``)*`|'[^']*'|\"[^\"]*\"|[\\w.%$-]+)";
const DEFINER = new RegExp(`\\bDEFINER\\s*=\\s*${NAME}(?:\\s*@\\s*${NAME})?`, "i");

/** What a statement begins with: in capitals, with single blanks, without comments. */
function beginning(text: string): string {
  return withoutBlanks(text.slice(0, HEAD))
    .slice(0, 200)
    .replaceAll(/\s+/g, " ")
    .replaceAll(/@@(GLOBAL|SESSION|PERSIST)\s*\.\s*/gi, "@@$1.")
    .toUpperCase();
}
