import { createWriteStream } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { dumpText } from "../../agent/dumpText";
import { BACKUPBUDDY } from "../../agent/rootFiles";

/** Whether dumps are one database's together, each of one table or of some, as Jetpack and BackupBuddy make them. */
export function areTables(dumps: readonly string[]): boolean {
  const [folder = "", ...others] = new Set(dumps.map(dirname));
  if (others.length > 0) return false;
  if (dirname(folder).endsWith(`/${BACKUPBUDDY}`)) return dumps.length > 1;
  const names = new Set(dumps.map((dump) => basename(dump)));
  const prefixes = [...names].map((name) => /^(\w*)options\.sql$/.exec(name)?.[1]);
  return prefixes.some((prefix) => prefix !== undefined && names.has(`${prefix}posts.sql`));
}

/** Makes one dump of such, in a folder. */
export async function joined(dumps: readonly string[], folder: string): Promise<string> {
  const whole = join(folder, "database.sql");
  await pipeline(oneAfterTheOther(dumps), createWriteStream(whole, { mode: 0o600 }));
  return whole;
}

async function* oneAfterTheOther(dumps: readonly string[]): AsyncGenerator<Buffer> {
  for (const dump of dumps) {
    for await (const piece of dumpText(dump)) yield piece as Buffer;
    // The next one begins with a line of its own.
    yield Buffer.from("\n");
  }
}
