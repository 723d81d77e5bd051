import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { ensureAgentBundle } from "./agentBundle";
import { type ImageLock, type LockedSet, lockedSet, type PackageSet } from "./imageLock";

const CONTEXT = path.join(__dirname, "..", "images");

interface Source {
  /** Files and folders of images/ that the image is built from. */
  readonly files: readonly string[];
  readonly dockerfile: string;
  readonly target?: string;
  /** Build argument -> the packages that it names. */
  readonly packages: Readonly<Record<string, PackageSet>>;
  /** Build argument that names a site's own extensions of PHP. */
  readonly extensions?: string;
}

const COMMON = ["install-packages"];

/** Varvol's images. */
const SOURCES = {
  gateway: { files: ["gateway"], dockerfile: "gateway/Dockerfile", packages: { PACKAGES: "gateway" } },
  web: { files: ["web"], dockerfile: "web/Dockerfile", packages: { PACKAGES: "web" } },
  git: { files: ["git"], dockerfile: "git/Dockerfile", packages: { PACKAGES: "git" } },
  mariadb: { files: ["mariadb"], dockerfile: "mariadb/Dockerfile", packages: { PACKAGES: "mariadb" } },
  acme: { files: ["acme"], dockerfile: "acme/Dockerfile", packages: { PACKAGES: "acme" } },
  apprise: { files: ["apprise"], dockerfile: "apprise/Dockerfile", packages: { PACKAGES: "apprise" } },
  mail: { files: ["mail"], dockerfile: "mail/Dockerfile", packages: { PACKAGES: "mail" } },
  valkey: { files: ["valkey"], dockerfile: "valkey/Dockerfile", packages: { PACKAGES: "valkey" } },
  agent: { files: ["agent"], dockerfile: "agent/Dockerfile", packages: { PACKAGES: "agent" } },
  php: {
    files: ["php", "on-demand", "sendmail"],
    dockerfile: "php/Dockerfile",
    packages: { PHP_PACKAGES: "php" },
    extensions: "EXTENSIONS",
  },
  "php-git": { files: ["git", "php-git"], dockerfile: "php-git/Dockerfile", packages: { PACKAGES: "git" } },
  "wordpress-php": {
    files: ["wordpress", "on-demand", "sendmail"],
    dockerfile: "wordpress/Dockerfile",
    target: "php",
    packages: { PHP_PACKAGES: "php", WORDPRESS_PACKAGES: "wordpress" },
    extensions: "EXTENSIONS",
  },
  "wordpress-web": {
    files: ["wordpress/Dockerfile", "web"],
    dockerfile: "wordpress/Dockerfile",
    target: "web",
    packages: { WEB_PACKAGES: "web", WORDPRESS_PACKAGES: "wordpress" },
  },
} as const satisfies Record<string, Source>;

export type ImageName = keyof typeof SOURCES;

export const IMAGE_NAMES = Object.keys(SOURCES) as ImageName[];

/** The package sets that an image is built from. */
export function packageSets(name: ImageName): PackageSet[] {
  return Object.values((SOURCES[name] as Source).packages);
}

/** What the lock has for an image of a site's alone, beside package sets. */
export function extensionsIn(name: ImageName, lock: ImageLock, owner: string): LockedSet | undefined {
  return (SOURCES[name] as Source).extensions === undefined ? undefined : lock.extensions?.[owner];
}

/** Every image that a site or module may run, and the packages in it. */
export function imageContents(name: ImageName, lock: ImageLock, owner: string): Record<string, string> {
  const sets = packageSets(name).map((set) => lockedSet(lock, set, owner));
  const all = [...sets, extensionsIn(name, lock, owner)].map((set) => set?.packages ?? {});
  return Object.assign({}, ...all) as Record<string, string>;
}

/** The name of one of Varvol's images: its tag is the hash of everything it is built from. */
export function imageTag(name: ImageName, lock: ImageLock, owner: string): string {
  const source: Source = SOURCES[name];
  if (name === "agent") ensureAgentBundle();
  const hash = crypto.createHash("sha256").update(source.target ?? "");
  for (const set of packageSets(name)) hash.update(sorted(lockedSet(lock, set, owner)));
  const extensions = extensionsIn(name, lock, owner);
  if (extensions) hash.update(sorted(extensions));
  for (const file of [...source.files, ...COMMON].flatMap((entry) => listFiles(path.join(CONTEXT, entry)))) {
    hash
      .update(`${path.relative(CONTEXT, file)}\0${fs.statSync(file).mode & 0o111}\0`)
      .update(fs.readFileSync(file));
  }
  return `varvol/${name}:${hash.digest("hex").slice(0, 12)}`;
}

function sorted({ packages }: LockedSet): string {
  return JSON.stringify(Object.entries(packages).sort());
}

/** How one of Varvol's images is built. */
export function imageBuild(name: ImageName, lock: ImageLock, owner: string) {
  const source: Source = SOURCES[name];
  const extensions = extensionsIn(name, lock, owner);
  const sets: [string, LockedSet][] = [
    ...Object.entries(source.packages).map(([argument, set]): [string, LockedSet] => [
      argument,
      lockedSet(lock, set, owner),
    ]),
    ...(extensions ? [[source.extensions ?? "", extensions] as [string, LockedSet]] : []),
  ];
  return {
    // Relative, so that a checkout elsewhere has no other one.
    context: path.relative(process.cwd(), CONTEXT),
    dockerfile: source.dockerfile,
    target: source.target,
    buildArgs: {
      ...Object.fromEntries(sets.map(([argument, { packages }]) => [argument, named(packages)])),
      SNAPSHOT: newest(sets.map(([, { snapshot }]) => snapshot)),
    },
    // Without it the image lands on this machine's daemon, whatever host the provider has.
    useLegacyBuilder: true,
  };
}

/** The words that build one of them by docker's own command; `folder` is where images/ lies, and the context follows. */
export function imageBuildCommand(name: ImageName, lock: ImageLock, owner: string, folder: string): string[] {
  const { dockerfile, buildArgs } = imageBuild(name, lock, owner);
  const args = Object.entries(buildArgs).flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]);
  const file = path.join(folder, dockerfile);
  return ["docker", "build", "-q", "-t", imageTag(name, lock, owner), "-f", file, ...args];
}

function named(packages: Readonly<Record<string, string>>): string {
  return Object.entries(packages)
    .map(([one, version]) => `${one}=${version}`)
    .join(" ");
}

function newest(moments: readonly string[]): string {
  return [...moments].sort().at(-1) ?? "";
}

function listFiles(entry: string): string[] {
  if (fs.statSync(entry).isFile()) return [entry];
  return fs
    .readdirSync(entry, { withFileTypes: true, recursive: true })
    .filter((file) => file.isFile())
    .map((file) => path.join(file.parentPath, file.name))
    .sort();
}
