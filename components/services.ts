import * as pulumi from "@pulumi/pulumi";
import { service } from "../machine/tools";
import type { Host } from "./host";

export interface ServicesArgs {
  readonly host: Host;
  /** Sites by name, each with its domains. */
  readonly sites: readonly { readonly name: string; readonly domains: readonly string[] }[];
  readonly mysql: boolean;
}

/** What can be stopped and started by itself, and by which names where systemd runs the host. */
export class Services extends pulumi.ComponentResource {
  constructor(name: string, args: ServicesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:Services", name, {}, opts);
    const { host } = args;
    host.run(
      host.scoped(name),
      {
        tool: service,
        args: { verb: "write" },
        undo: { verb: "remove" },
        input: { label: `${pulumi.getProject()}/${pulumi.getStack()}`, services: servicesOf(args) },
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}

/** Modules first: a site of such a name goes by its domain. */
export function servicesOf({ sites, mysql }: Pick<ServicesArgs, "sites" | "mysql">) {
  return [
    { owner: "gateway", domain: "-", names: ["nginx"] },
    ...(mysql ? [{ owner: "mysql", domain: "-", names: ["mysql", "mariadb"] }] : []),
    ...sites.map(({ name, domains: [domain = name] }) => ({
      ...{ owner: name, domain },
      names: [...new Set([domain, name])],
    })),
  ];
}
