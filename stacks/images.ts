import { type ImageName, imageContents, imageTag } from "../components/imageSource";
import type { HostConfig } from "./config";
import { imagesOf, type Role, shapeOf } from "./kinds";
import { moduleOf, modulesOf } from "./modules";

/** The containers of a site or module, with the images of Varvol's that they run. */
export function containersOf({ sites }: Pick<HostConfig, "sites">, owner: string): readonly Role[] {
  const site = sites.find(({ name }) => name === owner);
  return site ? shapeOf(site).containers : (moduleOf(owner)?.containers ?? []);
}

/** Every image of Varvol's that a host runs, by name, with the packages in it. */
export function imagesInUse(
  host: Pick<HostConfig, "sites" | "lock" | "backup" | "tls" | "mail">,
): Record<string, { packages: Record<string, string> }> {
  const { sites, lock } = host;
  const used = [
    ...modulesOf(host).flatMap(({ name, containers, images }) =>
      [...containers.map(({ image }) => image), ...(images?.(host) ?? [])].map((image) => ({ name, image })),
    ),
    ...sites.flatMap((site) => imagesOf(site).map((image) => ({ name: site.name, image }))),
  ].flatMap(({ name, image }): [string, ImageName][] => (image ? [[name, image]] : []));
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
