import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { runPhp } from "./docker";
import { FILE_NAMES, RENAMED, SERVER_NAMES } from "./hostileNames";
import { sql } from "./siteData";
import type { TestHost } from "./testHost";

/** Has a WordPress run statements, as its own database user. */
async function asSite(host: TestHost, site: string, ...statements: string[]): Promise<void> {
  const all = Buffer.from(JSON.stringify(statements)).toString("base64");
  const said = await runPhp(
    await host.container(`${site}/php`),
    `$db = new mysqli(getenv('DB_HOST'), getenv('DB_USER'), trim(file_get_contents('/run/secrets/database')), getenv('DB_NAME'));
     $db->set_charset('utf8mb4');
     foreach (json_decode(base64_decode('${all}')) as $one) $db->query($one);`,
  );
  if (said !== "") throw new Error(said);
}

/** Makes a folder of files and folders that are called as nobody would call them, each with its name in it. */
export function makeHostileFiles(folder: string): void {
  for (const inner of ["files", "folders"]) fs.mkdirSync(path.join(folder, inner), { recursive: true });
  for (const name of FILE_NAMES) {
    const at = (inner: string) => Buffer.concat([Buffer.from(`${folder}/${inner}/`), name]);
    fs.writeFileSync(at("files"), name);
    fs.mkdirSync(at("folders"));
    fs.writeFileSync(Buffer.concat([at("folders"), Buffer.from("/"), name]), name);
  }
}

/** What is in such a folder: each name in hexadecimal, as a filesystem has bytes, and what it is. */
export function hostileFiles(folder: string): { name: string; content: string; owner: string }[] {
  const found = execFileSync("find", [folder, "-printf", "%P\\0"], { encoding: "latin1" })
    .split("\0")
    .slice(0, -1);
  return found.sort().map((name) => {
    const file = Buffer.from(`${folder}/${name}`, "latin1");
    const { mode, uid } = fs.lstatSync(file);
    return {
      name: Buffer.from(name, "latin1").toString("hex"),
      content: fs.lstatSync(file).isFile()
        ? createHash("sha256").update(fs.readFileSync(file)).digest("hex")
        : "",
      owner: `${mode.toString(8)} ${uid}`,
    };
  });
}

/** The same as an import gives them to a WordPress, whose names are all UTF-8. */
export function importedFiles(files: ReturnType<typeof hostileFiles>): ReturnType<typeof hostileFiles> {
  const imported = new Map(
    RENAMED.map(([name, as]) => [name.toString("latin1"), Buffer.from(as).toString("latin1")]),
  );
  return files
    .map(({ name, ...more }) => {
      const parts = Buffer.from(name, "hex").toString("latin1").split("/");
      const way = parts.map((part) => imported.get(part) ?? part).join("/");
      return { name: Buffer.from(way, "latin1").toString("hex"), ...more };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Gives a WordPress such files, and all that a database has names of, called alike. */
export async function makeHostile(host: TestHost, site: string): Promise<void> {
  const folder = path.join(host.root, site, "content/hostile");
  makeHostileFiles(folder);
  execFileSync("chown", ["-R", "33:33", folder]);
  const quoted = (name: string) => `\`${name.replaceAll("`", "``")}\``;
  const statements = SERVER_NAMES.flatMap((name, i) => {
    const [one, other] = [quoted(name), quoted(SERVER_NAMES.at(-1 - i) ?? "")];
    return [
      `CREATE TABLE ${one} (${other} INT, KEY ${one} (${other}))`,
      `INSERT INTO ${one} VALUES (${i})`,
      `CREATE TRIGGER ${one} BEFORE INSERT ON ${one} FOR EACH ROW SET @x = 1`,
      `CREATE VIEW ${quoted(`v${name}`.slice(0, 64))} AS SELECT 1 AS ${one}`,
      `CREATE PROCEDURE ${one}() BEGIN SELECT 1 AS ${other}; END`,
      `CREATE FUNCTION ${one}() RETURNS INT RETURN ${i}`,
      `CREATE EVENT ${one} ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1`,
    ];
  });
  await asSite(host, site, ...statements);
}

/** All of that, to be the same again. */
export async function hostileState(host: TestHost, site: string) {
  const names = (table: string, schema: string, ...columns: string[]) =>
    sql(
      host,
      `SELECT HEX(CONCAT_WS('=', ${columns.join(", ")})) AS name FROM information_schema.${table} WHERE ${schema} = '${site}' ORDER BY 1`,
    );
  return {
    files: hostileFiles(path.join(host.root, site, "content/hostile")),
    tables: await names("tables", "table_schema", "table_type", "table_name"),
    columns: await names("columns", "table_schema", "table_name", "column_name", "column_type"),
    keys: await names("statistics", "table_schema", "table_name", "index_name"),
    triggers: await names("triggers", "trigger_schema", "trigger_name", "event_object_table"),
    routines: await names("routines", "routine_schema", "routine_type", "routine_name"),
    events: await names("events", "event_schema", "event_name"),
  };
}
