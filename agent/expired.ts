import type { ExpiredRun, Keep } from "./protocol";

/** What is kept, as restic's options say it. */
export function keepOptions(keep: Keep): string[] {
  return Object.entries(keep).map(([period, count]) => `--keep-${period}=${count}`);
}

/** The lines that images/agent/archive reads of what is kept. */
export function keepLines(sites: readonly { readonly name: string; readonly keep: Keep }[]): string {
  return sites.map(({ name, keep }) => `${name} ${keepOptions(keep).join(",")}\n`).join("");
}

/** The lines that images/agent/expired prints. */
export function readExpired(text: string): ExpiredRun[] {
  const ids = (word = "-") => (word === "-" ? [] : word.split(","));
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [name = "", run = "", why, last, parts] = line.split(" ");
      return { name, run, why: why === "expired" ? why : "cut-off", last: ids(last), parts: ids(parts) };
    });
}

/** The lines that images/agent/forget takes. */
export function expiredLines(runs: readonly ExpiredRun[]): string {
  const word = (ids: readonly string[]) => ids.join(",") || "-";
  return runs
    .map((one) => `${one.name} ${one.run} ${one.why} ${word(one.last)} ${word(one.parts)}\n`)
    .join("");
}
