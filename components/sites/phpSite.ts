import * as pulumi from "@pulumi/pulumi";
import { phpSwitch, volume as volumeTool } from "../../machine/tools";
import type { Mount } from "../container";
import type { Vhost } from "../gateway/vhost";
import { Generation } from "../generation";
import { imageOn } from "../image";
import { Database } from "../mysql/database";
import type { Mysql } from "../mysql/mysql";
import { phpNetworks } from "../networks";
import { OWN_PORTS } from "../ports";
import { Volume } from "../volume";
import { createHook, hookMount } from "./hook";
import { phpConf } from "./phpNginx";
import { mailEnv, mailSecrets } from "./phpMail";
import { type PhpLimits, phpEnv, queueWait, timesOf } from "./phpLimits";
import { createPuller, type GitArgs, volumeOf } from "./puller";
import type { Site, SiteArgs } from "./site";
import { Web } from "./web";

export interface PhpSiteArgs extends SiteArgs {
  /** Document root below the code; empty for all of it. */
  readonly root: string;
  /** Script below the document root that answers all that is no file. */
  readonly front?: string;
  /** Folders below the code that the application writes to. */
  readonly writable: readonly string[];
  /** The page that tells whether the application is well. */
  readonly health: string;
  /** Where it has a database: the server. */
  readonly mysql?: Mysql;
  /** What php may take. */
  readonly php: PhpLimits;
  /** Memory limit of the php container in MiB. */
  readonly phpMemory: number;
  /** The code, and an SQL dump, that fill what is empty. */
  readonly import?: { readonly content?: string; readonly database?: string };
  /** A repository that the code comes from instead. */
  readonly git?: GitArgs;
  /** Memory limit of the puller in MiB. */
  readonly gitMemory: number;
}

/**
 * A PHP application: its code in /var/vol/<name>/site, which only the host or a puller changes, and what it writes in
 * /var/vol/<name>/data, where the code has folders for that.
 */
export class PhpSite extends pulumi.ComponentResource implements Site {
  readonly vhost: Vhost;
  readonly secrets: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: PhpSiteArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:PhpSite", name, {}, opts);
    const { uploads } = args.php;
    const times = timesOf(args.php);
    const hook = args.git?.hook ? createHook(name, args, this) : undefined;
    const database = args.mysql && this.createDatabase(name, args, args.mysql);
    const volume = this.createVolume(name, args, database);
    const code = args.git
      ? this.createPuller(name, args, args.git, volume)
      : this.createMountPoints(name, args, volume);
    const php = this.createPhp(name, args, volume, [code, ...(database ? [database] : [])]);
    // nginx follows the link at its next connection; the old php-fpm ends once its queue is empty.
    const switched = args.host.run(
      `${args.host.scoped(name)}-php-switch`,
      {
        tool: phpSwitch,
        args: php.healthyId.apply((container) => ({
          ...{ folder: `${args.host.folder(name)}/run`, container },
          ...queueWait(times),
        })),
      },
      { parent: this },
    );
    const web = new Web(
      args.host.scoped(`${name}-web`),
      {
        ...args,
        image: undefined,
        site: name,
        source: "web",
        times,
        nginxConf: pulumi
          .output(hook?.hash)
          .apply((hash) =>
            phpConf({
              root: documentRoot(args),
              front: args.front,
              writable: args.writable.flatMap((folder) => servedAs(folder, args.root)),
              uploads,
              times,
              denied: args.denied,
              hook: hash,
            }),
          ),
        mounts: [
          volume.mount("site", "/srv/site", "ro"),
          ...dataMounts(args, volume, "ro"),
          volume.mount("run", "/run/php", "ro"),
          ...(hook ? [hookMount(volume)] : []),
        ],
        after: [switched],
      },
      { parent: this },
    );
    this.vhost = args.gateway.vhost(
      name,
      {
        ...{ domains: args.domains, upstream: web.upstream, cacheable: false, hook: args.git?.hook },
        ...{ uploads, times },
      },
      this,
    );
    this.secrets = hook ? { hook: hook.address } : {};
    this.registerOutputs({});
  }

  private createDatabase(name: string, { host, import: from }: PhpSiteArgs, mysql: Mysql): Database {
    return new Database(name, { host, mysql, import: from?.database }, { parent: this });
  }

  private createVolume(name: string, args: PhpSiteArgs, database: Database | undefined): Volume {
    const { host, git, writable, import: from } = args;
    const pulled = git ? volumeOf(git) : { folders: [], secrets: [] };
    const code = git || !from?.content ? undefined : { source: from.content, as: "code" as const };
    return new Volume(
      name,
      {
        host,
        folders: [
          { name: "site", import: code },
          ...pulled.folders,
          ...(writable.length > 0 ? ["data", ...writable.map((folder) => `data/${folder}`)] : []).map(
            (folder) => ({ name: folder }),
          ),
          { name: "sessions" },
          // What a visitor sends is not held in memory.
          { name: "tmp", mode: "0700" },
          // The host turns a link here; what php may write to lies a level below.
          { name: "run", mode: "0755", owner: "0:0" },
          { name: "run/php" },
          ...(database || args.mail ? [{ name: "secrets", mode: "0700" }] : []),
        ],
        secrets: [
          ...pulled.secrets,
          ...(database ? [{ name: "secrets/database", content: database.password }] : []),
          ...mailSecrets(args.mail),
        ],
      },
      { parent: this },
    );
  }

  /** Folders are mounted into the code, once that is there, and each needs one in its place. */
  private createMountPoints(name: string, { host, writable }: PhpSiteArgs, volume: Volume): pulumi.Resource {
    if (writable.length === 0) return volume;
    return host.run(
      `${host.scoped(name)}-mount-points`,
      {
        tool: volumeTool,
        args: { path: host.folder(name) },
        input: {
          folders: writable.map((folder) => ({ name: `site/${folder}`, mode: "0750", owner: "33:33" })),
        },
      },
      { parent: this, dependsOn: volume },
    );
  }

  /** As a static site's, but that its trees have links where the application writes. */
  private createPuller(name: string, args: PhpSiteArgs, git: GitArgs, volume: Volume): Generation {
    const { host, after, gitMemory: memory } = args;
    const env = { WRITABLE: args.writable.join(" ") };
    const mounts = dataMounts(args, volume, "rw");
    return createPuller(
      name,
      { host, networks: args.networks, git, volume, source: "php-git", memory, env, mounts, after },
      this,
    );
  }

  private createPhp(
    name: string,
    args: PhpSiteArgs,
    volume: Volume,
    after: readonly pulumi.Resource[],
  ): Generation {
    const { host, image, mysql, git, front, writable } = args;
    return new Generation(
      host.scoped(`${name}-php`),
      {
        host,
        image: imageOn(host, image ? { pinned: image } : "php", name),
        owner: name,
        role: "php",
        probe: { by: "exec" },
        after: [volume, args.networks.firewall, ...after, ...(args.after ?? [])],
        container: {
          env: {
            APP_DOMAIN: args.domains[0] ?? name,
            APP_ROOT: documentRoot(args),
            ...(front && { APP_FRONT: front }),
            HEALTH_PATH: args.health,
            WRITABLE: writable.join(" "),
            ...(mysql && { DB_HOST: mysql.address, DB_NAME: name, DB_USER: name }),
            ...mailEnv(name, args.mail),
            ...phpEnv(args.php),
          },
          mounts: [
            volume.mount("site", "/srv/site", "ro"),
            ...(git || writable.length === 0 ? [] : [volume.mount("site", "/srv/code", "ro")]),
            ...dataMounts(args, volume, "rw"),
            volume.mount("sessions", "/srv/sessions", "rw"),
            volume.mount("tmp", "/srv/tmp", "rw"),
            volume.mount("run/php", "/run/php", "rw"),
            ...(mysql || args.mail ? [volume.mount("secrets", "/run/secrets", "ro")] : []),
          ],
          networks: phpNetworks(args.networks),
          sysctls: OWN_PORTS,
          memory: args.phpMemory,
          tmp: 192,
          stopSignal: "SIGQUIT",
          grace: timesOf(args.php).grace,
        },
      },
      { parent: this },
    );
  }
}

function documentRoot({ git, root }: Pick<PhpSiteArgs, "git" | "root">): string {
  return ["/srv/site", ...(git ? ["current"] : []), ...(root ? [root] : [])].join("/");
}

/** What the application writes to: below the code itself, or where the links in trees from git lead. */
function dataMounts({ git, writable }: PhpSiteArgs, volume: Volume, access: "rw" | "ro"): Mount[] {
  if (writable.length === 0) return [];
  if (git) return [volume.mount("data", "/srv/data", access)];
  return writable.map((folder) => volume.mount(`data/${folder}`, `/srv/site/${folder}`, access));
}

/** The path below the document root at which a folder of the code is served; none where it lies outside. */
export function servedAs(folder: string, root: string): string[] {
  if (root === "") return [folder];
  return folder.startsWith(`${root}/`) ? [folder.slice(root.length + 1)] : [];
}
