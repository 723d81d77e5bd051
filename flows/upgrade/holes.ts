import { imageContents, type ImageName } from "../../components/imageSource";
import { askHost } from "../../machine/scripts";
import { baseImage } from "../../machine/setup/base-image";
import type { HostConfig } from "../../stacks/config";
import { imagesOfOwner, type ImagesOf } from "../../stacks/images";
import { chooseOwners } from "./upgrade";

/** A package that is locked at a version for which there is a security update. */
export interface Hole {
  readonly package: string;
  readonly locked: string;
  readonly fixed: string;
  /** Images with it. */
  readonly images: readonly ImageName[];
  /** Sites and modules that run one of them. */
  readonly owners: readonly string[];
}

/** An image of which the lock doesn't tell what is in it. */
export interface Unknown {
  readonly owner: string;
  readonly image: string;
}

export interface Checked {
  readonly holes: readonly Hole[];
  readonly unknown: readonly Unknown[];
}

/** An image as one site or module runs it, with the versions that are locked for it. */
interface Use {
  readonly owner: string;
  readonly image: ImageName;
  readonly packages: Readonly<Record<string, string>>;
}

type Host = ImagesOf & Pick<HostConfig, "lock">;

/** Asks Debian's security archive about what is locked for all sites and modules, or for those named. */
export async function checkHoles(config: HostConfig, names: readonly string[]): Promise<Checked> {
  const owners = chooseOwners(config, names, names.length === 0);
  const uses = usesOf(config, owners);
  const pairs = uses.flatMap(({ packages }) =>
    Object.entries(packages).map(([name, version]) => `${name}=${version}`),
  );
  const text = await askHost(config, "holes", [baseImage, ...new Set(pairs)]);
  return { holes: holesIn(text, uses), unknown: unknownOf(config, owners) };
}

/** What sites and modules run of which the lock tells what is in it. */
export function usesOf(host: Host, owners: readonly string[]): Use[] {
  return owners.flatMap((owner) =>
    imagesOfOwner(host, owner)
      .filter((image) => !host.lock.pins[owner]?.[image])
      .map((image) => ({ owner, image, packages: imageContents(image, host.lock, owner) })),
  );
}

/** Images that were rolled back to, and those of the user's own. */
export function unknownOf({ sites, lock }: Host, owners: readonly string[]): Unknown[] {
  return owners.flatMap((owner) => {
    const site = sites.find(({ name }) => name === owner);
    const images = [...Object.values(lock.pins[owner] ?? {}), ...(site?.image ? [site.image] : [])];
    return images.map((image) => ({ owner, image }));
  });
}

/** What the host says of packages (machine/scripts/holes.sh), by the images that have them. */
export function holesIn(text: string, uses: readonly Use[]): Hole[] {
  return text
    .split("\n")
    .map((line) => line.split(" "))
    .flatMap(([word, name = "", locked = "", fixed = ""]): Hole[] => {
      if (word !== "hole" && word !== "base") return [];
      // What is in the base image is in all that the lock names no other version for.
      const held = word === "base" ? undefined : locked;
      const having = uses.filter(({ packages }) => packages[name] === held);
      if (having.length === 0) return [];
      return [
        {
          ...{ package: name, locked, fixed },
          images: unique(having.map(({ image }) => image)),
          owners: unique(having.map(({ owner }) => owner)),
        },
      ];
    })
    .sort((a, b) => (a.package < b.package ? -1 : 1));
}

function unique<T>(all: readonly T[]): T[] {
  return [...new Set(all)];
}
