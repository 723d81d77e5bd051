import type { Container } from "./containers";
import type { Server } from "./mysql";
import { run } from "./process";
import type { Subject } from "./protocol";
import { identifier } from "./sql";

/** What answers behind a site's web server, by name. */
export function applicationOf({ application }: Pick<Subject, "application">): string {
  return application === "wordpress" ? "WordPress" : "PHP";
}

/**
 * What the names of a site's own WordPress tables begin with, as the site itself will find them; undefined where there is
 * no WordPress in the database.
 */
export async function tablePrefix(
  server: Server,
  database: string,
  php: Pick<Container, "Config"> | undefined,
): Promise<string | undefined> {
  const found: string[] = [];
  for (const prefix of prefixesIn(await server.tables(database))) {
    const options = `${identifier(database)}.${identifier(`${prefix}options`)}`;
    const [[has] = []] = await server.query(`SELECT COUNT(*) FROM ${options} WHERE option_name = 'siteurl'`);
    if (has !== "0") found.push(prefix);
  }
  return choosePrefix(found, wantedPrefix(php));
}

/** What the tables of each WordPress begin with. */
export function prefixesIn(tables: readonly string[]): string[] {
  const all = new Set(tables);
  return tables.flatMap((table) => {
    const prefix = /^(\w*)options$/.exec(table)?.[1];
    return prefix !== undefined && ["posts", "users"].every((one) => all.has(prefix + one)) ? [prefix] : [];
  });
}

/** Of several, as images/wordpress/init does: copies beside the site, as backup plugins make them, have longer names. */
export function choosePrefix(found: readonly string[], wanted = ""): string | undefined {
  const rank = (prefix: string): (boolean | number)[] => [
    prefix !== wanted,
    prefix.toLowerCase() !== wanted.toLowerCase(),
    prefix !== "wp_",
    prefix.length,
  ];
  return [...found].sort((one, other) => {
    const [mine, others] = [rank(one), rank(other)];
    const at = mine.findIndex((value, i) => value !== others[i]);
    return at < 0 ? (one < other ? -1 : 1) : Number(mine[at]) - Number(others[at]);
  })[0];
}

function wantedPrefix(php: Pick<Container, "Config"> | undefined): string | undefined {
  const key = "WORDPRESS_PREFIX=";
  return php?.Config.Env?.find((line) => line.startsWith(key))?.slice(key.length);
}

/**
 * Why a site can do nothing with a database: a WordPress brings an older one to its own version, and a newer one it
 * doesn't understand. Undefined where it can, or nothing is known.
 */
export async function tooNew(
  server: Server,
  database: string,
  prefix: string,
  php: string,
  what = "the snapshot",
): Promise<string | undefined> {
  const options = `${identifier(database)}.${identifier(`${prefix}options`)}`;
  const [there] = await server.names("option_value", `FROM ${options} WHERE option_name = 'db_version'`);
  const script = 'include "/srv/wordpress/wp-includes/version.php"; echo $wp_db_version ?? "";';
  const known = (await run(["docker", "exec", php, "php", "-r", script])).stdout;
  if (!/^\d+$/.test(there ?? "") || !/^\d+$/.test(known) || Number(there) <= Number(known)) return undefined;
  return `${what} is of a newer WordPress than the site has (its database is of version ${there}, and the site's goes up to ${known}); bring the site to that one first: npx varvol upgrade`;
}

/** The newest published post or page; undefined where there is none. */
export async function newestPost(
  server: Server,
  database: string,
  prefix: string,
): Promise<string | undefined> {
  const posts = `${identifier(database)}.${identifier(`${prefix}posts`)}`;
  const of = "post_status = 'publish' AND post_type IN ('post', 'page')";
  const [[id] = []] = await server.query(`SELECT MAX(id) FROM ${posts} WHERE ${of}`);
  return id === undefined || id === "NULL" ? undefined : id;
}
