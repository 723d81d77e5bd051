/** What a repository's address says of how it is reached. */

// user@host:path, as git itself takes it for ssh
const SHORT = /^(?:[\w.+-]+@)?([\w.-]+|\[[\da-fA-F:.]+\]):(?!\/\/)/;
// What forges make their tokens of; a user has no name like these.
const TOKEN = /^(?:gh[a-z]_|github_pat_|gl[a-z]{2,6}-|ATCTT|ATBB)|^[\w-]{32,}$/;

/** How git reaches a repository: ssh, http (https too), git or path. */
export function wayOf(url: string): "ssh" | "http" | "git" | "path" {
  if (url.startsWith("ssh://")) return "ssh";
  if (/^https?:\/\//.test(url)) return "http";
  if (url.startsWith("git://")) return "git";
  return /^[\w.+-]+@/.test(url) && SHORT.test(url) ? "ssh" : "path";
}

/** The host of an ssh address as known_hosts has it: with its port where that is not 22. */
export function knownName(url: string): string {
  const [, short] = SHORT.exec(url) ?? [];
  if (!url.startsWith("ssh://")) return short ?? "";
  const { hostname, port } = new URL(url);
  return port === "" || port === "22" ? hostname : `[${hostname.replace(/^\[|\]$/g, "")}]:${port}`;
}

/** The host of an address, without user and port; "" where there is none. */
export function hostOf(url: string): string {
  return SHORT.exec(url)?.[1] ?? /^\w+:\/\/(?:[^/]*@)?(\[[^\]]*\]|[^/:]*)/.exec(url)?.[1] ?? "";
}

/** Whether an address carries a password, or a token in place of a user. */
export function holdsPassword(url: string): boolean {
  const [, user = ""] = /^\w+:\/\/([^/\s]*|[^/\s:]+:(?!\d+\/).*)@/.exec(url) ?? [];
  return user.includes(":") || (wayOf(url) === "http" && TOKEN.test(user));
}
