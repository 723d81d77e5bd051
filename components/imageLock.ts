/** Packages that are installed and upgraded together, by what they are for. */
export const PACKAGE_SETS = {
  gateway: ["ca-certificates", "curl", "libio-fdpass-perl", "nginx-light", "perl-base"],
  web: ["curl", "libnginx-mod-http-brotli-filter", "libnginx-mod-http-cache-purge", "nginx-light"],
  git: ["ca-certificates", "git", "git-lfs", "openssh-client"],
  mariadb: ["mariadb-server"],
  acme: ["ca-certificates", "lego"],
  apprise: ["apprise", "ca-certificates"],
  valkey: ["valkey-server"],
  mail: ["ca-certificates", "libsasl2-modules", "opendkim", "postfix", "sasl2-bin"],
  agent: [
    ...["bzip2", "ca-certificates", "curl", "docker-cli", "jq", "nodejs", "openssh-client", "restic"],
    ...["restic-rest-server", "xz-utils", "zstd"],
  ],
  php: [
    ...[
      "ca-certificates",
      "iproute2",
      "libfcgi-bin",
      "php8.4-curl",
      "php8.4-fpm",
      "php8.4-gd",
      "php8.4-intl",
    ],
    ...["php8.4-mbstring", "php8.4-mysql", "php8.4-opcache", "php8.4-xml", "php8.4-zip"],
  ],
  wordpress: [
    ...["wordpress", "wordpress-theme-twentytwentyfive"],
    ...["libjs-cropper", "libjs-lodash", "libjs-underscore", "php-getid3"],
  ],
} as const satisfies Record<string, readonly string[]>;

export type PackageSet = keyof typeof PACKAGE_SETS;

/** Exact versions of everything that a set installs on top of the base image. */
export interface LockedSet {
  /** When the versions were looked up, as snapshot.debian.org names a moment: 20261121T000000Z. */
  readonly snapshot: string;
  /** When they were last found to be the newest, as such a moment, where that was later. */
  readonly looked?: string;
  readonly packages: Readonly<Record<string, string>>;
}

/** What a site's php has beside the set php, as its key says. */
export interface LockedExtensions extends LockedSet {
  /** The extensions that were asked for: others come along. */
  readonly names: readonly string[];
}

/** images.lock.json: what images are built from. Nothing is upgraded but by a change of it. */
export interface ImageLock {
  readonly sets: Readonly<Partial<Record<PackageSet, LockedSet>>>;
  /** Sites that were upgraded by name, and so have versions of their own. */
  readonly sites: Readonly<Record<string, Readonly<Partial<Record<PackageSet, LockedSet>>>>>;
  /** Sites and modules that were rolled back: by image, the earlier image's name. */
  readonly pins: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Further packages of single sites' php. */
  readonly extensions?: Readonly<Record<string, LockedExtensions>>;
}

/** What a set is locked to for a site or module. Throws where the lock doesn't know the set. */
export function lockedSet(lock: ImageLock, set: PackageSet, owner: string): LockedSet {
  const locked = lock.sites[owner]?.[set] ?? lock.sets[set];
  if (!locked)
    throw new Error(`images.lock.json has no versions for ${set}; run: npx varvol upgrade --modules`);
  return locked;
}

/** Whether a site has versions of its own for a set. */
export function hasOwnSet(lock: ImageLock, sets: readonly PackageSet[], owner: string): boolean {
  return sets.some((set) => lock.sites[owner]?.[set] !== undefined);
}
