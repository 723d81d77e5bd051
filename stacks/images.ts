import { type ImageName, imageContents, imageTag } from "../components/imageSource";
import type { HostConfig } from "./config";
import { imagesOf, type Role, shapeOf } from "./kinds";
import { moduleOf, modulesOf } from "./modules";

/** The containers of a site or module, with the images of Varvol's that they run. */
export function containersOf({ sites }: Pick<HostConfig, "sites">, owner: string): readonly Role[] {
  const site = sites.find(({ name }) => name === owner);
  return site ? shapeOf(site).containers : (moduleOf(owner)?.containers ?? []);
}

/** What tells which images a host runs. */
export type ImagesOf = Pick<HostConfig, "sites" | "backup" | "tls" | "mail" | "notify" | "statusPage">;

/** The images of Varvol's that a site or module runs, for a moment or for good. */
export function imagesOfOwner(host: ImagesOf, owner: string): ImageName[] {
  const site = host.sites.find(({ name }) => name === owner);
  if (site) return imagesOf(site);
  const module = moduleOf(owner);
  return [
    ...containersOf(host, owner).flatMap(({ image }) => image ?? []),
    ...(module?.images?.(host) ?? []),
  ];
}

/** Every image of Varvol's that a host runs, by name, with the packages in it. */
export function imagesInUse(
  host: ImagesOf & Pick<HostConfig, "lock">,
): Record<string, { packages: Record<string, string> }> {
  const { sites, lock } = host;
  return Object.fromEntries(
    [...modulesOf(host), ...sites]
      .flatMap(({ name }) => imagesOfOwner(host, name).map((image): [string, ImageName] => [name, image]))
      // What is in an image that was rolled back to stands in the lock of that time.
      .filter(([owner, image]) => !lock.pins[owner]?.[image])
      .map(([owner, image]) => [
        imageTag(image, lock, owner),
        { packages: imageContents(image, lock, owner) },
      ]),
  );
}
