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

const types = Object.entries(TYPES)
  .map(([type, endings]) => `    ${type} ${endings};`)
  .join("\n");

/**
 * Parts of a site's nginx.conf that are the same for all sites, and lie in the web image: in the environment of each web
 * container, and so twice in the state, they would be most of it. images/web/ has them as `npm run schema` writes them.
 */
export const WEB_FILES = {
  "types.conf": `types {\n${types}\n}\n`,
  "never-served.conf": `${neverServed}\n`,
} as const;

/** Where nginx finds one. */
export function webFile(name: keyof typeof WEB_FILES): string {
  return `/usr/lib/varvol/${name}`;
}
