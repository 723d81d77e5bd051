import * as fs from "node:fs";
import * as path from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { capture } from "../../base/exec";
import { runPhp } from "./docker";
import { type Counts, flood } from "./flood";
import type { TestHost } from "./testHost";

/** PHP that opens as many connections as a site gets, and has each run statements of its own at the same time. */
export const CONNECTIONS = `mysqli_report(MYSQLI_REPORT_OFF);
  $password = trim(file_get_contents('/run/secrets/database'));
  function connections() {
    $all = [];
    while (count($all) < 100) {
      $one = mysqli_init();
      if (!@$one->real_connect(getenv('DB_HOST'), getenv('DB_USER'), $GLOBALS['password'], getenv('DB_NAME'))) break;
      $all[] = $one;
    }
    return $all;
  }
  function together($connections, $statements) {
    $said = [];
    foreach ($statements as $statement) {
      foreach ($connections as $i => $one) @$one->query(str_replace('#', $i, $statement), MYSQLI_ASYNC);
      foreach ($connections as $one) {
        $result = @$one->reap_async_query();
        if ($one->errno) $said[$one->errno] = $one->error;
        if (is_object($result)) $result->free();
      }
    }
    return $said;
  }`;

/** A page that was asked for: its answer, and how long it took in ms. */
export interface Page {
  readonly status: number;
  readonly took: number;
}

let fresh = 0;

/** A page that no cache has. */
export async function freshPage(host: TestHost, domain: string): Promise<Page> {
  const began = performance.now();
  const { status } = await host.get(domain, `/?share=${++fresh}`);
  return { status, took: performance.now() - began };
}

/** Pages of a site, one after the other, until something is done. */
export async function pagesDuring(host: TestHost, domain: string, work: Promise<unknown>): Promise<Page[]> {
  const seen = [];
  let done = false;
  void work.finally(() => (done = true));
  while (!done) {
    seen.push(await freshPage(host, domain));
    await sleep(50);
  }
  await work;
  return seen;
}

export function p99(pages: readonly Page[]): number {
  return [...pages].map(({ took }) => took).sort((a, b) => a - b)[Math.ceil(pages.length * 0.99) - 1] ?? 0;
}

/** A site with all that it can have of a host, for so many seconds: each connection to MySQL in use, and visitors beyond its limit. */
export async function busySite(
  host: TestHost,
  name: string,
  domain: string,
): Promise<{ refused: Counts; busy: (seconds: number) => Promise<Counts> }> {
  const php = await host.container(`${name}/php`);
  fs.writeFileSync(path.join(host.root, name, "content/flood.php"), "<?php usleep(20000); echo 'made';");
  // Visitors of a real host come by the kernel's own rules; docker's proxy, which asks for those on loopback, would be one more
  // that takes from the host.
  const address = await capture([
    ...["docker", "inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"],
    await host.container("gateway/net"),
  ]);
  const visitors = (seconds: number, connections: number) =>
    flood({ address: address.trim(), port: 8080 }, domain, "/wp-content/flood.php", seconds, connections);
  const statements = (seconds: number) => `${CONNECTIONS} $all = connections(); $end = time() + ${seconds};
    while (time() < $end) together($all, ["SET STATEMENT max_statement_time = 4 FOR SELECT BENCHMARK(1000000000, SHA2('x', 512))"]);`;
  return {
    // More than wait for their turn.
    refused: await visitors(2, 700),
    busy: async (seconds) =>
      (await Promise.all([visitors(seconds, 40), runPhp(php, statements(seconds))]))[0],
  };
}
