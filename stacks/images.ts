import { type ImageName, imageContents, imageTag } from "../components/imageSource";
import type { HostConfig } from "./config";
import type { SiteConfig } from "./schema";

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
  agent: "agent",
} as const satisfies Record<string, ImageName>;

/** The modules that a host has, each with its image. */
export function modulesOf({ backup }: Pick<HostConfig, "backup">): [string, ImageName][] {
  return Object.entries(MODULE_IMAGES).filter(([owner]) => owner !== "agent" || backup !== undefined);
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
