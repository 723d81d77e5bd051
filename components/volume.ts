import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Moved } from "../agent/places";
import type { UnpackedAs } from "../agent/protocol";
import { volume } from "../machine/tools";
import { agentJob } from "./agent/job";
import type { Mount } from "./container";
import type { Host } from "./host";
import { imageOn } from "./image";
import { writtenBy } from "./written";

/** A folder of a volume and who owns it. */
export interface Folder {
  /** One that lies in another comes after that. */
  readonly name: string;
  /** Octal mode. Defaults to 0750. */
  readonly mode?: string;
  /** uid:gid. Defaults to 33:33. */
  readonly owner?: string;
  /** What fills it while it is empty. Defaults to nothing. */
  readonly import?: Filling;
}

/** A folder or an archive on the control machine that a folder is filled from. */
export interface Filling {
  readonly source: string;
  /** What it is unpacked as. */
  readonly as: UnpackedAs;
  /** Where folders of a WordPress lay that have a place of their own here. Defaults to none. */
  readonly moved?: Moved;
  /** Whether that is a WordPress's, of which what can't run here is set aside. Defaults to false. */
  readonly setAside?: boolean;
}

/** A file that only its owner reads. */
export interface SecretFile {
  /** Path below the volume; its folder must be one of the volume's. */
  readonly name: string;
  readonly content: pulumi.Input<string>;
  /** uid:gid. Defaults to 33:33. */
  readonly owner?: string;
}

export interface VolumeArgs {
  readonly host: Host;
  readonly folders: readonly Folder[];
  readonly secrets?: readonly SecretFile[];
}

/** A container's state: /var/vol/<name>. Removing it from the program never removes it from the host. */
export class Volume extends pulumi.ComponentResource {
  /** Path on the host, known once its folders are there. */
  readonly path: pulumi.Output<string>;
  private readonly root: string;

  constructor(name: string, args: VolumeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:Volume", name, {}, opts);
    const { host, folders, secrets = [] } = args;
    this.root = host.folder(name);
    const texts = pulumi.all(secrets.map(({ content }) => pulumi.output(content)));
    const made = host.run(
      `${host.scoped(name)}-volume`,
      {
        tool: volume,
        args: { path: this.root },
        input: texts.apply((contents) => ({
          folders: folders.map(({ name: folder, mode, owner }) => ({
            ...{ name: folder, mode: mode ?? "0750", owner: owner ?? "33:33" },
          })),
          secrets: secrets.map(({ name: file, owner }, i) => ({
            ...{ name: file, owner: owner ?? "33:33", content: contents[i] ?? "" },
          })),
        })),
      },
      { parent: this },
    );
    const filled = folders.flatMap((folder) =>
      folder.import ? [this.fill(name, host, folder, folder.import, made)] : [],
    );
    this.path = pulumi
      .all([made.stdout, ...filled.map(({ stdout }) => stdout)])
      .apply(([path]) => path ?? this.root);
    const files = texts.apply((contents) =>
      Object.fromEntries(secrets.map(({ name: file }, i) => [`${name}/${file}`, contents[i] ?? ""])),
    );
    this.registerOutputs({ path: this.path, written: pulumi.secret(writtenBy(made, files)) });
  }

  /** Has the agent fill a folder that is empty. */
  private fill(
    name: string,
    host: Host,
    { name: folder, owner = "33:33" }: Folder,
    { source, as, moved = {}, setAside }: Filling,
    made: pulumi.Resource,
  ): command.local.Command {
    const sent = host.import(`${name}-${folder}`, source);
    const image = imageOn(host, "agent", "agent").name;
    const request = {
      ...{ job: "unpack" as const, image, owner, as, moved },
      ...{ target: `${this.root}/${folder}`, source: sent.path },
      ...(setAside && { setAside }),
    };
    const options = { parent: this, dependsOn: made };
    return agentJob(`${host.scoped(name)}-${folder}-import`, "unpack", { host, request, sent }, options);
  }

  /** One of the volume's folders inside a container. */
  mount(folder: string, target: string, access: "rw" | "ro"): Mount {
    return { source: `${this.root}/${folder}`, target, readOnly: access === "ro" };
  }
}
