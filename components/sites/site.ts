import type * as pulumi from "@pulumi/pulumi";
import type { Gateway } from "../gateway/gateway";
import type { Vhost } from "../gateway/vhost";
import type { Host } from "../host";
import type { Account } from "../mail/mail";
import type { Networks } from "../networks";
import type { ObjectCache } from "../valkey/valkey";

/** What every site is built from. */
export interface SiteArgs {
  readonly host: Host;
  readonly networks: Networks;
  readonly gateway: Gateway;
  /** The first is canonical; the others redirect to it. */
  readonly domains: readonly string[];
  /** Image of the user's own instead of Varvol's, as name@sha256:…. */
  readonly image?: string;
  /** Lines of the owner's own for the server of its nginx. Defaults to none. */
  readonly nginx?: string;
  /** Paths that are for no visitor, as the key `denied` has them. */
  readonly denied: readonly string[];
  /** Memory limit of the web container in MiB. */
  readonly memory: number;
  /** How it hands in mail; undefined where it can send none. */
  readonly mail?: Account;
  /** Where its php keeps objects; undefined where that is each request's own memory. */
  readonly objects?: ObjectCache;
  /** What must be there before the containers, beside what the site makes itself. */
  readonly after?: pulumi.Input<pulumi.Resource>[];
}

/** A site as the host sees it. */
export interface Site extends pulumi.Resource {
  /** Its route, for the gateway to switch to. */
  readonly vhost: Vhost;
  /** Secrets that its owner may ask for, by what they are. */
  readonly secrets?: Readonly<Record<string, pulumi.Output<string>>>;
}
