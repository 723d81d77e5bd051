import * as crypto from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { deployKey } from "../../machine/tools";
import type { Mount } from "../container";
import { Generation } from "../generation";
import type { Host } from "../host";
import { imageOn } from "../image";
import type { ImageName } from "../imageSource";
import type { Folder, SecretFile, Volume } from "../volume";
import { sha256 } from "../written";
import { connectingFrom, PULLER_SOURCES } from "../ports";
import { type BuildArgs, buildEnv, buildMount, createBuilder } from "./builder";
import { hookFolder, hookMount } from "./hook";
import { wayOf } from "./repositoryAddress";
import type { SiteArgs } from "./site";

/** A repository that a site comes from. */
export interface GitArgs {
  /** Address of the repository without a password, or its absolute path on the host. */
  readonly url: string;
  /** Of a path: the worktree below it whose HEAD counts. Defaults to the repository's own. */
  readonly worktree?: string;
  /** A branch or tag. Defaults to the repository's HEAD. */
  readonly branch?: string;
  /** Folder inside the repository that is served; empty for all of it. */
  readonly folder: string;
  /** Seconds between pulls. */
  readonly every: number;
  /** Token or password of an https:// address. Defaults to none. A secret. */
  readonly token?: string;
  /** Whether a secret address has it pulled at once. Defaults to false. */
  readonly hook?: boolean;
  /** Keys of an ssh:// address's server, as known_hosts has them. Defaults to those of the great forges. */
  readonly knownHosts?: string;
}

export interface PullerArgs extends Pick<SiteArgs, "host" | "networks" | "after"> {
  readonly git: GitArgs;
  /** With what volumeOf says. */
  readonly volume: Volume;
  readonly source: ImageName;
  /** Memory limit in MiB. */
  readonly memory: number;
  /** What makes the site of a commit. Defaults to nothing: it is served as it is. */
  readonly build?: BuildArgs;
  readonly env?: Readonly<Record<string, string>>;
  readonly mounts?: readonly Mount[];
}

// Beside what only git's own image knows: the host makes the key there.
const ACCESS = "access";

/** What a puller needs of a site's volume, beside the folder of the site itself. */
export function volumeOf({ token, knownHosts, hook }: GitArgs): { folders: Folder[]; secrets: SecretFile[] } {
  return {
    folders: [{ name: "repo" }, { name: ACCESS, mode: "0700" }, ...(hook ? [hookFolder] : [])],
    secrets: [
      // One that is no longer named must not go on being sent.
      { name: `${ACCESS}/token`, content: pulumi.secret(token ?? "") },
      { name: `${ACCESS}/known_hosts`, content: knownHosts ? `${knownHosts}\n` : "" },
    ],
  };
}

/** What a puller is told by its environment, but for how often it pulls. Nothing in it is a secret. */
export function pullerEnv(site: string, git: GitArgs): Record<string, string> {
  return {
    GIT_URL:
      wayOf(git.url) === "path" ? `file:///srv/origin${git.worktree ? `/${git.worktree}` : ""}` : git.url,
    ...(git.branch && { GIT_BRANCH: git.branch }),
    GIT_FOLDER: git.folder,
    GIT_SOURCE: sourceOf(site, git),
  };
}

/** What a puller writes down of what it has pulled, as images/git/lib.sh makes it (source_id). */
export function servedSource(site: string, git: GitArgs, build?: BuildArgs): string {
  const { GIT_URL = "", GIT_FOLDER = "" } = pullerEnv(site, git);
  const folder = GIT_FOLDER.replace(/^\/+|\/+$/g, "");
  const made = build && sha256(lines([build.image, folder, build.command, build.output])).slice(0, 12);
  return sha256(lines([GIT_URL, git.branch ?? "", folder, ...(made ? [made] : [])])).slice(0, 16);
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}

/** What changes with all that decides whether a pull succeeds. It gives no token away: guesses at one take long. */
function sourceOf(site: string, { url, worktree, branch, folder, token, knownHosts }: GitArgs): string {
  const hidden = token === undefined ? "" : crypto.scryptSync(token, `varvol ${site}`, 16).toString("hex");
  const all = [url, worktree, branch, folder, hidden, knownHosts];
  return crypto.createHash("sha256").update(JSON.stringify(all)).digest("hex").slice(0, 16);
}

/** The container that pulls a repository on a timer into a new tree, and switches to it once that is complete. */
export function createPuller(site: string, args: PullerArgs, parent: pulumi.Resource): Generation {
  const { host, networks, git, volume } = args;
  const image = imageOn(host, args.source, site);
  const builder =
    args.build &&
    createBuilder(site, { host, networks, build: args.build, folder: git.folder, volume }, parent);
  const key =
    wayOf(git.url) === "ssh" ? [createKey(site, host, image.name, [volume, image.present], parent)] : [];
  return new Generation(
    host.scoped(`${site}-git`),
    {
      host,
      image,
      owner: site,
      role: "git",
      probe: { by: "exec" },
      ...(args.build && { patience: args.build.timeout }),
      after: [volume, networks.firewall, ...key, ...(builder ? [builder] : []), ...(args.after ?? [])],
      container: {
        env: {
          ...pullerEnv(site, git),
          GIT_INTERVAL: String(git.every),
          ...(args.build && buildEnv(args.build)),
          ...args.env,
        },
        mounts: [
          volume.mount("site", "/srv/site", "rw"),
          volume.mount("repo", "/srv/repo", "rw"),
          volume.mount(ACCESS, "/run/secrets", "ro"),
          ...(git.hook ? [hookMount(volume)] : []),
          ...(args.build ? [buildMount(volume)] : []),
          ...(args.mounts ?? []),
          ...(wayOf(git.url) === "path" ? [{ source: git.url, target: "/srv/origin", readOnly: true }] : []),
        ],
        // It speaks with the repository's server and with no other container.
        networks: [{ name: networks.abroad }],
        sysctls: connectingFrom(PULLER_SOURCES),
        memory: args.memory,
        tmp: 32,
        stopSignal: "SIGTERM",
        grace: 10,
      },
    },
    { parent },
  );
}

/** The pair of keys of a site's own, made on the host where it is missing; the private half never leaves it. */
function createKey(
  site: string,
  host: Host,
  image: string,
  after: pulumi.Resource[],
  parent: pulumi.Resource,
): pulumi.Resource {
  return host.run(
    `${host.scoped(site)}-deploy-key`,
    { tool: deployKey, args: keyOf(host.volumeRoot, site, image) },
    { parent, dependsOn: after },
  );
}

/** What the tool is given that makes a site's key. */
export function keyOf(volumeRoot: string, site: string, image: string) {
  return { folder: accessFolder(volumeRoot, site), image, comment: `varvol-${site}` };
}

/** Where a site's key, token and known hosts lie on its host. */
export function accessFolder(volumeRoot: string, site: string): string {
  return `${volumeRoot}/${site}/${ACCESS}`;
}
