import * as fs from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import { type ImageName, imageContents, imageTag } from "../components/imageSource";
import { type ImageLock, PACKAGE_SETS, type PackageSet } from "../components/imageLock";
import type { HostConfig } from "./config";
import type { SiteConfig } from "./schema";

/** The lock file, committed beside the stack files. VARVOL_LOCK_FILE names another one. */
export function lockFile(): string {
  return process.env.VARVOL_LOCK_FILE ?? path.join(__dirname, "..", "images.lock.json");
}

const lockedSet = z.strictObject({
  snapshot: z.string().regex(/^\d{8}T\d{6}Z$/),
  packages: z.record(z.string(), z.string()),
});

const setName = z.enum(Object.keys(PACKAGE_SETS) as [PackageSet, ...PackageSet[]]);

const lockSchema = z.strictObject({
  sets: z.partialRecord(setName, lockedSet).default({}),
  sites: z.record(z.string(), z.partialRecord(setName, lockedSet)).default({}),
  pins: z.record(z.string(), z.record(z.string(), z.string())).default({}),
});

/** Reads images.lock.json. Throws where it is damaged. */
export function readLock(file = lockFile()): ImageLock {
  try {
    return lockSchema.parse(JSON.parse(fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "{}"));
  } catch (error) {
    throw new Error(
      `${file}: ${(error as Error).message}; take it from version control again, or delete it and run: npx varvol upgrade --modules`,
    );
  }
}

/** Writes images.lock.json with sorted keys, so that version control shows what changed and nothing else. */
export function writeLock(lock: ImageLock, file = lockFile()): void {
  const temporary = `${file}.new`;
  fs.writeFileSync(temporary, `${JSON.stringify(sorted(lock), null, 2)}\n`);
  fs.renameSync(temporary, file);
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

/** The images that a site runs, but for one of the user's own. */
export function imagesOf(site: SiteConfig): ImageName[] {
  switch (site.kind) {
    case "static":
      return site.image ? [] : ["web"];
    case "static-git":
      return site.image ? ["git"] : ["web", "git"];
    case "wordpress":
      return site.image ? ["wordpress-web"] : ["wordpress-php", "wordpress-web"];
  }
}

/** The images that a host's modules run. */
export const MODULE_IMAGES = {
  gateway: "gateway",
  mysql: "mariadb",
  backup: "backup",
} as const satisfies Record<string, ImageName>;

/** The modules that a host has, each with its image. */
export function modulesOf({ backup }: Pick<HostConfig, "backup">): [string, ImageName][] {
  return Object.entries(MODULE_IMAGES).filter(([owner]) => owner !== "backup" || backup !== undefined);
}

/** Every image of Varvol's that a host runs, by name, with the packages in it. */
export function imagesInUse({
  sites,
  lock,
  backup,
}: Pick<HostConfig, "sites" | "lock" | "backup">): Record<string, { packages: Record<string, string> }> {
  const used: [string, ImageName][] = [
    ...modulesOf({ backup }),
    ...sites.flatMap((site) => imagesOf(site).map((image): [string, ImageName] => [site.name, image])),
  ];
  return Object.fromEntries(
    used
      // What is in an image that was rolled back to stands in the lock of that time.
      .filter(([owner, image]) => !lock.pins[owner]?.[image])
      .map(([owner, image]) => [
        imageTag(image, lock, owner),
        { packages: imageContents(image, lock, owner) },
      ]),
  );
}
