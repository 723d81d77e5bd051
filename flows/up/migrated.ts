import { plain } from "../../agent/failure";
import { say } from "../../base/output";
import { askHost } from "../../machine/scripts";
import type { HostConfig } from "../../stacks/config";
import { kindOf } from "../../stacks/kinds";

/** Says what migrations of sites came to: what was replaced in each table, what was left and what remains, and the dump. */
export async function sayMigrated(config: HostConfig): Promise<void> {
  if (!config.sites.some(({ kind }) => kindOf(kind).application)) return;
  for (const line of migratedInWords(await askHost(config, "migrated", [config.volumeRoot]))) say(line);
}

/** A heading for each site, and what it said below. */
export function migratedInWords(text: string): string[] {
  let last = "";
  return text.split("\n").flatMap((line) => {
    const [, site = "", said = ""] = /^(\S+) (.*)$/.exec(line) ?? [];
    if (said === "") return [];
    const heading = site === last ? [] : [`${site}:`];
    last = site;
    return [...heading, `  ${plain(said)}`];
  });
}
