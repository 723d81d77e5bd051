import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { database } from "../../machine/tools";
import { agentJob } from "../agent/job";
import type { Host } from "../host";
import type { Mysql } from "./mysql";
import { STATEMENT } from "./options";

export interface DatabaseArgs {
  readonly host: Host;
  readonly mysql: Mysql;
  /** SQL dump on the control machine that fills the database while it is empty. */
  readonly import?: string;
}

/** A database and the one user that sees it. Removing it from the program never drops it. */
export class Database extends pulumi.ComponentResource {
  /** Name of the database and of its user. */
  readonly databaseName: string;
  /** The user's password. A secret. */
  readonly password: pulumi.Output<string>;
  /** The name again, known once the database is there. */
  readonly ready: pulumi.Output<string>;

  constructor(name: string, args: DatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:Database", name, {}, opts);
    const { host, mysql } = args;
    this.databaseName = name;
    this.password = new random.RandomPassword(
      `${host.scoped(name)}-database-password`,
      { length: 32, special: false },
      { parent: this },
    ).result;
    const made = host.run(
      `${host.scoped(name)}-database`,
      {
        tool: database,
        args: pulumi
          .output(mysql.containerName)
          .apply((container) => ({
            ...{ container, name, connections: mysql.siteConnections, seconds: STATEMENT.usual },
          })),
        input: this.password,
      },
      { parent: this },
    );
    const loaded = args.import === undefined ? undefined : this.load(name, args, args.import, made);
    this.ready = pulumi.all([made.stdout, loaded?.stdout]).apply(([ready]) => ready);
    this.registerOutputs({ name: this.databaseName });
  }

  /** Has the agent fill it while it has no tables. */
  private load(name: string, { host, mysql }: DatabaseArgs, source: string, made: pulumi.Resource) {
    const sent = host.import(`${name}-database`, source);
    const request = pulumi
      .all([mysql.containerName, this.password])
      .apply(([container, password]) => ({
        ...{ job: "load" as const, container, database: name, password, dump: sent.path },
      }));
    const options = { parent: this, dependsOn: made };
    return agentJob(`${host.scoped(name)}-database-import`, "load", { host, request, sent }, options);
  }
}
