import { colors, table } from "../base/output";
import type { HostCheck } from "../flows/hosts/checks";

/** What a machine has of what a host needs, a row each. */
export function hostTableOf(checks: readonly HostCheck[]): string {
  const rows = checks.map(({ name, ok, found, remedy, step }) => [
    ok ? colors.green("ok") : colors.red("missing"),
    name,
    found,
    ok ? "" : (remedy ?? (step && "npx varvol host-init") ?? ""),
  ]);
  return table(["", "what", "found", "remedy"], rows);
}
