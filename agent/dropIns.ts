/** A file of a WordPress's content that needs what is not here. */
export interface Foreign {
  /** Below wp-content. */
  readonly file: string;
  /** What it needs, or whose it is, as the end of a sentence that begins with its name. */
  readonly why: string;
  /** Whether WordPress loads it at every page here. */
  readonly loaded: boolean;
}

/** What a file is renamed to where it is set aside: WordPress loads nothing of that name, and nginx serves none. */
export const ASIDE = ".set-aside";

/** The drop-in whose place the host's own object cache takes where a site has that. */
export const OBJECT_CACHE = "object-cache.php";

/** Drop-ins that WordPress loads by their mere presence; the others ask for a setting that is never made here. */
const LOADED = /^(?:object-cache|db)\.php$/;
const UNUSED = /^(?:advanced-cache|sunrise)\.php$/;
const MUST_USE = /^mu-plugins\/[^/]+\.php$/;

/** Servers and extensions of PHP that are not here. */
const SERVERS: readonly (readonly [RegExp, string])[] = [
  [/\b(?:\w*redis\w*|relay\\)/i, "needs Redis"],
  [/memcache/i, "needs Memcached"],
  [/\b(?:apcu?|xcache|wincache)_\w+/i, "needs APCu or the like"],
  [/couchbase/i, "needs Couchbase"],
  [/sqlite/i, "needs SQLite"],
];

/** What hosting companies put beside a site's own, by the names of files. */
const HOSTS: readonly (readonly [RegExp, string])[] = [
  [/^(?:wpengine-[\w-]+|wpe-[\w-]+|wp-stack-cache)\.php$/, "WP Engine"],
  [/^kinsta-[\w-]+\.php$/, "Kinsta"],
  [/^gd-[\w-]+\.php$/, "GoDaddy"],
  [/^(?:pantheon(?:-[\w-]+)?)\.php$/, "Pantheon"],
  [/^(?:endurance-[\w-]+|bluehost-[\w-]+|hostgator-[\w-]+)\.php$/, "Bluehost or HostGator"],
  [/^(?:fw-[\w-]+|flywheel-[\w-]+|local-by-flywheel-[\w-]+)\.php$/, "Flywheel"],
  [/^(?:sg-[\w-]+|siteground-[\w-]+)\.php$/, "SiteGround"],
  [/^wp-nc-easywp\.php$/, "EasyWP"],
  [/^(?:\d+-)?(?:liquid-?web[\w-]*|lw[_-][\w-]+|nexcess-[\w-]+)\.php$/, "Liquid Web"],
  [/^pagely-[\w-]+\.php$/, "Pagely"],
  [/^(?:pcm-[\w-]+|pressable-[\w-]+)\.php$/, "Pressable"],
  [/^(?:wpcomsh-loader|wpcom-[\w-]+)\.php$/, "WordPress.com"],
  [/^(?:\d+-vip-[\w-]+|z-client-mu-plugins|vip-[\w-]+)\.php$/, "WordPress VIP"],
  [/^(?:ionos-[\w-]+|stretch-extra)\.php$/, "IONOS"],
  [/^hostinger-[\w-]+\.php$/, "Hostinger"],
  [/^cdn-cache-management\.php$/, "Rocket.net"],
  [
    /^(?:wpmudev-hosting[\w-]*|dreamhost-[\w-]+|onecom-[\w-]+|convesio[\w-]*|seravo-[\w-]+)\.php$/,
    "another host",
  ],
];
const AUTHORS =
  /^[\s*#/]*Author:[ \t]*(WP ?Engine|Kinsta|GoDaddy|Pantheon|Flywheel|SiteGround|Bluehost|HostGator|Endurance|Newfold|Pagely|Nexcess|Liquid Web|Pressable|Hostinger|IONOS|Rocket\.net|DreamHost|Convesio|Raidboxes)\b/im;

/** Whether a file of a WordPress's content, by its path there, is one that `foreign` judges. */
export function isJudged(file: string): boolean {
  return LOADED.test(file) || UNUSED.test(file) || MUST_USE.test(file);
}

/** Why a file is of no use here; undefined where nothing is seen, and only a try can tell. */
export function foreign(file: string, source: string): Foreign | undefined {
  if (!isJudged(file)) return undefined;
  const loaded = !UNUSED.test(file);
  const code = withoutComments(source);
  const why =
    (MUST_USE.test(file) ? host(file, source) : undefined) ??
    (LOADED.test(file) ? server(file, source) : used(code)) ??
    elsewhere(code, loaded);
  return why === undefined ? undefined : { file, why, loaded };
}

function host(file: string, source: string): string | undefined {
  const name = file.slice("mu-plugins/".length);
  const known =
    HOSTS.find(([pattern]) => pattern.test(name))?.[1] ??
    (name === "mu-plugin.php" && /wp ?engine|\bWPE_|wpengine-common/i.test(source)
      ? "WP Engine"
      : undefined) ??
    (/pantheon-mu-plugin/.test(source) ? "Pantheon" : undefined) ??
    AUTHORS.exec(source.slice(0, 8192))?.[1];
  return known === undefined ? undefined : `belongs to the machines of ${known}`;
}

function server(file: string, source: string): string | undefined {
  if (file === "db.php" && /hyperdb|ludicrousdb|db-config\.php/i.test(source))
    return "needs the database servers that its db-config.php names";
  return SERVERS.find(([pattern]) => pattern.test(source))?.[1];
}

/** The same of a file whose job may be anything: what it makes objects of. */
function used(code: string): string | undefined {
  if (/\bclass_exists\s*\(|\bextension_loaded\s*\(/.test(code)) return undefined;
  if (/\bnew\s+\\?(?:Redis|RedisCluster|Predis\\Client)\b/.test(code)) return "needs Redis";
  if (/\bnew\s+\\?Memcached?\b/.test(code)) return "needs Memcached";
  return undefined;
}

/** A folder of another machine that it includes from. Of what is not loaded a mere path tells enough. */
function elsewhere(code: string, loaded: boolean): string | undefined {
  const path = loaded
    ? /\b(?:require|include)(?:_once)?\s*\(?\s*(['"])(\/[^'"]+)\1/.exec(code)?.[2]
    : /(['"])(\/(?:home\d*|var|srv|www|nas|usr|opt|wordpress|code|app|data|mnt|customers|kunden|homepages)\/[^'"]+)\1/.exec(
        code,
      )?.[2];
  if (path === undefined) return undefined;
  const asks = new RegExp(
    `\\b(?:file_exists|is_file|is_readable|is_dir)\\s*\\(\\s*['"]${path.replaceAll(/[^\w/]/g, "\\$&")}`,
  );
  return loaded && asks.test(code) ? undefined : `names ${path}, a place of its former machine`;
}

function withoutComments(source: string): string {
  const pieces = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\/\*[^]*?\*\/|\/\/[^\n]*|#(?!\[)[^\n]*/g;
  return source.replaceAll(pieces, (piece) => (/^['"]/.test(piece) ? piece : " "));
}
