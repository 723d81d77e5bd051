import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { execIn } from "./docker";
import type { TestHost } from "./testHost";

/** Every file of a site's data: type, mode, owner, time, and its content's hash or the link's target. */
export function filesOf(
  host: TestHost,
  site: string,
  folders = ["site", "content", "root", "repo"],
): string[] {
  return filesUnder(path.join(host.root, site), folders);
}

/** The same of a folder that holds what a site's volume does. */
export function filesUnder(root: string, folders = ["site", "content", "root", "repo"]): string[] {
  return folders
    .filter((folder) => fs.existsSync(path.join(root, folder)))
    .flatMap((folder) => [folder, ...list(root, folder)])
    .map((name) => describeFile(path.join(root, name), name))
    .sort();
}

function list(root: string, folder: string): string[] {
  return fs
    .readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => path.join(folder, name));
}

function describeFile(file: string, name: string): string {
  const stat = fs.lstatSync(file, { bigint: true });
  const of = stat.isSymbolicLink()
    ? `-> ${fs.readlinkSync(file)}`
    : stat.isFile()
      ? `${stat.mtimeNs} ${createHash("sha256").update(fs.readFileSync(file)).digest("hex")}`
      : "folder";
  return `${name} ${stat.mode.toString(8)} ${stat.uid}:${stat.gid} ${of}`;
}

/** Rows of each table of a site's database, as table: count. */
export async function rowsOf(host: TestHost, site: string): Promise<Record<string, number>> {
  const tables = (await sql(host, `SHOW FULL TABLES FROM \`${site}\` WHERE Table_type = 'BASE TABLE'`))
    .map((line) => line.split("\t")[0] ?? "")
    .sort();
  const counts = await Promise.all(
    tables.map((table) => sql(host, `SELECT COUNT(*) FROM \`${site}\`.\`${table}\``)),
  );
  return Object.fromEntries(tables.map((table, i) => [table, Number(counts[i]?.[0])]));
}

/** Runs SQL as the server's administrator and gives the lines of the answer. */
export async function sql(host: TestHost, statements: string): Promise<string[]> {
  const { code, stdout, stderr } = await execIn(
    `${host.namespace}mysql`,
    ["mariadb", "-N", "-B"],
    statements,
  );
  if (code !== 0) throw new Error(stderr);
  return stdout.split("\n").filter(Boolean);
}

/** A page without what differs at each request. */
export function normalised(body: string): string {
  return body.replaceAll(/("?nonce"?[=:]\s*"?)[0-9a-f]{10}/gi, "$1*").replaceAll(/\?ver=\d+/g, "");
}
