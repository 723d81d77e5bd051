import { randomBytes } from "node:crypto";

/** A name for a run, which begins with its moment: 20261121t135501-3fa9. */
export function nameRun(now = new Date(), random = randomBytes(2).toString("hex")): string {
  const moment = now
    .toISOString()
    .replaceAll(/[-:]|\.\d+Z/g, "")
    .toLowerCase();
  return `${moment}-${random}`;
}
