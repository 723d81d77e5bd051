import { setTimeout as sleep } from "node:timers/promises";

/** Waits until a check gives something other than false or undefined; fails with what it last said. */
export async function until<T>(
  what: string,
  check: () => Promise<T | false | undefined>,
  seconds = 30,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  let last = "no";
  while (Date.now() < deadline) {
    try {
      const found = await check();
      if (found !== false && found !== undefined) return found;
    } catch (error) {
      last = (error as Error).message;
    }
    await sleep(250);
  }
  throw new Error(`${what}: not within ${seconds} s (${last})`);
}
