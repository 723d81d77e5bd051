import * as fs from "node:fs";
import * as path from "node:path";
import { gzipSync } from "node:zlib";
import { capture } from "../../base/exec";
import { execIn, runPhp } from "./docker";
import { picture } from "./picture";
import type { TestHost } from "./testHost";

/** Address and table prefix of the host that the WordPress is said to come from. */
export const OLD_HOST = "www.old-host.example";
export const PREFIX = "old7_";
/** Password that its administrator has there. */
export const PASSWORD = "the one of the old host";
export const IMAGE = "uploads/2024/05/garten.png";

/** Options and post meta that the site has, as PHP; $url is the site's address, $http its other spelling. */
export const VALUES = String.raw`
  function values(string $url, string $http): array {
      $escaped = str_replace('/', '\/', $url);
      $relative = substr(strstr($url, ':'), 1);
      $nested = ['link' => "$url/über-uns/", 'text' => "日本 😀 $http „Zitat“", 'n' => 5, 'f' => 0.1, 'no' => false, 'nil' => null];
      $object = (object) ['home' => $url, 'list' => [$nested, [$nested]]];
      return [
          'plain' => "$url/a?b=c#d",
          'nested' => [$nested, 'ключ' => ['deep' => [$nested, $object]]],
          'object' => $object,
          'json in it' => ['json' => json_encode(['src' => "$url/b.png", 'i' => 1]), 'n' => [true]],
          'serialised in it' => ['inner' => serialize([$nested, serialize(['again' => "$url/x", 'é' => $http])])],
          'escaped' => "{\"u\":\"$escaped\\/wp-content\"}",
          'encoded' => 'https://share.example/?u=' . rawurlencode("$url/å"),
          'no scheme' => "<img src=\"$relative/c.png\"> <a href='$http/d'>é</a>",
          'others' => ['http://www.old-host.example.org/', 'ftp://other.example/', "DEFINER=${"`root`@`localhost`"}"],
      ];
  }
`;

const FILL = String.raw`
  require '/srv/wordpress/wp-load.php';
  ${VALUES}
  $url = 'http://${OLD_HOST}';
  $values = values($url, 'https://${OLD_HOST}');
  foreach ($values as $name => $value) {
      update_option("test $name", $value);
  }
  $post = wp_insert_post(wp_slash([
      'post_title' => 'Grüße aus dem Garten 😀',
      'post_name' => 'gruesse',
      'post_status' => 'publish',
      'guid' => "$url/?p=99",
      'post_content' => "<!-- wp:image {\"src\":\"$url/x\"} --><img src=\"$url/wp-content/${IMAGE}\"> USE source; DEFINER=${"`root`@`localhost`"}",
  ]));
  foreach ($values as $name => $value) {
      update_post_meta($post, "test $name", wp_slash($value));
  }
  update_option('widget_text', [2 => ['title' => 'Ä', 'text' => "<a href=\"$url\">é</a>"], '_multiwidget' => 1]);
  wp_set_password('${PASSWORD}', 1);
  echo $post;
`;

/** A row that is longer than a server takes by default, as plugins that keep whole pages or backups write it. */
export const BIG = 20 * 2 ** 20;

/** A dump with what other hosts' tools put into it, and with what their servers had. */
function asOthersWrite(dump: string): string {
  const warning = "mysqldump: [Warning] Using a password on the command line interface can be insecure.\n";
  const replication = [
    "SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN;",
    "SET @@SESSION.SQL_LOG_BIN= 0;",
    "SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5,\n4e11fa47:1-9';",
  ].join("\n");
  const trigger = [
    "ALTER DATABASE `source` CHARACTER SET latin1 COLLATE latin1_swedish_ci ;",
    "DELIMITER ;;",
    `/*!50003 CREATE*/ /*!50017 DEFINER=\`root\`@\`localhost\`*/ /*!50003 TRIGGER stamped BEFORE INSERT ON ${PREFIX}links FOR EACH ROW SET NEW.link_notes = 'a;b' */;;`,
    "DELIMITER ;",
    "ALTER DATABASE `source` CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci ;",
    `CREATE TABLE ${PREFIX}big (id INT PRIMARY KEY, v LONGTEXT);`,
    `INSERT INTO ${PREFIX}big VALUES (1,'${"x".repeat(BIG)}');`,
  ].join("\n");
  const end = dump.lastIndexOf("-- Dump completed");
  return `${warning}${replication}\n${dump.slice(0, end)}${trigger}\n${dump.slice(end)}`;
}

/**
 * Makes of a WordPress on the host what another host's backup looks like: wp-content.tar.gz and dump.sql.gz, with a
 * table prefix and an address of its own; and the dump without what others' tools put into it. The site itself is of no use afterwards.
 */
export async function exportForeignSite(
  host: TestHost,
  site: string,
): Promise<{ content: string; database: string; plain: string }> {
  await runPhp(await host.container(`${site}/php`), FILL);
  const mysql = await host.container("mysql/mysql");
  const sql = async (statements: string): Promise<string> => {
    const { code, stdout, stderr } = await execIn(mysql, ["mariadb", "-N", "-B", site], statements);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  };
  const tables = (await sql("SHOW TABLES LIKE 'wp\\_%'")).trim().split("\n");
  await sql(
    [
      ...tables.map((table) => `RENAME TABLE ${table} TO ${table.replace(/^wp_/, PREFIX)}`),
      `UPDATE ${PREFIX}options SET option_name = '${PREFIX}user_roles' WHERE option_name = 'wp_user_roles'`,
      `UPDATE ${PREFIX}usermeta SET meta_key = REPLACE(meta_key, 'wp_', '${PREFIX}')`,
      `UPDATE ${PREFIX}options SET option_value = 'http://${OLD_HOST}' WHERE option_name IN ('home', 'siteurl')`,
    ].join(";\n"),
  );
  const database = path.join(host.folder, "dump.sql.gz");
  const dump = await execIn(mysql, ["mariadb-dump", "--databases", site]);
  if (dump.code !== 0) throw new Error(dump.stderr);
  fs.writeFileSync(database, gzipSync(asOthersWrite(dump.stdout)));
  const plain = path.join(host.folder, "plain.sql.gz");
  fs.writeFileSync(plain, gzipSync(dump.stdout));

  const folder = path.join(host.folder, "foreign");
  await capture(["cp", "-a", path.join(host.root, site, "content"), folder]);
  fs.mkdirSync(path.dirname(path.join(folder, IMAGE)), { recursive: true });
  fs.writeFileSync(path.join(folder, IMAGE), picture(60, 40));
  fs.symlinkSync("/etc/passwd", path.join(folder, "uploads/passwd.txt"));
  const content = path.join(host.folder, "wp-content.tar.gz");
  await capture([
    "tar",
    "-C",
    host.folder,
    "-czf",
    content,
    "--transform",
    "s,^foreign,wp-content,",
    "foreign",
  ]);
  return { content, database, plain };
}
