import { ASIDE, type Foreign } from "../../agent/dropIns";
import { plain } from "../../agent/failure";

/** Why an import can't be taken as it is; undefined where it can. */
export function foreignProblem(found: readonly Foreign[]): string | undefined {
  const loaded = found.filter((one) => one.loaded);
  if (loaded.length === 0) return undefined;
  const each = loaded.map(({ file, why }) => plain(`wp-content/${file} ${why}`)).join("; ");
  return `${each}. The site would not run with it: --set-aside, or setAside: true below import:, keeps it beside as NAME${ASIDE}`;
}

/** What is worth knowing of those that do no harm. */
export function unusedAmong(found: readonly Foreign[]): string[] {
  return found
    .filter((one) => !one.loaded)
    .map(({ file, why }) => plain(`wp-content/${file} is not used here; it ${why}`));
}
