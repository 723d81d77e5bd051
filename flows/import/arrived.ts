import { plain } from "../../agent/failure";
import { askHost } from "../../machine/scripts";
import type { HostConfig } from "../../stacks/config";
import { type Fetched, kindOf } from "../../stacks/kinds";
import type { NewSite } from "./stackFile";

/** What an import came to. */
export interface Arrived {
  readonly site: string;
  readonly files: number;
  readonly bytes: number;
  /** Of a WordPress's database. */
  readonly tables?: number;
  /** The address that a WordPress had, and the one that any site has now. */
  readonly from?: string;
  readonly address: string;
  /** What it said when it first started: per table what was replaced, what was left and why, what still remains. */
  readonly said?: readonly string[];
}

/** Looks at what there is of the site on the host now. */
export async function arrived(
  config: HostConfig,
  { name, kind, domains }: NewSite,
  { database }: Fetched,
  from: string | undefined,
): Promise<Arrived> {
  const folder = `${config.volumeRoot}/${name}/${kindOf(kind).folder}`;
  const counted = await askHost(config, "count", [folder]);
  const [files = 0, bytes = 0] = counted.trim().split(" ").map(Number);
  const said = database ? await firstWords(config, name) : [];
  return {
    site: name,
    files,
    bytes,
    ...(database && { tables: await databaseTables(config, name) }),
    ...(from && { from }),
    ...(said.length > 0 && { said }),
    address: `https://${domains[0]}${config.https === 443 ? "" : `:${config.https}`}`,
  };
}

/** What the containers of a site wrote of making it ready. */
async function firstWords(config: HostConfig, name: string): Promise<string[]> {
  const said = await askHost(config, "first-words", [name, config.namespace]);
  return said.split("\n").filter(Boolean).map(plain);
}

/** How many tables a site's database has; 0 also where there is no database. */
export async function databaseTables(config: HostConfig, name: string): Promise<number> {
  return Number(await askHost(config, "tables", [`${config.namespace}mysql`, name]));
}
