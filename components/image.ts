import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "./host";
import { hasOwnSet, type ImageLock } from "./imageLock";
import { extensionsIn, imageBuild, type ImageName, imageTag, packageSets } from "./imageSource";

export interface ImageArgs {
  readonly host: Host;
  /** Name to run, which changes with the content. */
  readonly image: string;
  /** How to build it; undefined for one that is pulled, or that an earlier generation left on the host. */
  readonly build?: docker.types.input.RemoteImageBuild;
}

/** An image on the host: built there from images/, or pulled. */
export class Image extends pulumi.ComponentResource {
  /** The name that containers use: a plain string, known in a preview, so that it tells what is replaced. */
  readonly name: string;
  /** What a container must wait for. */
  readonly present: pulumi.Resource;

  constructor(name: string, args: ImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:Image", name, {}, opts);
    this.name = args.image;
    this.present = new docker.RemoteImage(
      name,
      { name: args.image, keepLocally: true, build: args.build },
      { parent: this, provider: args.host.docker, deleteBeforeReplace: false },
    );
    this.registerOutputs({ name: this.name });
  }
}

const shared = new WeakMap<Host, Map<string, Image>>();

/** One of Varvol's images as a site or module runs it, or the user's own; all that run the same share one resource. */
export function imageOn(host: Host, source: ImageName | { readonly pinned: string }, owner: string): Image {
  const images = shared.get(host) ?? new Map<string, Image>();
  shared.set(host, images);
  const { name, ...args } =
    typeof source === "string"
      ? ownImage(source, owner, host.imageLock)
      : { name: `image-${owner}-own`, image: source.pinned };
  const image = images.get(name) ?? new Image(host.scoped(name), { host, ...args }, { parent: host });
  images.set(name, image);
  return image;
}

/** The name of one of Varvol's images as a site or module runs it, an earlier one where it was rolled back to that. */
export function imageName(name: ImageName, owner: string, lock: ImageLock): string {
  return lock.pins[owner]?.[name] ?? imageTag(name, lock, owner);
}

function ownImage(name: ImageName, owner: string, lock: ImageLock) {
  const pinned = lock.pins[owner]?.[name];
  if (pinned) return { name: `image-${name}-${owner}`, image: pinned };
  const apart = hasOwnSet(lock, packageSets(name), owner) || extensionsIn(name, lock, owner) !== undefined;
  return {
    name: apart ? `image-${name}-${owner}` : `image-${name}`,
    image: imageTag(name, lock, owner),
    build: imageBuild(name, lock, owner),
  };
}
