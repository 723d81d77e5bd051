import * as pulumi from "@pulumi/pulumi";
import type { Vhost } from "../gateway/vhost";
import { Volume } from "../volume";
import { staticConf } from "./nginx";
import type { Site, SiteArgs } from "./site";
import { Web } from "./web";

export interface StaticSiteArgs extends SiteArgs {
  /** Folder or archive that fills the volume while it is empty. */
  readonly import?: string;
}

/** A folder of files: /var/vol/<name>/site. */
export class StaticSite extends pulumi.ComponentResource implements Site {
  readonly vhost: Vhost;

  constructor(name: string, args: StaticSiteArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:StaticSite", name, {}, opts);
    const filling = args.import === undefined ? undefined : { source: args.import, as: "pages" as const };
    const volume = new Volume(
      name,
      { host: args.host, folders: [{ name: "site", mode: "0755", import: filling }] },
      { parent: this },
    );
    const web = new Web(
      args.host.scoped(`${name}-web`),
      {
        ...args,
        site: name,
        source: "web",
        nginxConf: staticConf("/srv/site", args.denied),
        mounts: [volume.mount("site", "/srv/site", "ro")],
        after: [volume, ...(args.after ?? [])],
      },
      { parent: this },
    );
    this.vhost = args.gateway.vhost(
      name,
      { domains: args.domains, upstream: web.upstream, cacheable: true },
      this,
    );
    this.registerOutputs({});
  }
}
