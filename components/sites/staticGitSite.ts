import * as pulumi from "@pulumi/pulumi";
import type { Vhost } from "../gateway/vhost";
import { Generation } from "../generation";
import { imageOn } from "../image";
import { Volume } from "../volume";
import { staticConf } from "./nginx";
import type { Site, SiteArgs } from "./site";
import { Web } from "./web";

export interface StaticGitSiteArgs extends SiteArgs {
  readonly git: {
    /** Address of the repository, or its absolute path on the host. */
    readonly url: string;
    /** Defaults to the repository's HEAD. */
    readonly branch?: string;
    /** Folder inside the repository that is served; empty for all of it. */
    readonly folder: string;
    /** Seconds between pulls. */
    readonly every: number;
  };
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
    const isPath = git.url.startsWith("/");
    const puller = new Generation(
      host.scoped(`${name}-git`),
      {
        host,
        image: imageOn(host, "git", name),
        owner: name,
        role: "git",
        probe: { kind: "exec" },
        after: [volume, ...(args.after ?? [])],
        container: {
          env: {
            GIT_URL: isPath ? "file:///srv/origin" : git.url,
            ...(git.branch && { GIT_BRANCH: git.branch }),
            GIT_FOLDER: git.folder,
            GIT_INTERVAL: String(git.every),
          },
          mounts: [
            volume.mount("site", "/srv/site", "rw"),
            volume.mount("repo", "/srv/repo", "rw"),
            ...(isPath ? [{ source: git.url, target: "/srv/origin", readOnly: true }] : []),
          ],
          // Not on the intercontainer network: it speaks with the repository's server and with no other container.
          networks: [{ name: "bridge" }],
          memory: args.gitMemory,
          tmp: 32,
          stopSignal: "SIGTERM",
          grace: 10,
        },
      },
      { parent: this },
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
