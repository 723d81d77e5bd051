/** Memory limits in MiB, one for each role of container. */
export interface Limits {
  readonly gateway: number;
  readonly web: number;
  readonly php: number;
  readonly mysql: number;
  readonly git: number;
  readonly mail: number;
}

/** What a kind of host defaults to. A stack's own keys win. */
export interface HostProfile {
  readonly http: number;
  readonly https: number;
  /** Addresses that the gateway's ports are published on. */
  readonly addresses: readonly string[];
  /** Whether plain HTTP only redirects to HTTPS. */
  readonly redirectToHttps: boolean;
  /** Where certificates of sites with public names come from: a public authority, or the host's own. */
  readonly tls: "acme" | "own";
  /** nginx worker processes of the gateway: a number, or auto for one a core. */
  readonly gatewayWorkers: number | "auto";
  /** Which requests the gateway logs: all, those answered with an error (400 and above), or none. */
  readonly accessLog: "all" | "errors" | "none";
  /** php-fpm processes that a WordPress may use at the same time. */
  readonly phpWorkers: number;
  /** Seconds without a request after which a site's PHP sleeps. Undefined where it never does. */
  readonly phpIdle?: number;
  /** InnoDB's buffer pool in MiB. */
  readonly bufferPool: number;
  /** Log files that docker keeps of a container, of so many MiB each. */
  readonly logs: { readonly files: number; readonly size: number };
  /** Seconds that a new generation may take to become healthy. */
  readonly gateTimeout: number;
  /** MiB that objects of sites may take together in valkey. */
  readonly objects: number;
  readonly limits: Limits;
}
