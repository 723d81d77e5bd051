/** Something the user can put right: what is wrong, and what to do about it. */
export class UserError extends Error {
  constructor(
    message: string,
    readonly remedy?: string,
    readonly exitCode = 1,
  ) {
    super(message);
  }
}

/** A command that failed: names it and shows the last lines that it printed. */
export class CommandError extends Error {
  constructor(
    readonly command: readonly string[],
    readonly code: number,
    readonly tail: string,
    reason = `exit code ${code}`,
  ) {
    super(`${command.join(" ")}: ${reason}${tail ? "\n" + tail.replace(/^/gm, "  | ") : ""}`);
  }
}

/** The user, or whoever supervises this process, wants it to end. */
export class Interrupted extends Error {
  constructor(readonly signal: "SIGINT" | "SIGTERM" | "SIGHUP") {
    super("interrupted; run the same command again to go on");
  }
}

/** Ends the process with a code and without a word: what is to be said has been said. */
export class Exit extends Error {
  constructor(readonly code: number) {
    super(`exit ${code}`);
  }
}

const signalCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** The text for standard error and the exit code that an error of any kind comes to. */
export function explain(error: unknown, debug = false): { text: string; code: number } {
  if (error instanceof Exit) return { text: "", code: error.code };
  if (error instanceof Interrupted) return { text: error.message, code: signalCodes[error.signal] };
  if (debug && error instanceof Error) return { text: error.stack ?? error.message, code: 1 };
  if (error instanceof UserError) {
    const remedy = error.remedy ? "\n" + error.remedy.replace(/^/gm, "  ") : "";
    return { text: error.message + remedy, code: error.exitCode };
  }
  if (error instanceof CommandError) return { text: error.message, code: 1 };
  const message = error instanceof Error ? error.message : String(error);
  return { text: `${message}\n  (VARVOL_DEBUG=1 shows where)`, code: 1 };
}
