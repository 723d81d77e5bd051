import { TIME_LIMITS } from "../timeLimits";
import { HARMLESS_COOKIES } from "./harmlessCookies";
import { neverServed } from "./neverServed";

// What Debian's list of types lacks, as text that nginx takes.
const TYPES = {
  "text/javascript": "mjs",
  "text/vtt": "vtt",
  "text/csv": "csv",
  "text/calendar": "ics",
  "text/vcard": "vcf",
  "text/markdown": "md markdown",
  "application/manifest+json": "webmanifest",
  "application/geo+json": "geojson",
  "application/ld+json": "jsonld",
  "application/json": "topojson",
  "application/feed+json": "jsonfeed",
  "application/yaml": "yaml yml",
  "application/toml": "toml",
  "application/gpx+xml": "gpx",
  "application/dash+xml": "mpd",
  "application/epub+zip": "epub",
  "application/gzip": "gz tgz",
  "application/x-tar": "tar",
  "application/x-bzip2": "bz2",
  "application/vnd.apple.pkpass": "pkpass",
  "application/vnd.android.package-archive": "apk",
  "application/x-subrip": "srt",
  "font/ttf": "ttf",
  "font/otf": "otf",
  "font/collection": "ttc",
  "image/apng": "apng",
  "image/jxl": "jxl",
  "image/heic": "heic",
  "model/gltf+json": "gltf",
  "model/gltf-binary": "glb",
  "model/vnd.usdz+zip": "usdz",
  "audio/flac": "flac",
  "audio/wav": "wav",
  "audio/aac": "aac",
  "audio/ogg": "oga opus",
};

// What gets smaller: images, sound, films, archives and WOFF are packed already. text/html is always meant.
const COMPRESSED = [
  ...["text/css", "text/plain", "text/xml", "text/javascript", "text/vtt", "text/csv", "text/calendar"],
  ...[
    "text/vcard",
    "text/markdown",
    "application/javascript",
    "application/json",
    "application/manifest+json",
  ],
  ...["application/geo+json", "application/ld+json", "application/feed+json", "application/wasm"],
  ...["application/xml", "application/xhtml+xml", "application/rss+xml", "application/atom+xml"],
  ...[
    "application/gpx+xml",
    "application/yaml",
    "application/toml",
    "application/x-subrip",
    "model/gltf+json",
  ],
  ...["image/svg+xml", "image/x-icon", "image/bmp", "font/ttf", "font/otf", "font/collection"],
  "application/vnd.ms-fontobject",
];

const types = Object.entries(TYPES)
  .map(([type, endings]) => `    ${type} ${endings};`)
  .join("\n");

function escaped(type: string): string {
  return type.replaceAll(/[.+]/g, "\\$&");
}

const webFolder = "/usr/lib/varvol";

// Level 3 takes as long as gzip's 1, and a half MiB for each answer that is under way; at 6, with the module's own window, it
// would be more than two of the 64 that the container has.
const brotli = `brotli on;
brotli_comp_level 3;
brotli_window 128k;
brotli_min_length 1000;
brotli_types ${COMPRESSED.join(" ")};
`;

const http = `include /etc/nginx/mime.types;
types {
${types}
}
default_type application/octet-stream;
# Only plain text can't say by itself what it is written in; a page does.
map $sent_http_content_type $written_in { default ""; "~^text/plain" utf-8; }
charset $written_in;
access_log off;
server_tokens off;
sendfile on;
tcp_nopush on;
# The gateway gives up first.
send_timeout ${TIME_LIMITS.gatewayRead}s;
large_client_header_buffers 4 32k;
# A large file is read as fast as the visitor takes it, instead of waiting for him on the gateway's disk; but for one that is
# compressed, as that takes memory for as long as it takes.
map "$upstream_addr:$sent_http_content_length:$sent_http_content_type" $buffering {
    default "";
    "~^:\\d{8,}:(?!text/html|${COMPRESSED.map(escaped).join("|")})" no;
}
add_header X-Accel-Buffering $buffering;
gzip on;
gzip_vary on;
gzip_min_length 1000;
gzip_types ${COMPRESSED.join(" ")};
include ${webFolder}/brotli.con[f];
client_body_temp_path /tmp/body;
proxy_temp_path /tmp/proxy;
fastcgi_temp_path /tmp/fastcgi;
uwsgi_temp_path /tmp/uwsgi;
scgi_temp_path /tmp/scgi;
absolute_redirect off;
`;

/**
 * Parts of a site's nginx.conf that are the same for all sites, and lie in the web image: in the environment of each web
 * container, and so twice in the state, they would be most of it. images/web/ has them as `npm run schema` writes them.
 */
export const WEB_FILES = {
  "http.conf": http,
  // It is there where the lock has the module.
  "brotli.conf": brotli,
  "cookies.conf": `map $http_cookie $personal_cookie {
    default 1;
    "" "";
    "~${HARMLESS_COOKIES}" "";
}
`,
  "never-served.conf": `${neverServed}\n`,
} as const;

/** Where nginx finds one. */
export function webFile(name: keyof typeof WEB_FILES): string {
  return `${webFolder}/${name}`;
}
