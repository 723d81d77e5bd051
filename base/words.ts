/** A text without the user and password that an address in it may carry, whatever the password is made of. */
export function mask(text: string): string {
  return text.replaceAll(/:\/\/(?:[^/\s"']*|[^/\s:"']+:(?!\d+\/)[^\s"']*)@/g, "://***@");
}

/** Bytes as people read them: 12 B, 3.4 MiB. */
export function bytes(count: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(count) / 10));
  const value = count / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** A time span as people say it: 40 s, 3 min, 5 h, 2 d. */
export function age(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}

/** How long something took: 40 s, 3 min 20 s. */
export function duration(ms: number): string {
  const s = Math.round(ms / 1000);
  return s < 60 ? `${s} s` : `${Math.floor(s / 60)} min ${s % 60} s`;
}
