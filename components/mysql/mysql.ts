import * as pulumi from "@pulumi/pulumi";
import { Generation } from "../generation";
import type { Host } from "../host";
import { imageOn } from "../image";
import type { Networks } from "../networks";
import { Volume } from "../volume";
import { serverEnvironment, serverOptions } from "./options";
import { sharesOf, siteConnections } from "./shares";

export interface MysqlArgs {
  readonly host: Host;
  readonly networks: Networks;
  /** InnoDB's buffer pool in MiB. */
  readonly bufferPool: number;
  /** Memory limit in MiB. */
  readonly memory: number;
  /** php-fpm processes that a site may use at the same time. */
  readonly phpWorkers: number;
  /** The most of them that a site asks for. */
  readonly mostPhpWorkers: number;
  /** How many sites have a database. */
  readonly databases: number;
}

/** The host's MariaDB. Its administrator logs in through a socket inside the container: there is no root password. */
export class Mysql extends pulumi.ComponentResource {
  /** Name of the container: databases are made in it. Known once it is healthy. */
  readonly containerName: pulumi.Output<string>;
  /** Name that sites connect to. */
  readonly address = "mysql";
  /** Connections that each site may have at the same time. */
  readonly siteConnections: number;

  constructor(name: string, args: MysqlArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:Mysql", name, {}, opts);
    const { host, networks, memory, bufferPool } = args;
    const shares = sharesOf(memory, bufferPool);
    this.siteConnections = siteConnections(
      shares.connections,
      args.phpWorkers,
      args.databases,
      args.mostPhpWorkers,
    );
    const volume = new Volume(
      "mysql",
      { host, folders: [{ name: "data", owner: "999:999", mode: "0700" }] },
      { parent: this },
    );
    const server = new Generation(
      `${host.scoped(name)}-server`,
      {
        host,
        image: imageOn(host, "mariadb", "mysql"),
        owner: "mysql",
        role: "mysql",
        probe: { by: "exec" },
        // A thread for each connection, and what the server and its scripts need themselves.
        pids: shares.connections + 60,
        after: [volume],
        exclusiveName: host.scoped("mysql"),
        container: {
          command: serverOptions(bufferPool, shares),
          user: "999:999",
          env: serverEnvironment(shares),
          mounts: [volume.mount("data", "/var/lib/mysql", "rw")],
          networks: [{ name: networks.database, aliases: [this.address] }],
          memory,
          tmpfs: { "/run/mysqld": "rw,nosuid,nodev,noexec,mode=0755,uid=999,gid=999,size=1m" },
          stopSignal: "SIGTERM",
          grace: 120,
        },
      },
      { parent: this },
    );
    // Sites know the name, which stays, and not the id, so that a new server doesn't replace them.
    this.containerName = server.gate.passed.apply(() => host.scoped("mysql"));
    this.registerOutputs({});
  }
}
