import { compactMoment } from "./moments";
import { randomBytes } from "node:crypto";

/** A name for a run, which begins with its moment: 20261121t135501-3fa9. */
export function nameRun(now = new Date(), random = randomBytes(2).toString("hex")): string {
  return `${compactMoment(now.getTime()).slice(0, -1).toLowerCase()}-${random}`;
}
