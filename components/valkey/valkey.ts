import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Mount } from "../container";
import { Generation } from "../generation";
import type { Host } from "../host";
import { imageOn } from "../image";
import { type SecretFile, Volume } from "../volume";
import { sha256 } from "../written";
import { containerMemory, usersAcl } from "./acl";

export interface ValkeyArgs {
  readonly host: Host;
  /** Sites that keep objects there. */
  readonly sites: readonly string[];
  /** MiB that all objects may take together. */
  readonly objects: number;
}

/** How a site keeps objects. */
export interface ObjectCache {
  /** The server's socket, in a folder that no other container has. */
  readonly mount: Mount;
  /** User and password, in the folder that is /run/secrets to php. */
  readonly secret: SecretFile;
  /** What php waits for. The server itself may be away: a page is made without it then. */
  readonly after: pulumi.Resource;
}

const OWNER = "995:995";
/** php's group may go into the folder, and nobody else who has an account on the host. */
const SHARED = "995:33";

/**
 * A cache of sites' objects in memory: a valkey that listens at a socket alone. Nothing of it is written down, and a new
 * server is an empty one.
 */
export class Valkey extends pulumi.ComponentResource {
  private readonly passwords: ReadonlyMap<string, pulumi.Output<string>>;
  private readonly volume: Volume;

  constructor(name: string, args: ValkeyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:Valkey", name, {}, opts);
    const { host, sites, objects } = args;
    this.passwords = new Map(
      sites.map((site) => [
        site,
        new random.RandomPassword(
          `${host.scoped(site)}-valkey-password`,
          { length: 32, special: false },
          { parent: this },
        ).result,
      ]),
    );
    const users = pulumi
      .all(Object.fromEntries(this.passwords))
      .apply((all) => usersAcl(Object.entries(all).map(([site, password]) => ({ site, password }))));
    this.volume = new Volume(
      "valkey",
      {
        host,
        folders: [
          { name: "config", owner: OWNER, mode: "0700" },
          { name: "run", owner: SHARED, mode: "0750" },
        ],
        secrets: [{ name: "config/users.acl", content: users, owner: OWNER }],
      },
      { parent: this },
    );
    new Generation(
      `${host.scoped(name)}-server`,
      {
        host,
        image: imageOn(host, "valkey", "valkey"),
        owner: "valkey",
        role: "valkey",
        probe: { by: "exec" },
        after: [this.volume],
        // Two would take the socket from each other.
        exclusiveName: host.scoped("valkey"),
        container: {
          // It reads its users as it starts; their hashes are of words that nobody can guess.
          env: {
            OBJECTS: String(objects),
            USERS: pulumi.unsecret(users.apply((text) => sha256(text).slice(0, 16))),
          },
          user: OWNER,
          mounts: [
            this.volume.mount("config", "/etc/varvol", "ro"),
            this.volume.mount("run", "/run/valkey", "rw"),
          ],
          networks: "none",
          memory: containerMemory(objects),
          stopSignal: "SIGTERM",
          grace: 10,
        },
      },
      { parent: this },
    );
    this.registerOutputs({});
  }

  /** How a site keeps objects; undefined where it keeps none. */
  cache(site: string): ObjectCache | undefined {
    const password = this.passwords.get(site);
    return (
      password && {
        mount: this.volume.mount("run", "/run/valkey", "ro"),
        secret: { name: "secrets/valkey", content: pulumi.interpolate`${site} ${password}` },
        after: this.volume,
      }
    );
  }
}
