import { putRight } from "./alone";
import { putDrillRight } from "./drill";
import { tryLock } from "./lock";
import { readPlace } from "./place";

/** Puts right what killed jobs left. What holds its lock is at work still. */
export async function resume(): Promise<void> {
  const place = readPlace();
  for (const [name, mend] of [
    ["backup", putRight],
    ["drill", putDrillRight],
  ] as const) {
    const held = await tryLock(name, "resume");
    if (held) await mend(place).finally(() => held.release());
  }
}
