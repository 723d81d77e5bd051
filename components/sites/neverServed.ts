/** What lies among a site's files and is for no visitor, on any kind of site. */

const ARCHIVE = "(?:tar\\.)?(?:zip|gz|tgz|bz2|tbz2?|xz|txz|zst|tar|7z|rar)(?:\\.crypt|\\.gpg)?";
const SOURCE = "\\.(?:php\\d?|phtml|phar|pht|phps|inc)";
const COPY =
  "(?:bak|backup|old|orig|original|save|saved|copy|sav|swp|swo|swn|tmp|dist|txt|source|set-aside)\\d*";
const WHEN = "(?:[._-]?\\d[\\w.-]*)?";
// A version is none.
const DATE = "(?:[._-]?(?:\\d{6,}|\\d{4}-\\d\\d)[\\w.-]*)?";

// Folders that plugins keep their backups in, by the plugins' own names.
const IN_CONTENT = [
  "(?:[\\w-]+-)?backups?(?:[_-][^/]*)?",
  "updraft",
  "wpvividbackups",
  "backuply",
  "upgrade-temp-backup",
  "(?:managewp|infinitewp)/backups",
];
const IN_UPLOADS = [
  "(?:[\\w-]+-)?backups?(?:[_-][^/]*)?",
  "(?:backupbuddy|pluginbuddy)_[^/]*",
  "backwpup[^/]*",
  "(?:jet|sg_)backup[^/]*",
  "wp-staging/backups",
  "wp-migrate-db",
  "tCapsule",
  "xcloner[^/]*",
  "wp-clone",
  "snapshots",
];

/** Regular expressions, without regard to case, of the paths of all but hidden files. */
export const NEVER_SERVED: readonly string[] = [
  // Editors' copies
  "/[^/]+~$",
  "/#[^/]*#$",
  "\\.(?:bak|old|orig|save|swp|swo|swn)\\d*$",
  `${SOURCE}(?:~|[._-]+${COPY}|\\.\\d+)+$`,
  // Passwords
  "/wp-config[\\w.~-]*\\.(?:txt|inc|json|ya?ml|ini)$",
  "\\.env(?:\\.[\\w-]+)?$",
  "/error_log$",
  // Dumps; a page about one is a page.
  "\\.sql(?![\\w.~-]*\\.html?$)(?:[._~-][\\w.~-]*)?$",
  // Archives of backup plugins and panels
  "\\.(?:wpress|daf|wpstg|sgbp|jpa|jps|crypt)$",
  `/(?:backups?|dump|database|db|mysql|public_html|htdocs|wwwroot|wp-content)${WHEN}\\.${ARCHIVE}$`,
  `/backup_\\d{4}-\\d\\d-\\d\\d[^/]*\\.${ARCHIVE}$`,
  `[._-](?:backup|dump)${DATE}\\.${ARCHIVE}$`,
  `/(?:backwpup|cpmove-)[^/]*\\.${ARCHIVE}$`,
  `_wpvivid-[^/]*\\.${ARCHIVE}$`,
  "_archive\\.zip$",
  `/wp-content/(?:${IN_CONTENT.join("|")}|uploads/(?:${IN_UPLOADS.join("|")}))/`,
  "/(?:wp-snapshots|dup-installer)/",
];

/** Hidden files, by a case-sensitive regular expression of the path, as nginx takes it. */
export const HIDDEN = "/\\.(?!well-known(?:/|$))";
/** The same of PHP's source, where nothing runs it. */
export const PHP_SOURCE = `${SOURCE}(?:/|$)`;

/** nginx's locations that answer 404 for it: before all others by regular expression. */
export const neverServed = [
  `location ~ ${HIDDEN} { return 404; }`,
  ...NEVER_SERVED.map((pattern) => `location ~* "${pattern}" { return 404; }`),
].join("\n");
