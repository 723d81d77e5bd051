import { RELOADS, reloadUnderLoad } from "../test/support/reloads";
import type { TestHost } from "../test/support/testHost";
import { atMost, type Figure } from "./figure";

/** What reloads of the gateway cost those who visit a site meanwhile, and what they leave behind. */
export async function reloadFigures(host: TestHost): Promise<Figure[]> {
  const { load, memory } = await reloadUnderLoad(host);
  return [
    atMost(
      `requests that failed during ${RELOADS} reloads in a minute (of ${load.sent}, 200 a second)`,
      load.failures.length,
      0,
    ),
    atMost(
      "memory of the gateway after them, once drained, of that before",
      memory.after / memory.before,
      1.1,
    ),
  ];
}
