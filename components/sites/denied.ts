/** Paths of a site that are for no visitor, as the key `denied` has them: /folder/, /file, or ~ and a regular expression. */

/** Whether nginx takes it as it stands: one line, without what would end it, and no error in it. */
export function isUsable(pattern: string): boolean {
  if (/["\n\r\0]|\\\\/.test(pattern) || pattern.length > 1000) return false;
  try {
    new RegExp(pattern);
    return true;
  } catch {
    return false;
  }
}

/** Whether it is written as such a path. */
export function isDeniedPath(path: string): boolean {
  if (path.startsWith("~ ")) return path.startsWith("~ ^/") && isUsable(path.slice(2));
  return path.startsWith("/") && path !== "/" && isUsable(path.replaceAll("\\", "")) && !path.includes("\\");
}

/** The same as a regular expression. */
export function deniedPattern(path: string): string {
  if (path.startsWith("~ ")) return path.slice(2);
  return `^${escaped(path)}${path.endsWith("/") ? "" : "$"}`;
}

/** A text as a regular expression finds it. */
export function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** nginx's locations that answer 403 for them, a line each. */
export function deniedLocations(paths: readonly string[]): string {
  return paths.map((path) => `        location ~* "${deniedPattern(path)}" { return 403; }\n`).join("");
}
