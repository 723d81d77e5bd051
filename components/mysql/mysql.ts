import * as pulumi from "@pulumi/pulumi";
import { Generation } from "../generation";
import type { Host } from "../host";
import { imageOn } from "../image";
import type { Networks } from "../networks";
import { Volume } from "../volume";

export interface MysqlArgs {
  readonly host: Host;
  readonly networks: Networks;
  /** InnoDB's buffer pool in MiB. */
  readonly bufferPool: number;
  /** Memory limit in MiB. */
  readonly memory: number;
}

/** The host's MariaDB. Its administrator logs in through a socket inside the container: there is no root password. */
export class Mysql extends pulumi.ComponentResource {
  /** Name of the container: databases are made in it. Known once it is healthy. */
  readonly containerName: pulumi.Output<string>;
  /** Name that sites connect to. */
  readonly address = "mysql";

  constructor(name: string, args: MysqlArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:Mysql", name, {}, opts);
    const { host, networks } = args;
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
        after: [volume],
        exclusiveName: host.scoped("mysql"),
        container: {
          command: serverOptions(args.bufferPool),
          user: "999:999",
          mounts: [volume.mount("data", "/var/lib/mysql", "rw")],
          networks: [{ name: networks.database, aliases: [this.address] }],
          memory: args.memory,
          tmp: 64,
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

const CONNECTIONS = 100;
/** A site's share: a site that is out of hand leaves others theirs. Two generations of php on the largest kind need 16. */
export const SITE_CONNECTIONS = 30;

/** Options for a small host; durability stays at its defaults (every commit is on the disk). */
export function serverOptions(bufferPool: number): string[] {
  return [
    `--innodb-buffer-pool-size=${bufferPool}M`,
    "--innodb-log-buffer-size=2M",
    "--innodb-log-file-size=48M",
    "--performance-schema=OFF",
    `--max-connections=${CONNECTIONS}`,
    "--key-buffer-size=1M",
    "--aria-pagecache-buffer-size=8M",
    "--table-open-cache=400",
    "--query-cache-size=0",
    // A row of 64 MiB, twice that as it is written in a dump
    "--max-allowed-packet=160M",
  ];
}
