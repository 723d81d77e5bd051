import { setTimeout as sleep } from "node:timers/promises";
import { busySite, type Page, p99, pagesDuring } from "../test/support/busySite";
import type { TestHost } from "../test/support/testHost";
import { atMost, type Figure, median, shown } from "./figure";

/** For which a site is measured, in s: alone, and beside one at all its limits. */
const SECONDS = 30;
const PAIRS = 3;

/** What pages of a WordPress take that no cache has, beside another with all that a site can have of the host. */
export async function shareFigures(host: TestHost): Promise<Figure[]> {
  const site = (name: string) => ({ name, kind: "wordpress", domains: [`${name}.localhost`] });
  host.configure([site("one"), site("two")]);
  await host.up();
  const during = (work: Promise<unknown>) => pagesDuring(host, "two.localhost", work);
  await during(sleep(5000));
  const pairs: { alone: Page[]; beside: Page[] }[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    const alone = await during(sleep(SECONDS * 1000));
    const { busy } = await busySite(host, "one", "one.localhost");
    pairs.push({ alone, beside: await during(busy(SECONDS)) });
    // What the busy one's visitors still wait for.
    await sleep(15_000);
  }
  const ratios = pairs.map(({ alone, beside }) => p99(beside) / p99(alone));
  const failed = pairs.flatMap(({ beside }) => beside).filter(({ status }) => status !== 200).length;
  return [
    shown("p99 of a WordPress's uncached pages, alone", median(pairs.map(({ alone }) => p99(alone))), "ms"),
    atMost("the same beside a site at all its limits, of that alone", median(ratios), 2),
    atMost("its requests that failed meanwhile", failed, 0),
  ];
}
