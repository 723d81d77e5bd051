import * as pulumi from "@pulumi/pulumi";
import type { Vhost } from "../gateway/vhost";
import { Volume } from "../volume";
import { staticConf } from "./nginx";
import { createPuller, type GitArgs } from "./puller";
import type { Site, SiteArgs } from "./site";
import { Web } from "./web";

export interface StaticGitSiteArgs extends SiteArgs {
  readonly git: GitArgs;
  /** Memory limit of the puller in MiB. */
  readonly gitMemory: number;
}

/** A folder of a git repository, pulled on a timer into a new tree, and switched to once that is complete. */
export class StaticGitSite extends pulumi.ComponentResource implements Site {
  readonly vhost: Vhost;

  constructor(name: string, args: StaticGitSiteArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:StaticGitSite", name, {}, opts);
    const { host, git } = args;
    const volume = new Volume(
      name,
      { host, folders: [{ name: "site", mode: "0755" }, { name: "repo" }] },
      { parent: this },
    );
    const puller = createPuller(
      name,
      { host, git, volume, source: "git", memory: args.gitMemory, after: args.after },
      this,
    );
    const web = new Web(
      host.scoped(`${name}-web`),
      {
        ...args,
        site: name,
        source: "web",
        nginxConf: staticConf("/srv/site/current"),
        mounts: [volume.mount("site", "/srv/site", "ro")],
        after: [puller],
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
