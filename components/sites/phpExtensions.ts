/** Packages of Debian's for PHP 8.4, without php8.4-, that are no part of every image. What only debugs is left out. */
export const EXTENSIONS = [
  ...["amqp", "apcu", "ast", "bcmath", "bz2", "dba", "ds", "enchant", "gearman", "gmagick", "gmp", "gnupg"],
  ...["http", "igbinary", "imagick", "inotify", "interbase", "ldap", "mailparse", "maxminddb", "mcrypt"],
  ...["memcache", "memcached", "mongodb", "msgpack", "oauth", "odbc", "pgsql", "pq", "ps", "pspell", "psr"],
  ...["raphf", "redis", "rrd", "smbclient", "snmp", "soap", "solr", "sqlite3", "ssh2", "stomp", "sybase"],
  ...["tidy", "uploadprogress", "uuid", "xmlrpc", "yac", "yaml", "zmq", "zstd"],
] as const;

export type Extension = (typeof EXTENSIONS)[number];

/** Extensions that PHP has in every image: who names one gets what is there anyway. */
export const ALWAYS = [
  ...[
    "calendar",
    "ctype",
    "curl",
    "dom",
    "exif",
    "ffi",
    "fileinfo",
    "filter",
    "ftp",
    "gd",
    "gettext",
    "hash",
  ],
  ...[
    "iconv",
    "intl",
    "json",
    "libxml",
    "mbstring",
    "mysql",
    "mysqli",
    "mysqlnd",
    "opcache",
    "openssl",
    "pcre",
  ],
  ...["pdo", "pdo_mysql", "phar", "posix", "session", "shmop", "simplexml", "sockets", "sodium", "sysvmsg"],
  ...["sysvsem", "sysvshm", "tokenizer", "xml", "xmlreader", "xmlwriter", "xsl", "zip", "zlib"],
] as const;

/** Debian's package of an extension. */
export function packageOf(extension: Extension): string {
  return `php8.4-${extension}`;
}
