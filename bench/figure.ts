/** One measured figure beside what it must not exceed (or fall below). */
export interface Figure {
  readonly what: string;
  readonly measured: string;
  readonly limit: string;
  readonly ok: boolean;
}

/** A figure that must be at most so much. */
export function atMost(what: string, value: number, limit: number, unit = ""): Figure {
  return {
    what,
    measured: `${round(value)} ${unit}`.trim(),
    limit: `≤ ${limit} ${unit}`.trim(),
    ok: value <= limit,
  };
}

/** A figure that must be at least so much. */
export function atLeast(what: string, value: number, limit: number, unit = ""): Figure {
  return {
    what,
    measured: `${round(value)} ${unit}`.trim(),
    limit: `≥ ${limit} ${unit}`.trim(),
    ok: value >= limit,
  };
}

/** A figure for information: it has no limit. */
export function shown(what: string, value: number, unit = ""): Figure {
  return {
    what: `${what} (for information)`,
    measured: `${round(value)} ${unit}`.trim(),
    limit: "",
    ok: true,
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

function round(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
