import * as pulumi from "@pulumi/pulumi";
import type { Vhost } from "../gateway/vhost";
import { Volume } from "../volume";
import { type BuildArgs, buildFolder } from "./builder";
import { createHook, hookMount } from "./hook";
import { staticConf } from "./nginx";
import { createPuller, type GitArgs, volumeOf } from "./puller";
import type { Site, SiteArgs } from "./site";
import { Web } from "./web";

export interface StaticGitSiteArgs extends SiteArgs {
  readonly git: GitArgs;
  /** What makes the site of a commit. Defaults to nothing: it is served as it is. */
  readonly build?: BuildArgs;
  /** Memory limit of the puller in MiB. */
  readonly gitMemory: number;
}

/** A folder of a git repository, pulled on a timer into a new tree, and switched to once that is complete. */
export class StaticGitSite extends pulumi.ComponentResource implements Site {
  readonly vhost: Vhost;
  readonly secrets: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: StaticGitSiteArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:StaticGitSite", name, {}, opts);
    const { host, networks, git } = args;
    const hook = git.hook ? createHook(name, args, this) : undefined;
    const { folders, secrets } = volumeOf(git);
    const volume = new Volume(
      name,
      {
        host,
        folders: [{ name: "site", mode: "0755" }, ...folders, ...(args.build ? [buildFolder] : [])],
        secrets,
      },
      { parent: this },
    );
    const puller = createPuller(
      name,
      {
        host,
        networks,
        git,
        volume,
        source: "git",
        memory: args.gitMemory,
        build: args.build,
        after: args.after,
      },
      this,
    );
    const web = new Web(
      host.scoped(`${name}-web`),
      {
        ...args,
        site: name,
        source: "web",
        nginxConf: pulumi
          .output(hook?.hash)
          .apply((hash) => staticConf("/srv/site/current", args.denied, hash)),
        mounts: [volume.mount("site", "/srv/site", "ro"), ...(hook ? [hookMount(volume)] : [])],
        after: [puller],
      },
      { parent: this },
    );
    this.vhost = args.gateway.vhost(
      name,
      { domains: args.domains, upstream: web.upstream, cacheable: true, hook: git.hook },
      this,
    );
    this.secrets = hook ? { hook: hook.address } : {};
    this.registerOutputs({});
  }
}
