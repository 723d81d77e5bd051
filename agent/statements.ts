import { Transform } from "node:stream";

/** Bytes of a statement that are looked at before the rest of it goes on or is left out. */
const HEAD = 4096;

/** What became of a stranger's dump. */
export interface Report {
  /** Statements that were left out, by what they begin with. */
  readonly leftOut: Map<string, number>;
  /** Databases that the dump says it is of. */
  readonly databases: Set<string>;
  /** Whether definitions lost whom they were said to be of. */
  definers: number;
}

export function newReport(): Report {
  return { leftOut: new Map(), databases: new Set(), definers: 0 };
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
const NOISE = /^(?:mysqldump|mariadb-dump|mysql|Warning|Enter password)\b.*$/i;

/** The statements of a stranger's dump that a site's user may run; the report says what is not among them. */
export function ownStatements(report: Report): Transform {
  const splitter = new Splitter(report);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      splitter.take(chunk, (piece) => this.push(piece));
      done();
    },
    flush(done) {
      splitter.finish((piece) => this.push(piece));
      done();
    },
  });
}

type Emit = (piece: Buffer) => void;
type Quote = 0x27 | 0x22 | 0x60;

const NEWLINE = 10;
const BACKSLASH = 0x5c;

/**
 * Follows a dump from statement to statement, as the client does that runs it: a delimiter ends one unless it stands in
 * a string, a quoted name or a comment. Nothing but a statement's beginning is kept in memory.
 */
class Splitter {
  private head: Buffer[] = [];
  private held = 0;
  private fate: "undecided" | "kept" | "left out" = "undecided";
  private delimiter = Buffer.from(";");
  private quote: Quote | undefined;
  private comment: "line" | "block" | undefined;
  private escaped = false;
  /** The last bytes before this one, to see what begins or ends here, across chunks. */
  private recent = "";
  private matched = 0;
  private lineStart = true;
  private first = true;

  constructor(private readonly report: Report) {}

  take(chunk: Buffer, emit: Emit): void {
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (!this.ends(byte)) continue;
      this.keep(chunk.subarray(from, at + 1), emit);
      this.close(emit);
      from = at + 1;
    }
    this.keep(chunk.subarray(from), emit);
  }

  finish(emit: Emit): void {
    if (this.held > 0 && this.fate === "undecided") this.close(emit);
  }

  /** Follows a byte; whether a statement, or a line of the client's own, ends with it. */
  private ends(byte: number): boolean {
    const before = this.recent.slice(-1);
    this.recent = (this.recent + String.fromCharCode(byte)).slice(-3);
    if (this.comment === "line") {
      if (byte === NEWLINE) this.comment = undefined;
      return false;
    }
    if (this.comment === "block") {
      if (byte === 0x2f && before === "*") this.comment = undefined;
      return false;
    }
    if (this.quote !== undefined) {
      if (this.escaped) this.escaped = false;
      else if (byte === BACKSLASH && this.quote !== 0x60) this.escaped = true;
      else if (byte === this.quote) this.quote = undefined;
      return false;
    }
    if (byte === NEWLINE) {
      const isOwn = this.fate === "undecided" && this.isClientLine();
      return isOwn;
    }
    if (byte === 0x27 || byte === 0x22 || byte === 0x60) {
      this.quote = byte;
      this.matched = 0;
      return false;
    }
    if (byte === 0x23 || (this.recent.endsWith("-- ") && !this.isDelimiterPart("-"))) {
      this.comment = "line";
      return false;
    }
    // What stands in /*! … */ is a statement's own text.
    if (byte === 0x2a && before === "/") this.comment = "block";
    return this.endsBy(byte);
  }

  private endsBy(byte: number): boolean {
    this.matched = byte === this.delimiter[this.matched] ? this.matched + 1 : byte === this.delimiter[0] ? 1 : 0;
    if (this.matched < this.delimiter.length) return false;
    this.matched = 0;
    return true;
  }
}
