import { createRequire } from "node:module";
import picocolors from "picocolors";
import { duration } from "./words";

function coloured(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && !process.env.NO_COLOR && process.env.TERM !== "dumb";
}

/** Colours for standard output (results) and standard error (progress and errors). */
export const colors = picocolors.createColors(coloured(process.stdout));
export const errorColors = picocolors.createColors(coloured(process.stderr));

/** A line of progress: on standard error, so that standard output holds nothing but the result. */
export function say(text: string): void {
  process.stderr.write(text + "\n");
}

export interface Step {
  /** What is being done just now; shown beside the label while the step runs. */
  detail(text: string): void;
  /** A part of the step begins: a line of its own where there is no terminal. */
  part(text: string): void;
}

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/**
 * Runs one step of something longer and shows that it is alive: a spinner with the elapsed time on a terminal, plain
 * lines elsewhere. `summary` turns the result into the words that follow the label on the last line; `good` says
 * whether a result that was no exception is what was wanted.
 */
export async function step<T>(
  label: string,
  work: (step: Step) => Promise<T>,
  summary?: (result: T) => string | undefined,
  good: (result: T) => boolean = () => true,
): Promise<T> {
  const tty = process.stderr.isTTY;
  const started = Date.now();
  let detail = "";
  let announced = false;
  let frame = 0;
  const took = (): string => {
    const ms = Date.now() - started;
    return ms >= 2000 ? errorColors.dim(` (${duration(ms)})`) : "";
  };
  const clear = (): void => void (tty && process.stderr.write("\r\x1b[K"));

  const draw = (): void => {
    const text = `${label}${took()}${detail ? ": " + detail : ""}`;
    const width = (process.stderr.columns || 80) - 3;
    frame = (frame + 1) % frames.length;
    process.stderr.write(`\r\x1b[K${errorColors.cyan(frames[frame])} ${text.slice(0, width)}`);
  };
  const announce = (): void => {
    if (!announced) say(`- ${label}`);
    announced = true;
  };
  const timers = tty
    ? [setInterval(draw, 120)]
    : [
        setTimeout(announce, 2000),
        setInterval(() => say(`- ${label}${took()}${detail ? ": " + detail : ""}`), 30_000),
      ];
  const end = (mark: string, words?: string): void => {
    timers.forEach(clearInterval);
    clear();
    say(`${mark} ${label}${words ? ": " + words : ""}${took()}`);
  };

  try {
    const result = await work({
      detail: (text) => void (detail = text),
      part: (text) => {
        detail = text;
        if (tty) return;
        announce();
        say(`  ${text}`);
      },
    });
    end(good(result) ? errorColors.green("✓") : errorColors.red("✗"), summary?.(result));
    return result;
  } catch (error) {
    end(errorColors.red("✗"));
    throw error;
  }
}

/** A table without lines: what people read and `awk` splits. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  // Loaded when the first table is made: most commands make none.
  const Table = createRequire(__filename)("cli-table3") as typeof import("cli-table3");
  const none = { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "", left: "", right: "", middle: "  " };
  const edges = { top: "", "top-mid": "", "top-left": "", "top-right": "" };
  const ends = { bottom: "", "bottom-mid": "", "bottom-left": "", "bottom-right": "" };
  const made = new Table({
    head: head.map((text) => colors.bold(text)),
    chars: { ...none, ...edges, ...ends },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  made.push(...rows.map((row) => [...row]));
  return made.toString().replace(/ +$/gm, "");
}

export function json(value: unknown): void {
  process.stdout.write(JSON.stringify(value, null, 2) + "\n");
}
