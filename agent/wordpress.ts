import type { Server } from "./mysql";
import { run } from "./process";
import type { Subject } from "./protocol";
import { identifier } from "./sql";

/** What answers behind a site's web server, by name. */
export function applicationOf({ application }: Pick<Subject, "application">): string {
  return application === "wordpress" ? "WordPress" : "PHP";
}

/** What the names of WordPress's tables begin with in a database; undefined where there is no WordPress in it. */
export async function tablePrefix(server: Server, database: string): Promise<string | undefined> {
  const tables = new Set(await server.tables(database));
  return [...tables]
    .map((table) => /^(\w*)options$/.exec(table)?.[1])
    .filter((prefix): prefix is string => prefix !== undefined && tables.has(`${prefix}posts`))
    .sort()[0];
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
): Promise<string | undefined> {
  const options = `${identifier(database)}.${identifier(`${prefix}options`)}`;
  const [there] = await server.names("option_value", `FROM ${options} WHERE option_name = 'db_version'`);
  const script = 'include "/srv/wordpress/wp-includes/version.php"; echo $wp_db_version ?? "";';
  const known = (await run(["docker", "exec", php, "php", "-r", script])).stdout;
  if (!/^\d+$/.test(there ?? "") || !/^\d+$/.test(known) || Number(there) <= Number(known)) return undefined;
  return `the snapshot is of a newer WordPress than the site has (its database is of version ${there}, and the site's goes up to ${known}); bring the site to that one first: npx varvol upgrade`;
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
