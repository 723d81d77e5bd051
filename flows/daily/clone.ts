import { statSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../base/errors";
import { attempt, lastLines } from "../../base/exec";
import { step } from "../../base/output";
import { bytes } from "../../base/words";
import { machineOf } from "../../machine/host";
import { askHost } from "../../machine/scripts";
import type { HostConfig } from "../../stacks/config";
import type { Fetched, SiteConfig } from "../../stacks/kinds";
import { checkRoom } from "../import/fetched";
import { exportDatabase } from "./database";

/** Keys that a copy has as its original does; all others are of one site, or of its beginning. */
const KEPT = ["title", "admin", "email", "prefix", "denied", "xmlrpc", "moved", "memory", "disk", "image"];

/** The keys of a copy beside its name, kind and domains. */
export function clonedKeys(site: SiteConfig): Record<string, unknown> {
  const isEmpty = (value: unknown) =>
    value === undefined ||
    value === false ||
    (typeof value === "object" && value !== null && Object.keys(value).length === 0);
  const kept = Object.entries(site).filter(([key, value]) => KEPT.includes(key) && !isEmpty(value));
  return { ...Object.fromEntries(kept), staging: true };
}

/** Copies what a WordPress of the host has into a folder of this machine, while it serves on, for an import. */
export async function fetchOwn(config: HostConfig, site: SiteConfig, folder: string): Promise<Fetched> {
  const { name } = site;
  const database = join(folder, "database.sql");
  await step(
    `Database of ${name}`,
    () => exportDatabase(config, site, database),
    (count) => bytes(count),
  );
  const from = `${config.volumeRoot}/${name}`;
  const [, size = 0] = (await askHost(config, "count", [`${from}/content`])).trim().split(" ").map(Number);
  checkRoom(folder, size, `What ${name} has`);
  const content = join(folder, "site.tar");
  await step(
    `Files of ${name}`,
    async () => {
      // What a cache has is of the other address, and is made anew.
      const tar = [
        "tar",
        "-C",
        from,
        "--exclude=content/cache",
        "--transform=s,^content,wp-content,S",
        "-cf",
        "-",
        "content",
      ];
      const into = ["sh", "-c", 'umask 077; file=$1; shift; exec "$@" > "$file"', "sh", content];
      const { code, stderr } = await attempt([...into, ...machineOf(config).command(tar)]);
      // A file that changed while it was read is no failure: the site serves on.
      if (code > 1) throw new UserError(`${from} can't be read: ${lastLines(stderr, 2)}`);
    },
    () => bytes(statSync(content).size),
  );
  return { content, database };
}
