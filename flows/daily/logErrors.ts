import type { LogLine } from "./logs";

/** What the programs of a host write of errors, each in its own form. */
const ERRORS = [
  // PHP, and WordPress by PHP's own log.
  /\bPHP (?:Fatal|Parse|Core|Compile|Recoverable fatal) ?error\b|\bPHP (?:Core |Compile )?Warning\b/i,
  /\bWordPress database error\b/,
  // php-fpm
  /^\[[^\]]+\] (?:WARNING|ERROR|ALERT): /,
  // nginx: 2026/11/30 16:00:00 [error] 29#29: …
  /^\d{4}\/\d\d\/\d\d [\d:]+ \[(?:error|crit|alert|emerg)\] /,
  // MariaDB: 2026-11-30 16:00:00 0 [ERROR] …
  /^\d{4}-\d\d-\d\d +[\d:]+ \d+ \[ERROR\] /,
];

/** The gateway's access log: who asked, for which host, what, and the answer. */
const ACCESS = /^\S+ (\S+) ".*" (\d{3}) \d+ [\d.]+$/;

/** Whether a line says that something failed: an error of a program's, or an answer of 500 and above. */
export function isError({ text }: Pick<LogLine, "text">): boolean {
  const status = ACCESS.exec(text)?.[2];
  return status === undefined ? ERRORS.some((one) => one.test(text)) : status.startsWith("5");
}

/** Whether a line of the gateway's is of a visit to one of some domains. */
export function isOfDomains(
  { owner, text }: Pick<LogLine, "owner" | "text">,
  domains: readonly string[],
): boolean {
  if (owner !== "gateway") return false;
  const host = ACCESS.exec(text)?.[1] ?? /, host: "([^":]+)/.exec(text)?.[1];
  return host !== undefined && domains.includes(host.toLowerCase());
}
