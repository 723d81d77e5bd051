import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "./host";

const CONTEXT = path.join(__dirname, "..", "images");

/** Varvol's images: the folders of images/ that each is built from, and the build's target. */
const SOURCES = {
  gateway: { folders: ["gateway"] },
  web: { folders: ["web"] },
  git: { folders: ["git"] },
  mariadb: { folders: ["mariadb"] },
  "wordpress-php": { folders: ["wordpress"], target: "php" },
  "wordpress-web": { folders: ["wordpress", "web"], target: "web" },
} as const satisfies Record<string, { folders: readonly string[]; target?: string }>;

export type ImageName = keyof typeof SOURCES;

export interface ImageArgs {
  readonly host: Host;
  /** One of Varvol's own images, or the user's, as name@sha256:…. */
  readonly source: ImageName | { readonly pinned: string };
}

const shared = new WeakMap<Host, Map<string, Image>>();

/** The image on the host; all that need it share one resource. */
export function imageOn(host: Host, source: ImageArgs["source"]): Image {
  const images = shared.get(host) ?? new Map<string, Image>();
  shared.set(host, images);
  const name = typeof source === "string" ? source : source.pinned;
  const image =
    images.get(name) ?? new Image(host.scoped(`image-${name}`), { host, source }, { parent: host });
  images.set(name, image);
  return image;
}

/** An image on the host: built there from images/, or pulled. Its name changes with its content, so a preview tells. */
export class Image extends pulumi.ComponentResource {
  /** The name that containers use: a plain string, known in a preview. */
  readonly name: string;
  /** What a container must wait for. */
  readonly present: pulumi.Resource;

  constructor(name: string, args: ImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:Image", name, {}, opts);
    const { source } = args;
    this.name = typeof source === "string" ? imageTag(source) : source.pinned;
    this.present = new docker.RemoteImage(
      name,
      { name: this.name, keepLocally: true, ...(typeof source === "string" && { build: buildArgs(source) }) },
      { parent: this, provider: args.host.docker, ignoreChanges: ["build"], deleteBeforeReplace: false },
    );
    this.registerOutputs({ name: this.name });
  }
}

/** The tag of one of Varvol's images: the hash of everything it is built from. */
export function imageTag(name: ImageName): string {
  const source: { folders: readonly string[]; target?: string } = SOURCES[name];
  const hash = crypto.createHash("sha256").update(source.target ?? "");
  for (const folder of source.folders) {
    for (const file of listFiles(path.join(CONTEXT, folder))) {
      hash
        .update(`${path.relative(CONTEXT, file)}\0${fs.statSync(file).mode & 0o111}\0`)
        .update(fs.readFileSync(file));
    }
  }
  return `varvol/${name}:${hash.digest("hex").slice(0, 12)}`;
}

function buildArgs(name: ImageName): docker.types.input.RemoteImageBuild {
  const source: { folders: readonly string[]; target?: string } = SOURCES[name];
  return {
    context: CONTEXT,
    dockerfile: `${source.folders[0]}/Dockerfile`,
    target: source.target,
    // Without it the image lands on this machine's daemon, whatever host the provider has.
    useLegacyBuilder: true,
  };
}

function listFiles(folder: string): string[] {
  return fs
    .readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}
