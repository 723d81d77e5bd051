import * as path from "node:path";
import { list, state } from "./place";

/** Sites and modules that somebody has stopped on purpose (host/service). */
export function stoppedOnPurpose(of = state): ReadonlySet<string> {
  return new Set(list(path.join(of, "off")));
}
