const BACKSLASH = 0x5c;

/** A value that the server puts together in a variable, from pieces of its text. */
export class LongValue {
  /** Bytes that go at once. */
  static readonly CHUNK = 2 ** 22;
  private first = true;

  private constructor(
    private readonly name: string,
    /** What stands before each piece, and the quote behind it. */
    private readonly open: string,
    private readonly quote: string,
    private readonly hexadecimal: boolean,
    private readonly statement: (pieces: readonly Buffer[]) => void,
    /** Is told of each piece's bytes before it goes, and may throw. */
    private readonly count: (bytes: number) => void,
  ) {}

  /** Undefined where the text is not that of a string or of hexadecimal digits. */
  static of(
    text: Buffer,
    name: string,
    statement: (pieces: readonly Buffer[]) => void,
    count: (bytes: number) => void,
  ): LongValue | undefined {
    const begin = text.toString("latin1", 0, 64);
    const [, charset = "", quote] = /^\s*(_[a-z0-9]+\s*)?(['"])/i.exec(begin) ?? [];
    if (quote !== undefined) return new LongValue(name, `${charset}${quote}`, quote, false, statement, count);
    if (/^\s*(?:0x|x')/i.test(begin)) return new LongValue(name, "X'", "'", true, statement, count);
    return undefined;
  }

  /** Sends of the text what stands before the cut, and gives the rest. */
  take(text: Buffer, cut: number): Buffer {
    const opening = this.opening(text);
    const digits = text.length - opening;
    const to = this.hexadecimal ? opening + digits - (digits % 2) : cut;
    if (to <= opening) return text;
    this.send(text.subarray(opening, to));
    return text.subarray(to);
  }

  /** Sends the rest, and gives what stands for the value. */
  end(text: Buffer): string {
    const closed = text.lastIndexOf(this.quote);
    const from = this.opening(text);
    this.send(text.subarray(from, closed < from ? text.length : closed));
    return this.name;
  }

  /** Bytes before the value's own. */
  private opening(text: Buffer): number {
    if (!this.first) return 0;
    const begin = text.toString("latin1", 0, 64);
    const opening = this.hexadecimal ? /^\s*(?:0x|x')/i : /^\s*(?:_[a-z0-9]+\s*)?['"]/i;
    return opening.exec(begin)?.[0].length ?? 0;
  }

  private send(body: Buffer): void {
    this.count(this.hexadecimal ? body.length / 2 : body.length - escapes(body));
    const piece = [Buffer.from(this.open), body, Buffer.from(this.quote)];
    const [before, after] = this.first ? ["=", ""] : [`=CONCAT(${this.name},`, ")"];
    this.statement([Buffer.from(`SET ${this.name}${before}`), ...piece, Buffer.from(after)]);
    this.first = false;
  }
}

function escapes(text: Buffer): number {
  let count = 0;
  for (let at = text.indexOf(BACKSLASH); at >= 0; at = text.indexOf(BACKSLASH, at + 2)) count++;
  return count;
}
