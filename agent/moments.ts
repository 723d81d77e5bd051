/** A moment as everything that is written or shown has it, in UTC, by milliseconds since 1970: 2026-11-21T13:55:01Z. */
export function moment(milliseconds = Date.now()): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

/** The same for names of files and for the lock: 20261121T135501Z. */
export function compactMoment(milliseconds = Date.now()): string {
  return moment(milliseconds).replaceAll(/[-:]/g, "");
}

/** A moment from its compact form; what is none stays as it is. */
export function fromCompact(text: string): string {
  return text.replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5");
}
