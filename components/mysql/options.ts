import type { Shares } from "./shares";

/** MiB of a statement or a row that sites may send. The agent takes more for what it loads (agent/mysql.ts). */
export const PACKET = 64;
/** Seconds that a site's statement may run; a session may set itself more, up to the other one. */
export const STATEMENT = { usual: 150, most: 3600 } as const;
/** MiB of temporary files of one connection, and of all. */
const TEMPORARY = { session: 64, all: 1024 } as const;

/** Options for a small host; durability stays at its defaults (every commit is on the disk). */
export function serverOptions(bufferPool: number, { table, connections }: Shares): string[] {
  return [
    `--innodb-buffer-pool-size=${bufferPool}M`,
    "--innodb-log-buffer-size=2M",
    "--innodb-log-file-size=48M",
    "--performance-schema=OFF",
    `--max-connections=${connections}`,
    "--key-buffer-size=1M",
    "--aria-pagecache-buffer-size=8M",
    "--table-open-cache=400",
    // A thread that the guard had give way ends with its connection.
    "--thread-cache-size=0",
    "--query-cache-size=0",
    `--max-allowed-packet=${PACKET}M`,
    // A table in memory stays there for as long as the server runs: InnoDB takes the place of every other engine, which
    // is no error in this mode. No site's user may set it otherwise.
    "--enforce-storage-engine=InnoDB",
    "--sql-mode=STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_CREATE_USER",
    // What a session may set for itself at most.
    ...Object.entries({
      "sort-buffer-size": "4M",
      "join-buffer-size": "4M",
      "join-buffer-space-limit": "8M",
      "read-buffer-size": "2M",
      "read-rnd-buffer-size": "2M",
      "mrr-buffer-size": "2M",
      "bulk-insert-buffer-size": "8M",
      "myisam-sort-buffer-size": "16M",
      "group-concat-max-len": "16M",
      "max-sort-length": "65536",
      "query-alloc-block-size": "1M",
      "query-prealloc-size": "1M",
      "transaction-prealloc-size": "1M",
      "range-alloc-block-size": "1M",
      "preload-buffer-size": "1M",
      "optimizer-trace-max-mem-size": "1M",
    }).map(([name, most]) => `--maximum-${name}=${most}`),
    ...["max-heap-table-size", "tmp-memory-table-size"].flatMap((name) => [
      `--${name}=${table}M`,
      `--maximum-${name}=${table}M`,
    ]),
    "--myisam-sort-buffer-size=16M",
    "--aria-sort-buffer-size=16M",
    // Of all together; what a site may hold of them is memory, and that is counted.
    "--max-prepared-stmt-count=1000000",
    // What does not fit into memory goes to the disk, and not without end.
    `--max-tmp-session-space-usage=${TEMPORARY.session}M`,
    `--max-tmp-total-space-usage=${TEMPORARY.all}M`,
    `--innodb-temp-data-file-path=ibtmp1:12M:autoextend:max:${TEMPORARY.all}M`,
  ];
}

/** What the image's own scripts read. */
export function serverEnvironment({ data, site }: Shares): Record<string, string> {
  return {
    DATA_LIMIT: String(data),
    SITE_SHARE: String(site),
    STATEMENT_LIMIT: String(STATEMENT.most),
    PACKET: String(PACKET),
  };
}
