import * as fs from "node:fs";
import * as path from "node:path";
import { isCore, isFolder, isIn } from "./layout";

/** What is core's own there, by the names that it had since its first versions. */
const CORE =
  /^(?:index\.php|xmlrpc\.php|license\.txt|licen[cs]\w*\.(?:txt|html)|(?:readme|liesmich|lisezmoi|leame)\.html|wp-(?:activate|app|atom|blog-header|comments-post|commentsrss2|config|config-sample|cron|feed|links-opml|load|login|mail|pass|rdf|register|rss|rss2|settings|signup|trackback)\.php|wp-admin|wp-includes)$/i;
/** What a web server runs instead of giving it out. */
export const PHP = /\.(?:php\d?|phtml|phar|pht|phps|inc)$/i;
const PROGRAM = /\.(?:cgi|pl|py|rb|sh|asp|aspx|ashx|jsp|cfm)$/i;
/** UpdraftPlus and Plesk have names of their own for one. */
const DUMP = /\.sql(?:\.(?:gz|bz2|xz|zst|zip))?$|_[0-9a-f]{12}-db\d*\.gz$|^backup_sqldump_\d+$/i;
const SETTINGS =
  /^(?:web\.config|php\.ini|error_log|composer\.(?:json|lock)|package(?:-lock)?\.json|yarn\.lock|wp-cli\.yml|docker-compose\.ya?ml|dockerfile|vendor|node_modules|cgi-bin|dup-installer)$|\.(?:ini|log)$/i;
/** What Softaculous puts beside a site in its backup: a list of all files, and what it knows of the site, with its passwords. */
const SOFTACULOUS = /^soft(?:perms|ver)\.txt$|^[a-z]+\.\d+_\d+\.\d{4}(?:[-_]\d\d){5}$/;

/** Where BackupBuddy puts its dumps, below wp-content, with a folder for each of its backups. */
export const BACKUPBUDDY = "uploads/backupbuddy_temp";

export function isDump(name: string): boolean {
  return DUMP.test(name);
}

/** Why something beside WordPress's own is not for visitors here; undefined where it is. */
function whyNot(file: string, name: string): string | undefined {
  if (name.startsWith("."))
    return name === ".well-known" ? undefined : "hidden, or the web server's settings";
  if (SOFTACULOUS.test(name)) return "a backup's own";
  if (SETTINGS.test(name)) return "a program's or a server's own";
  if (PHP.test(name)) return "PHP that is not WordPress's own; a site of the kind php runs it";
  if (PROGRAM.test(name)) return "a program";
  if (DUMP.test(name) || /\.sql(?:[._~-][\w.~-]*)?$/i.test(name)) return "a dump of a database";
  if (/^wp-config\b/i.test(name)) return "a copy of wp-config.php, which has the database's password";
  if (!isFolder(file)) return undefined;
  const has = (inner: string): boolean => fs.existsSync(path.join(file, inner));
  if (isCore(file) || has("wp-config.php")) return "another WordPress; import it as a site of its own";
  return has("composer.json") || has(".env")
    ? "another application; import it as a site of its own"
    : undefined;
}

/**
 * Moves what visitors may ask for beside WordPress's own, such as ads.txt and old pages, from a document root to a folder, but
 * for what has another place. Gives what was left out, what is alike in one folder as one.
 */
export function takeRootFiles(root: string | undefined, taken: readonly string[], to: string): string[] {
  fs.mkdirSync(to, { recursive: true });
  if (root === undefined) return [];
  const isTaken = (file: string): boolean => taken.includes(file);
  const holdsTaken = (file: string): boolean => taken.some((one) => one !== file && isIn(file, one));
  const left = new Map<string, { first: string; count: number }>();
  const leave = (file: string, why: string): void => {
    const at = path.relative(root, file);
    const group = `${at.includes("/") ? `${at.split("/")[0]}/` : ""} ${why}`;
    const before = left.get(group);
    left.set(group, { first: before?.first ?? `${at}: ${why}`, count: (before?.count ?? 0) + 1 });
  };
  const walk = (folder: string, into: string): void => {
    for (const name of fs.readdirSync(folder).sort()) {
      const file = path.join(folder, name);
      if (isTaken(file) || (folder === root && CORE.test(name))) continue;
      const isOther = folder === root && name === "wp-content";
      const why = isOther ? "not the one that is configured" : whyNot(file, name);
      if (why !== undefined) leave(file, why);
      else if (fs.lstatSync(file).isDirectory() || holdsTaken(file)) {
        fs.mkdirSync(path.join(into, name));
        walk(file, path.join(into, name));
        if (fs.readdirSync(path.join(into, name)).length === 0) fs.rmdirSync(path.join(into, name));
      } else fs.renameSync(file, path.join(into, name));
    }
  };
  walk(root, to);
  return [...left.values()].map(({ first, count }) =>
    count === 1 ? first : `${first} (${count} of the kind)`,
  );
}
