/** How a host's MariaDB shares its memory and its connections among sites. All memory is in MiB. */
export interface Shares {
  /**
   * What the server may have before the kernel would end it. The guard acts at four fifths; the image's limit for a statement is
   * above by what is never touched (images/mariadb/mariadb).
   */
  readonly data: number;
  /** What the connections of one site may hold together. */
  readonly site: number;
  /** The largest table in memory that a statement may make for itself. */
  readonly table: number;
  readonly connections: number;
}

// What the kernel counts beside allocations: small files in memory, page tables, the network's buffers. It does not count
// the half hundred of MiB of the server's stacks and heaps that are never touched.
const BESIDE = 16;
// Threads' stacks and caches of a server that nobody asks, beside InnoDB's buffer pool.
const IDLE = 70;

/** The shares of a server with so much memory, a part of which is InnoDB's buffer pool. */
export function sharesOf(memory: number, bufferPool: number): Shares {
  const data = memory - BESIDE;
  const free = Math.max(60, data - bufferPool - IDLE);
  const site = Math.floor(free / 3);
  return {
    data,
    site,
    table: within(4, Math.floor(site / 12), 16),
    connections: within(60, Math.floor((free * 0.7) / 10) * 10, 400),
  };
}

// For the administrator's own: backups, imports, what is asked by hand.
const OWN_CONNECTIONS = 10;

/**
 * The connections that each of so many sites gets: enough for three times its php processes, less where there are many sites,
 * and never less than two generations of them need, as the host's kind has them. The most that a site asks for is `most`.
 */
export function siteConnections(
  connections: number,
  phpWorkers: number,
  sites: number,
  most = phpWorkers,
): number {
  const even = Math.floor((connections - OWN_CONNECTIONS) / Math.max(1, sites));
  return within(2 * phpWorkers + 2, even, 3 * most + 4);
}

function within(least: number, wanted: number, most: number): number {
  return Math.max(least, Math.min(wanted, most));
}
