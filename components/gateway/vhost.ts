import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { vhost } from "../../machine/tools";
import type { Host } from "../host";
import type { TimeLimits } from "../timeLimits";
import { sha256, type Written, writtenBy } from "../written";
import type { CertificateAuthority } from "./certificates";
import { type Hsts, stoppedConf, type VhostConf, vhostConf } from "./nginx";
import { passwordFile } from "./passwords";
import type { Requests } from "./requests";

/** Where a site's certificate comes from: a public authority, the host's own, or it is given, as PEM. */
export type SiteTls = "acme" | "own" | { readonly certificate: string; readonly key: string };

/** A part of the gateway's configuration, kept on the host under its hash. */
export interface Part {
  readonly name: string;
  readonly hash: pulumi.Output<string>;
  /** Its files on the host. */
  readonly written: pulumi.Output<Written[]>;
}

export interface VhostArgs {
  readonly host: Host;
  readonly authority: CertificateAuthority;
  readonly site: string;
  readonly domains: readonly string[];
  /** Name of the healthy generation that serves the site. */
  readonly upstream: pulumi.Input<string>;
  /** Whether answers are the same for every visitor, so that the gateway may cache them. */
  readonly cacheable: boolean;
  /** Folder of the gateway's own whose files are all that there is to serve. Defaults to none. */
  readonly pages?: string;
  /** Whether calls of a hook go to it too. Defaults to false. */
  readonly hook?: boolean;
  /** MiB of an upload. Defaults to what it is everywhere. */
  readonly uploads?: number;
  /** Defaults to what they are everywhere. */
  readonly times?: TimeLimits;
  readonly tls: SiteTls;
  /** Port behind https:// where plain HTTP only redirects. Defaults to none: HTTP serves. */
  readonly redirectToPort?: number;
  /** For how long browsers are told to come by HTTPS alone. Defaults to not at all. */
  readonly hsts?: Hsts;
  /** What becomes of its requests before it is asked. Defaults to nothing. */
  readonly requests?: Requests;
  /** Names and passwords of who may come, where not everybody may. */
  readonly users?: Readonly<Record<string, string>>;
}

/** A site's route: its domains, certificate and the generation that answers. It takes effect with the gateway's next routes. */
export class Vhost extends pulumi.ComponentResource implements Part {
  readonly name: string;
  readonly hash: pulumi.Output<string>;
  readonly written: pulumi.Output<Written[]>;

  constructor(name: string, args: VhostArgs, opts?: pulumi.ComponentResourceOptions) {
    super("varvol:index:Vhost", name, {}, opts);
    const { host, site, tls } = args;
    this.name = site;
    // host/routes puts a public one in place of the first of these names, and drift knows.
    const key = tls === "acme" ? `tls/${site}.key` : `tls/${site}.given.key`;
    const files = pulumi
      .all([pulumi.output(args.upstream), ...this.certificate(args), this.passwords(name, args)])
      .apply(([upstream, certificate, privateKey, passwords]): Record<string, string> => {
        const conf: VhostConf = {
          ...args,
          upstream,
          ...(tls !== "own" && { key }),
          challenges: tls === "acme",
        };
        return {
          [`vhosts/${site}.conf`]: vhostConf(conf),
          ...(args.pages === undefined && { [`stopped/${site}.page`]: stoppedConf(conf) }),
          [`tls/${site}.pem`]: certificate,
          ...(tls !== "own" && { [key]: privateKey }),
          ...(passwords !== undefined && { [`auth/${site}`]: passwords }),
        };
      });
    const { hash, written } = keepPart(name, host, site, files, { parent: this });
    this.hash = hash;
    this.written = written;
    this.registerOutputs({});
  }

  /** Passwords by their hashes alone, which stay the same while they do. */
  private passwords(name: string, { users }: VhostArgs): pulumi.Output<string | undefined> {
    if (!users) return pulumi.output(undefined);
    const salt = new random.RandomPassword(`${name}-salt`, { length: 32, special: false }, { parent: this });
    return pulumi.secret(salt.result.apply((word) => passwordFile(users, word)));
  }

  /** A site that waits for a public authority's has the own one's meanwhile. */
  private certificate({
    host,
    authority,
    site,
    domains,
    tls,
  }: VhostArgs): [pulumi.Output<string>, pulumi.Output<string>] {
    if (typeof tls === "object") return [pulumi.output(tls.certificate), pulumi.secret(tls.key)];
    return [authority.issue(host.scoped(site), domains, { parent: this }), authority.key];
  }
}

/** Keeps files on the host as a part of the gateway's configuration. */
export function keepPart(
  name: string,
  host: Host,
  part: string,
  files: pulumi.Output<Record<string, string>>,
  opts: pulumi.CustomResourceOptions,
): Part {
  const hash = files.apply((texts) => sha256(JSON.stringify(texts)).slice(0, 12));
  const kept = host.run(
    name,
    {
      tool: vhost,
      // The hash alone is no secret, whatever it was made of.
      args: pulumi.output({ part, hash: pulumi.unsecret(hash) }),
      input: files,
    },
    opts,
  );
  const folder = pulumi.interpolate`gateway/conf/parts/${part}.${hash}`;
  return { name: part, hash: kept.stdout, written: writtenBy(kept, files, folder) };
}
