/** What a job could not do, in words for whoever asked. */
export class Failure extends Error {}

/** What a job wants has not been sent to this machine yet: whoever asked over ssh sends it, and asks again. */
export class Wanted extends Failure {
  static readonly code = 75;
}

/** Whoever asked is gone, or wants the job to end. */
export class Cancelled extends Error {
  constructor(readonly code: number) {
    super("interrupted");
  }
}

/** What docker's client ends its errors with, and what it was about would be cut off for. */
const HINT = /^(See|Run) 'docker .*--help'.*$/gm;

/** The last lines of what a program printed. */
export function lastLines(text: string, count: number): string {
  return text.replace(HINT, "").trimEnd().split("\n").slice(-count).join("\n");
}

/** Text on one line, without what a terminal would act on. */
export function plain(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "?");
}
