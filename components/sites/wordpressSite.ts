import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { CONTENT_FOLDER, type Moved, PURGE_FOLDER, ROOT_FOLDER } from "../../agent/places";
import { migrate, phpSwitch } from "../../machine/tools";
import type { Vhost } from "../gateway/vhost";
import { Generation } from "../generation";
import { imageOn } from "../image";
import { Database } from "../mysql/database";
import type { Mysql } from "../mysql/mysql";
import { phpNetworks } from "../networks";
import { OWN_PORTS } from "../ports";
import { Volume } from "../volume";
import { mailEnv, mailSecrets } from "./phpMail";
import { type PhpLimits, phpEnv, queueWait, timesOf } from "./phpLimits";
import type { Site, SiteArgs } from "./site";
import { Web } from "./web";
import { wordpressConf } from "./wordpressNginx";

export interface WordPressSiteArgs extends SiteArgs {
  readonly mysql: Mysql;
  /** Title at installation. */
  readonly title: string;
  /** Administrator's login at installation. */
  readonly admin: string;
  /** Administrator's e-mail address at installation. */
  readonly email: string;
  /** What php may take. */
  readonly php: PhpLimits;
  /** Memory limit of the php container in MiB. */
  readonly phpMemory: number;
  /** Table prefix, where the database holds more than one WordPress. */
  readonly prefix?: string;
  /** Whether applications may ask xmlrpc.php. */
  readonly xmlrpc: boolean;
  /** For how many seconds its nginx keeps a page; 0 for not at all. */
  readonly keep: number;
  /** Where folders of it lay at its former host: what is asked for there is answered from their place here. */
  readonly moved: Moved;
  /** Whether it is for those alone who work on it. */
  readonly staging: boolean;
  /** Another host's WordPress that fills what is empty: a folder or archive that it lies in, and an SQL dump. */
  readonly import?: {
    readonly content?: string;
    readonly database?: string;
    /** Whether what can't run here is set aside. Defaults to false. */
    readonly setAside?: boolean;
  };
}

/**
 * A WordPress: core in the image, wp-content in /var/vol/<name>/content, what lies beside WordPress's own in its document root
 * in /var/vol/<name>/root, a database of its own.
 */
export class WordPressSite extends pulumi.ComponentResource implements Site {
  readonly vhost: Vhost;
  readonly secrets: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: WordPressSiteArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:WordPressSite", name, {}, opts);
    const { host } = args;
    const { uploads } = args.php;
    const times = timesOf(args.php);
    const database = new Database(
      name,
      { host, mysql: args.mysql, import: args.import?.database },
      { parent: this },
    );
    const secret = (role: string, length: number) =>
      new random.RandomPassword(`${host.scoped(name)}-${role}`, { length, special: false }, { parent: this })
        .result;
    const password = secret("admin-password", 20);
    const { moved } = args;
    const content = args.import?.content;
    const filling =
      content === undefined
        ? undefined
        : { source: content, as: "wordpress" as const, moved, setAside: args.import?.setAside };
    const volume = new Volume(
      name,
      {
        host,
        folders: [
          // First what it is filled beside.
          { name: ROOT_FOLDER },
          { name: CONTENT_FOLDER, import: filling },
          // The host turns a link here; what php may write to lies a level below.
          { name: "run", mode: "0755", owner: "0:0" },
          { name: "run/php" },
          // What a visitor sends is not held in memory, and he stays logged in when the container is replaced.
          { name: "tmp", mode: "0700" },
          { name: "sessions", mode: "0700" },
          { name: PURGE_FOLDER, mode: "0700" },
          { name: "secrets", mode: "0700" },
        ],
        secrets: [
          { name: "secrets/database", content: database.password },
          { name: "secrets/admin", content: password },
          { name: "secrets/salt", content: secret("salt", 64) },
          ...mailSecrets(args.mail),
          ...(args.objects ? [args.objects.secret] : []),
          // No variable: what an installation alone reads replaces no container.
          {
            name: "secrets/install",
            content: JSON.stringify({ title: args.title, admin: args.admin, email: args.email }),
          },
        ],
      },
      { parent: this },
    );
    const php = this.createPhp(name, args, database, volume);
    const migrated = host.run(
      `${host.scoped(name)}-migrate`,
      {
        tool: migrate,
        args: pulumi.output({
          ...{ php: php.healthyId, mysql: args.mysql.containerName, site: name },
          domains: [...args.domains],
        }),
      },
      { parent: this },
    );
    // nginx follows the link at its next connection; the old php-fpm ends once its queue is empty.
    const switched = host.run(
      `${host.scoped(name)}-php-switch`,
      {
        tool: phpSwitch,
        args: php.healthyId.apply((container) => ({
          ...{ folder: `${host.folder(name)}/run`, container },
          ...queueWait(times),
        })),
      },
      { parent: this, dependsOn: migrated },
    );
    const web = new Web(
      host.scoped(`${name}-web`),
      {
        ...args,
        image: undefined,
        site: name,
        source: "wordpress-web",
        times,
        nginxConf: wordpressConf({
          uploads,
          times,
          denied: args.denied,
          moved,
          xmlrpc: args.xmlrpc,
          keep: args.keep,
        }),
        mounts: [
          volume.mount(CONTENT_FOLDER, "/srv/wordpress/wp-content", "ro"),
          volume.mount(ROOT_FOLDER, "/srv/root", "ro"),
          volume.mount("run", "/run/php", "ro"),
          volume.mount(PURGE_FOLDER, "/run/purge", "rw"),
        ],
        // The cache of its pages, and what that may be over its limit for a moment.
        tmp: 40,
        after: [switched],
      },
      { parent: this },
    );
    this.vhost = args.gateway.vhost(
      name,
      { domains: args.domains, upstream: web.upstream, cacheable: false, uploads, times },
      this,
    );
    this.secrets = { user: pulumi.output(args.admin), password };
    this.registerOutputs({});
  }

  private createPhp(name: string, args: WordPressSiteArgs, database: Database, volume: Volume): Generation {
    const { host, mysql, image } = args;
    return new Generation(
      host.scoped(`${name}-php`),
      {
        host,
        image: imageOn(host, image ? { pinned: image } : "wordpress-php", name),
        owner: name,
        role: "php",
        probe: { by: "exec" },
        after: [
          ...[volume, database, args.networks.firewall, ...(args.after ?? [])],
          ...(args.objects ? [args.objects.after] : []),
        ],
        container: {
          env: {
            WORDPRESS_URL: args.gateway.url(args.domains[0] ?? name, "https"),
            DB_HOST: mysql.address,
            DB_NAME: database.databaseName,
            DB_USER: database.databaseName,
            WORDPRESS_HOSTS: args.gateway.hosts(args.domains[0] ?? name).join(" "),
            ...(args.prefix !== undefined && { WORDPRESS_PREFIX: args.prefix }),
            ...mailEnv(name, args.mail),
            ...phpEnv(args.php),
            ...(args.staging && { WORDPRESS_STAGING: "1" }),
          },
          mounts: [
            volume.mount(CONTENT_FOLDER, "/srv/wordpress/wp-content", "rw"),
            volume.mount("run/php", "/run/php", "rw"),
            volume.mount(PURGE_FOLDER, "/run/purge", "ro"),
            volume.mount("tmp", "/srv/tmp", "rw"),
            volume.mount("sessions", "/srv/sessions", "rw"),
            volume.mount("secrets", "/run/secrets", "ro"),
            ...(args.objects ? [args.objects.mount] : []),
          ],
          networks: args.staging ? [{ name: args.networks.database }] : phpNetworks(args.networks),
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
